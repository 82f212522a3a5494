"""The classes of water: what a sample stands for, by the limits of the pack."""

import pytest

from events.model.projects.water import classify, is_worse, standard_at
from layers.packs import entries, load_standards

SURFACE, SEA = load_standards()


@pytest.mark.parametrize(
    ("values", "expected", "decides"),
    [
        ({"cod": 15.0}, "I", ("cod",)),
        ({"cod": 15.1}, "III", ("cod",)),
        ({"cod": 20.0, "nh3n": 0.9, "tp": 0.15}, "III", ("cod", "nh3n", "tp")),
        ({"cod": 41.0, "nh3n": 0.1}, "V-", ("cod",)),
        ({"dissolved_oxygen": 7.5}, "I", ("dissolved_oxygen",)),
        ({"dissolved_oxygen": 1.9}, "V-", ("dissolved_oxygen",)),
        ({"ph": 9.0}, "I", ("ph",)),
        ({"ph": 5.9, "cod": 12.0}, "V-", ("ph",)),
    ],
)
def test_the_worst_substance_decides(
    values: dict[str, float], expected: str, decides: tuple[str, ...]
) -> None:
    found = classify(values, SURFACE)
    assert (found.water_class, found.decided_by) == (expected, decides)


def test_sea_water_is_judged_by_its_own_standard() -> None:
    assert classify({"cod": 3.9, "active_phosphate": 0.02}, SEA).water_class == "3"
    assert classify({"inorganic_nitrogen": 0.51}, SEA).water_class == "4-"
    with pytest.raises(ValueError, match="nh3n"):
        classify({"nh3n": 1.0}, SEA)
    with pytest.raises(ValueError, match="without values"):
        classify({}, SEA)


def test_classes_are_in_order_and_standards_have_their_day() -> None:
    assert is_worse("V-", "V")
    assert not is_worse("III", "III")
    assert is_worse("4-", "2")
    day = SURFACE.effective_from
    assert standard_at((SURFACE, SEA), "surface", day) is SURFACE
    assert standard_at((SURFACE, SEA), "surface", day.replace(year=2001)) is None


def test_sensors_and_samples_are_judged_by_the_same_limits() -> None:
    """The outfalls' pack has limits by class, too: a city that changes one must change both."""
    for rule, name, low in (
        ("cod_high", "cod", False), ("nh3n_high", "nh3n", False), ("tp_high", "tp", False),
        ("oxygen_low", "dissolved_oxygen", True),
    ):  # fmt: skip
        bound = entries("outfall")[rule].specs[0]
        kept = SURFACE.bounds[name].lowest if low else SURFACE.bounds[name].highest
        assert tuple(bound.values[one] for one in SURFACE.classes) == kept
