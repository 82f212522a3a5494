"""Sewage pumping stations."""

from layers.contract import Expected, Layer, Legend, Sample, Shape, Style, words
from layers.packs import metrics
from layers.rules import (
    Threshold,
    flagged,
    flagged_sample,
    flat,
    flat_sample,
    silence_sample,
    silent,
)

STATION = {"warning_m": 3.2, "overflow_m": 4.0, "rated_current_a": 40.0}
DOUBTFUL = "sewage_data_quality"

LAYER = Layer(
    code="sewage_station",
    names=words("污水泵站", "Sewage stations"),
    purpose=words("集水井水位与水泵工况", "Wet well levels and pumps of sewage stations"),
    style=Style(
        colour="#8d7bff",
        shape=Shape.HEXAGON,
        icon="M3 21V10l5-4v4l5-4v4l5-4v4h3v11zM6 14v3h3v-3zM11 14v3h3v-3zM16 14v3h3v-3z",
    ),
    metrics=metrics("wet_well_level", "pump_current", "pump_running", "flow"),
    rules=(
        Threshold(
            name="wet_well_high",
            metric="wet_well_level",
            category="sewage_overflow",
            pack="sewage_station.wet_well_high",
            names=words("集水井水位过高", "Wet well too high"),
            title=words(
                "集水井水位 {peak} m 超过{label} {bound} m",
                "Wet well at {peak} m, above {label} {bound} m",
            ),
        ),
        Threshold(
            name="pump_overload",
            metric="pump_current",
            category="pump_fault",
            pack="sewage_station.pump_overload",
            names=words("水泵过载", "Pump overload"),
            title=words(
                "水泵电流 {peak} A 超过{label}（{bound} A）",
                "Pump current {peak} A above {label} ({bound} A)",
            ),
        ),
        flat("pump_flat", "pump_current", DOUBTFUL, "sewage_station.pump_flat"),
        flagged("wet_well_flagged", "wet_well_level", DOUBTFUL, "sewage_station.flagged"),
        silent(
            "sewage_silent",
            "wet_well_level",
            "sewage_station_fault",
            "sewage_station.silent",
            zh="泵站",
            en="pumping station",
        ),
    ),
    legend=(
        Legend(level=None, text=words("运行正常", "Running normally")),
        Legend(
            level=2,
            text=words("集水井高水位；水泵过载；数据中断", "High wet well; pump overload; no data"),
        ),
        Legend(level=3, text=words("水泵严重过载", "Severe pump overload")),
        Legend(level=4, text=words("达到溢流水位", "At overflow level")),
    ),
    samples=(
        Sample(
            rule="wet_well_high",
            every_s=15,
            attributes=STATION,
            quiet=(1.8, 2.6, 3.1, 2.0),
            loud=(2.9, 3.3, 4.1, 3.15, 3.0),
            finds=(Expected(level=4, onset=1, ended=4),),
        ),
        Sample(
            rule="pump_overload",
            every_s=30,
            attributes=STATION,
            quiet=(38.0, 60.0, 39.0, 40.0),
            loud=(38.0, 46.0, 47.0, 46.0, 39.0, 39.0, 39.0),
            finds=(Expected(level=2, onset=3, ended=6),),
        ),
        flat_sample("pump_flat", minutes=30),
        flagged_sample("wet_well_flagged", minutes=30),
        silence_sample("sewage_silent", level=2),
    ),
)
