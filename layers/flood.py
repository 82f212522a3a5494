"""Flood: rivers, rain, water on the roads."""

from layers.contract import Expected, Layer, Legend, Sample, Shape, Style, words
from layers.packs import metrics
from layers.rules import (
    Rise,
    RollingSum,
    Threshold,
    flagged,
    flagged_sample,
    silence_sample,
    silent,
)

STATION = {"warning_m": 4.0, "guarantee_m": 5.0, "record_m": 6.2}
FAULT = "flood_station_fault"

LAYER = Layer(
    code="flood",
    names=words("防汛排涝", "Flood"),
    purpose=words("河道水位、雨量和道路积水", "River levels, rain and water on the roads"),
    style=Style(
        colour="#56b4e9",
        shape=Shape.DROP,
        icon="M2 9c3-4 5-4 8 0s5 4 8 0l4-3v4c-5 6-9 6-12 2-2-3-4-2-8 2z"
        "M2 17c3-4 5-4 8 0s5 4 8 0l4-3v4c-5 6-9 6-12 2-2-3-4-2-8 2z",
    ),
    metrics=metrics("water_level", "water_depth", "rain", "voltage"),
    rules=(
        Threshold(
            name="river_level",
            metric="water_level",
            category="river_level",
            pack="flood.river_level",
            names=words("河道水位超限", "High river level"),
            title=words(
                "水位 {peak} m 超过{label} {bound} m",
                "Water level {peak} m above {label} {bound} m",
            ),
        ),
        Rise(
            name="river_rise",
            metric="water_level",
            category="river_level",
            pack="flood.river_rise",
            names=words("河道水位急涨", "River rising fast"),
            title=words(
                "水位 {window}内上涨 {peak} m，超过{label} {bound} m",
                "Water level rose {peak} m within {window}, above {label} {bound} m",
            ),
            recovery=words(
                "水位涨势趋缓，最大涨幅 {peak} m",
                "Water level no longer rising fast, rose {peak} m",
            ),
        ),
        RollingSum(
            name="heavy_rain",
            metric="rain",
            category="heavy_rain",
            pack="flood.heavy_rain",
            names=words("暴雨", "Heavy rain"),
            title=words(
                "{window}降雨 {peak} mm，达到{label} {bound} mm",
                "Rain {peak} mm in {window}, {label} is {bound} mm",
            ),
            recovery=words("雨势减弱，累计最大 {peak} mm", "Rain is easing, up to {peak} mm fell"),
        ),
        Threshold(
            name="road_ponding",
            metric="water_depth",
            category="flooding",
            pack="flood.road_ponding",
            names=words("道路积水", "Water on the road"),
            title=words(
                "积水 {peak} m 超过{label} {bound} m",
                "Water {peak} m deep, above {label} {bound} m",
            ),
        ),
        flagged("water_level_flagged", "water_level", "flood_data_quality", "flood.flagged"),
        silent(
            "water_level_silent", "water_level", FAULT, "flood.silent", zh="水位", en="water level"
        ),
        silent("rain_silent", "rain", FAULT, "flood.silent", zh="雨量", en="rain"),
        silent(
            "water_depth_silent", "water_depth", FAULT, "flood.silent", zh="积水", en="water depth"
        ),
    ),
    legend=(
        Legend(level=None, text=words("水位、雨量正常", "Levels and rain are normal")),
        Legend(
            level=1,
            text=words("临近警戒水位；12 h 雨量 ≥ 50 mm", "Near warning; rain ≥ 50 mm in 12 h"),
        ),
        Legend(
            level=2,
            text=words(
                "≥ 警戒水位；6 h 雨量 ≥ 50 mm；积水 ≥ 15 cm",
                "≥ warning; rain ≥ 50 mm in 6 h; ponding ≥ 15 cm",
            ),
        ),
        Legend(
            level=3,
            text=words(
                "≥ 保证水位；3 h 雨量 ≥ 50 mm；积水 ≥ 27 cm",
                "≥ guarantee; rain ≥ 50 mm in 3 h; ponding ≥ 27 cm",
            ),
        ),
        Legend(
            level=4,
            text=words(
                "≥ 历史最高；3 h 雨量 ≥ 100 mm；积水 ≥ 50 cm",
                "≥ record; rain ≥ 100 mm in 3 h; ponding ≥ 50 cm",
            ),
        ),
    ),
    samples=(
        Sample(
            rule="river_level",
            every_s=300,
            attributes=STATION,
            quiet=(3.1, 3.7, 3.79, 3.2),
            loud=(3.5, 4.2, 5.21, 4.5, 3.75, 3.6),
            finds=(Expected(level=3, onset=1, ended=5),),
        ),
        Sample(
            rule="river_rise",
            every_s=600,
            quiet=(1.0, 1.2, 1.4, 1.6),
            loud=(1.0, 1.1, 2.0, 2.1, 2.1, 2.1),
            finds=(Expected(level=2, onset=2, ended=4),),
        ),
        Sample(
            rule="heavy_rain",
            every_s=3600,
            quiet=(4.0,) * 14,
            loud=(5.0, 20.0, 26.0, 1.0, *[0.0] * 11),
            finds=(Expected(level=3, onset=2, ended=13),),
        ),
        Sample(
            rule="road_ponding",
            every_s=60,
            quiet=(0.0, 0.05, 0.14, 0.0),
            loud=(0.0, 0.16, 0.3, 0.13, 0.1),
            finds=(Expected(level=3, onset=1, ended=4),),
        ),
        flagged_sample("water_level_flagged", minutes=30),
        silence_sample("water_level_silent"),
        silence_sample("rain_silent"),
        silence_sample("water_depth_silent"),
    ),
)
