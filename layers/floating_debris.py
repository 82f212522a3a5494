"""Floating debris on rivers, lakes and the shore, seen by cameras."""

from layers.contract import Expected, Layer, Legend, Sample, Shape, Style, words
from layers.packs import metrics
from layers.rules import Threshold, silence_sample, silent

LAYER = Layer(
    code="floating_debris",
    names=words("水面漂浮物", "Floating debris"),
    purpose=words("摄像机识别的水面漂浮物", "Debris on the water as cameras see it"),
    style=Style(
        colour="#9ad05a",
        shape=Shape.DIAMOND,
        icon="M10 2h4v4l2 3v7H8V9l2-3zM2 19c3-2 5-2 8 0s6 2 8 0l4-1v3c-5 3-9 3-12 1-3-2-5-1-8 0z",
    ),
    metrics=metrics("debris_cover", "voltage"),
    rules=(
        Threshold(
            name="debris_cover_high",
            metric="debris_cover",
            category="floating_debris",
            pack="floating_debris.debris_cover_high",
            names=words("漂浮物聚集", "Debris gathering"),
            title=words(
                "漂浮物覆盖率 {peak} % 超过{label} {bound} %",
                "Debris covers {peak} % of the water, above {label} {bound} %",
            ),
        ),
        silent(
            "debris_silent",
            "debris_cover",
            "debris_camera_fault",
            "floating_debris.silent",
            zh="漂浮物监测",
            en="debris camera",
        ),
    ),
    legend=(
        Legend(level=None, text=words("水面洁净", "Clean water")),
        Legend(level=1, text=words("覆盖率 ≥ 20 %", "Cover ≥ 20 %")),
        Legend(level=2, text=words("覆盖率 ≥ 40 %", "Cover ≥ 40 %")),
        Legend(level=3, text=words("覆盖率 ≥ 60 %", "Cover ≥ 60 %")),
    ),
    samples=(
        Sample(
            rule="debris_cover_high",
            every_s=60,
            quiet=(5.0, 30.0, 8.0, 30.0, 4.0),
            loud=(5.0, 45.0, 50.0, 48.0, 10.0, 8.0, 8.0),
            finds=(Expected(level=2, onset=3, ended=6),),
        ),
        silence_sample("debris_silent"),
    ),
)
