"""Outfalls: what runs into rivers and the sea."""

from layers.contract import Expected, Layer, Legend, Sample, Shape, Style, words
from layers.packs import metrics
from layers.rules import Rise, Threshold, flagged, flagged_sample, silence_sample, silent


def _limit(name: str, metric: str, zh: str, en: str, *, below: bool = False) -> Threshold:
    """Judge one quantity of the water by the class of the water that receives it."""
    return Threshold(
        name=name,
        metric=metric,
        category="outfall_discharge",
        pack=f"outfall.{name}",
        below=below,
        names=words(f"{zh}{'过低' if below else '超标'}", f"{en} {'low' if below else 'high'}"),
        title=words(
            f"{zh} {{peak}} {{unit}} {'低于' if below else '超过'}{{label}} {{bound}} {{unit}}",
            f"{en} {{peak}} {{unit}} {'below' if below else 'above'} {{label}} {{bound}} {{unit}}",
        ),
    )


def _sample(rule: str, good: float, bad: float, level: int) -> Sample:
    """A single bad reading is nothing; three in 90 s are."""
    return Sample(
        rule=rule,
        every_s=30,
        attributes={"water_class": "IV"},
        quiet=(good, bad, good, good),
        loud=(good, bad, bad, bad, good, good, good),
        finds=(Expected(level=level, onset=3, ended=6),),
    )


LAYER = Layer(
    code="outfall",
    names=words("入河入海排口", "Outfalls"),
    purpose=words("排口水质与流量", "Quality and flow of the water at outfalls"),
    style=Style(
        colour="#cc79a7",
        shape=Shape.SQUARE,
        icon="M2 5h11a5 5 0 0 1 5 5v2h-6v-1H2z"
        "M15 14c2 2.600 3 4 3 5.300a3 3 0 0 1-6 0c0-1.300 1-2.700 3-5.300z",
    ),
    metrics=metrics(
        "cod", "nh3n", "tp", "ph", "dissolved_oxygen", "conductivity", "turbidity", "flow"
    ),
    rules=(
        _limit("cod_high", "cod", "化学需氧量", "COD"),
        _limit("nh3n_high", "nh3n", "氨氮", "Ammonia nitrogen"),
        _limit("tp_high", "tp", "总磷", "Total phosphorus"),
        _limit("ph_low", "ph", "pH", "pH", below=True),
        _limit("ph_high", "ph", "pH", "pH"),
        _limit("oxygen_low", "dissolved_oxygen", "溶解氧", "Dissolved oxygen", below=True),
        Rise(
            name="conductivity_rise",
            metric="conductivity",
            category="outfall_discharge",
            pack="outfall.conductivity_rise",
            names=words("电导率突升", "Conductivity surge"),
            title=words(
                "电导率 {window}内上升 {peak} {unit}，超过{label} {bound} {unit}",
                "Conductivity rose {peak} {unit} within {window}, above {label} {bound} {unit}",
            ),
            recovery=words(
                "电导率不再突升，最大升幅 {peak} {unit}",
                "Conductivity no longer surging, rose {peak} {unit}",
            ),
        ),
        flagged("cod_flagged", "cod", "outfall_data_quality", "outfall.flagged"),
        silent(
            "outfall_silent",
            "cod",
            "outfall_station_fault",
            "outfall.silent",
            zh="排口水质",
            en="outfall",
        ),
    ),
    legend=(
        Legend(level=None, text=words("水质达标", "Within the limits of its water class")),
        Legend(
            level=2,
            text=words("超过水质类别限值；电导率突升", "Above its class limit; conductivity surge"),
        ),
        Legend(level=3, text=words("超过限值 2 倍", "Above twice the limit")),
        Legend(
            level=4,
            text=words("超过限值 5 倍；强酸强碱", "Above 5 times the limit; strong acid or alkali"),
        ),
    ),
    samples=(
        _sample("cod_high", 12.0, 75.0, 3),
        _sample("nh3n_high", 0.4, 1.8, 2),
        _sample("tp_high", 0.1, 2.0, 4),
        _sample("ph_low", 7.2, 3.0, 4),
        _sample("ph_high", 7.2, 9.8, 2),
        _sample("oxygen_low", 6.0, 1.5, 2),
        Sample(
            rule="conductivity_rise",
            every_s=600,
            quiet=(500.0, 700.0, 900.0, 950.0),
            loud=(500.0, 520.0, 1500.0, 1500.0, 1500.0, 1500.0),
            finds=(Expected(level=2, onset=2, ended=4),),
        ),
        flagged_sample("cod_flagged", minutes=30),
        silence_sample("outfall_silent"),
    ),
)
