"""Epidemic control: control sites, what they have in store, and the tasks of each community. It
measures nothing: sites are facilities, stock is counted, tasks are tickets of its categories."""

from layers.contract import Layer, Legend, Shape, Style, words

LAYER = Layer(
    code="epidemic_control",
    names=words("疫情防控", "Epidemic control"),
    purpose=words(
        "各社区的防控点位、防疫物资和防控任务",
        "Control sites, supplies and tasks of each community",
    ),
    style=Style(
        colour="#2fe0c8",
        shape=Shape.PENTAGON,
        icon="M9.500 3h5v6.500H21v5h-6.500V21h-5v-6.500H3v-5h6.500z",
    ),
    facilities=("control_site",),
    legend=(
        Legend(level=None, text=words("防控点位，物资充足", "A control site with enough in store")),
        Legend(level=2, text=words("物资低于下限；防控任务", "A supply below its least; a task")),
        Legend(level=3, text=words("物资用尽", "A supply has run out")),
    ),
)
