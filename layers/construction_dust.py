"""Dust at construction sites."""

from layers.contract import Expected, Layer, Legend, Sample, Shape, Style, words
from layers.packs import metrics
from layers.rules import (
    Background,
    EquivalentLevel,
    Exceedances,
    Mean,
    Spread,
    flagged,
    flagged_sample,
    flat,
    flat_sample,
    silence_sample,
    silent,
)

DOUBTFUL = "dust_data_quality"

LAYER = Layer(
    code="construction_dust",
    names=words("工地扬尘", "Construction dust"),
    purpose=words("工地颗粒物、噪声和气象", "Particles, noise and weather at building sites"),
    style=Style(
        colour="#b5895f",
        shape=Shape.TRIANGLE,
        icon="M3 15a3.500 3.500 0 1 0 7 0a3.500 3.500 0 1 0-7 0z"
        "M10 8a4.500 4.500 0 1 0 9 0a4.500 4.500 0 1 0-9 0z"
        "M13 18a2.500 2.500 0 1 0 5 0a2.500 2.500 0 1 0-5 0z",
    ),
    metrics=metrics(
        "pm10", "pm25", "tsp", "noise", "wind_speed", "wind_direction", "temperature", "humidity"
    ),
    rules=(
        Mean(
            name="tsp_mean",
            metric="tsp",
            category="construction_dust",
            pack="construction_dust.tsp_mean",
            names=words("扬尘超标", "Dust above limit"),
            title=words(
                "TSP {window}均值 {peak} {unit} 超过{label} {bound} {unit}",
                "TSP {window} mean {peak} {unit} above {label} {bound} {unit}",
            ),
        ),
        Exceedances(
            name="pm10_daily",
            metric="pm10",
            category="construction_dust",
            pack="construction_dust.pm10_daily",
            decimals=0,
            names=words("PM10 超标次数过多", "PM10 above limit too often"),
            title=words(
                "PM10 小时均值当日 {peak} 次超过 {point} {unit}，允许 {allowed} 次",
                "PM10 hourly mean above {point} {unit} {peak} times in a day, {allowed} allowed",
            ),
            recovery=words(
                "新的一天开始计数，前一日超标 {peak} 次",
                "A new day is counted; {peak} times above the limit the day before",
            ),
        ),
        EquivalentLevel(
            name="noise_level",
            metric="noise",
            category="construction_noise",
            pack="construction_dust.noise_level",
            names=words("施工噪声超标", "Noise above limit"),
            title=words(
                "噪声 {window}等效声级 {peak} {unit} 超过{label} {bound} {unit}",
                "Noise of {window} {peak} {unit} above {label} {bound} {unit}",
            ),
        ),
        Background(
            name="pm10_background",
            metric="pm10",
            category="construction_dust",
            pack="construction_dust.pm10_background",
            names=words("PM10 高于区域背景", "PM10 above the district"),
            title=words(
                "PM10 {window}均值比同区其他工地高 {peak} {unit}，超过{label} {bound} {unit}",
                "PM10 of {window} is {peak} {unit} above other sites, {label} {bound} {unit}",
            ),
        ),
        Spread(
            name="pm10_spread",
            metric="pm10",
            category="construction_dust",
            pack="construction_dust.pm10_spread",
            names=words("工地内 PM10 差值过大", "PM10 uneven within the site"),
            title=words(
                "PM10 {window}均值比本工地最低点高 {peak} {unit}，达到{label} {bound} {unit}",
                "PM10 of {window} {peak} {unit} above the site's lowest, {label} {bound} {unit}",
            ),
            recovery=words(
                "工地内 PM10 趋于一致，最大差值 {peak} {unit}",
                "PM10 is even again within the site, differed by {peak} {unit}",
            ),
        ),
        flat("tsp_flat", "tsp", DOUBTFUL, "construction_dust.flat"),
        flat("noise_flat", "noise", DOUBTFUL, "construction_dust.flat"),
        flagged("dust_flagged", "pm10", DOUBTFUL, "construction_dust.flagged"),
        silent(
            "dust_silent",
            "pm10",
            "dust_station_fault",
            "construction_dust.silent",
            zh="扬尘",
            en="dust",
        ),
    ),
    legend=(
        Legend(level=None, text=words("扬尘达标", "Dust within limits")),
        Legend(
            level=1,
            text=words("工地内 PM10 差值过大；数据存疑", "PM10 uneven in the site; doubtful data"),
        ),
        Legend(
            level=2,
            text=words(
                "TSP 5 分钟均值超限；PM10 一日超标 2 次以上；噪声超昼间或夜间限值",
                "TSP 5 min mean above limit; PM10 over more than twice a day; noise above limit",
            ),
        ),
        Legend(
            level=3,
            text=words(
                "超过限值 2 倍；PM10 一日超标 5 次以上",
                "Above twice the limit; PM10 over more than 5 times a day",
            ),
        ),
        Legend(level=4, text=words("超过限值 5 倍", "Above 5 times the limit")),
    ),
    samples=(
        Sample(
            rule="tsp_mean",
            every_s=60,
            quiet=(300.0, 300.0, 310.0, 290.0, 2000.0, 300.0),
            loud=(200.0, 200.0, 2400.0, 2400.0, 2400.0, 200.0, 200.0, 200.0, 200.0),
            finds=(Expected(level=2, onset=3, ended=8),),
        ),
        Sample(
            rule="pm10_daily",
            every_s=3600,
            quiet=(90.0, 95.0, 70.0, 60.0, 50.0),
            loud=(90.0, 95.0, 70.0, 120.0, 60.0, 60.0),
            finds=(Expected(level=2, onset=4),),
        ),
        Sample(
            rule="noise_level",
            every_s=300,
            quiet=(65.0, 65.0, 65.0, 74.0, 65.0, 65.0),
            loud=(60.0, 60.0, 60.0, 60.0, 76.0, 76.0, 60.0, 60.0, 60.0, 60.0),
            finds=(Expected(level=2, onset=4, ended=9),),
        ),
        Sample(  # how far above the others, hour by hour
            rule="pm10_background",
            every_s=3600,
            quiet=(10.0, 80.0, -20.0),
            loud=(10.0, 95.0, 75.0, 60.0),
            finds=(Expected(level=2, onset=1, ended=3),),
        ),
        Sample(
            rule="pm10_spread",
            every_s=3600,
            quiet=(3.0, 9.9, 0.0),
            loud=(3.0, 14.0, 8.5, 0.0),
            finds=(Expected(level=1, onset=1, ended=3),),
        ),
        flat_sample("tsp_flat", minutes=30),
        flat_sample("noise_flat", minutes=30),
        flagged_sample("dust_flagged", minutes=30),
        silence_sample("dust_silent"),
    ),
)
