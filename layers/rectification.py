"""Rectification: how far the city is with putting things right. It measures nothing; it shows the
tickets of all layers by the stage they are in."""

from layers.contract import Layer, Legend, Shape, Stage, Style, words

LAYER = Layer(
    code="rectification",
    names=words("整改闭环", "Rectification"),
    purpose=words("各类案卷的整改进度", "How far tickets of all kinds are put right"),
    style=Style(
        colour="#f2f2f2",
        shape=Shape.CIRCLE,
        icon="M9 16.500 4.500 12 2 14.500 9 21.500 22 8.500 19.500 6z",
    ),
    stages=(
        Stage(
            code="waiting",
            names=words("待派遣", "Waiting for dispatch"),
            states=("reported", "filed"),
            colour="#d55e00",
        ),
        Stage(
            code="working",
            names=words("整改中", "Being put right"),
            states=("dispatched", "accepted"),
            colour="#e69f00",
        ),
        Stage(
            code="checking",
            names=words("待核查", "To be verified"),
            states=("disposed",),
            colour="#56b4e9",
        ),
        Stage(
            code="done",
            names=words("已完成", "Done"),
            states=("verified", "closed"),
            colour="#009e73",
        ),
    ),
    legend=(
        Legend(
            level=None, text=words("圆点颜色表示整改阶段", "The colour of the dot is the stage")
        ),
    ),
)
