"""Rectification: how far the city is with putting things right. It measures nothing; it shows the
tickets of all layers by the stage they are in, and the projects that go on for weeks: outfalls and
construction sites being rectified, root causes of what comes again and again."""

from layers.contract import Layer, Legend, ProjectStage, Shape, Stage, Style, words


def _project(code: str, zh: str, en: str, signs: str, colour: str, shape: Shape) -> ProjectStage:
    return ProjectStage(
        code=code,
        names=words(zh, en),
        sign=words(signs[0], signs[1]),
        colour=colour,
        shape=shape,
    )


LAYER = Layer(
    code="rectification",
    names=words("整改闭环", "Rectification"),
    purpose=words(
        "各类案卷的整改进度；排污口、工地整治和成因治理项目",
        "How far tickets of all kinds are put right; projects of outfalls, sites and root causes",
    ),
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
    projects=(
        _project("survey", "排查", "Survey", "查S", "#c3ccd9", Shape.CIRCLE),
        _project("monitor", "监测", "Monitor", "测M", "#56b4e9", Shape.DROP),
        _project("trace", "溯源（成因）", "Trace (cause)", "溯T", "#e39bc6", Shape.DIAMOND),
        _project("rectify", "整治（措施）", "Rectify (measures)", "治R", "#f0a830", Shape.HEXAGON),
        _project(
            "accept", "待销号（评定）", "Acceptance (judged)", "销A", "#f2e24b", Shape.PENTAGON
        ),
        _project("watch", "回头看（观察）", "Watch (observe)", "看W", "#b6a6ff", Shape.SQUARE),
        _project("excluding", "待核定排除", "Exclusion asked", "除X", "#d98a6a", Shape.TRIANGLE),
        _project("done", "已销号", "Done", "完D", "#2fbf91", Shape.OCTAGON),
    ),
    legend=(
        Legend(
            level=None, text=words("圆点颜色表示整改阶段", "The colour of the dot is the stage")
        ),
        Legend(
            level=None,
            text=words(
                "项目标记的颜色、形状和文字表示所处阶段，右上角红点表示超期",
                "Colour, shape and letter of a project's mark are its stage; a red dot: late",
            ),
        ),
    ),
)
