"""Cutting areas into cells, and finding faults between cells."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from grid.model.faults import FaultKind, find_faults
from grid.model.projection import in_metres, metric_epsg
from grid.model.tessellation import (
    BadSize,
    TooManyCells,
    cut,
    cut_community,
    group,
)

COAST = shapely.Point(118.1, 24.5).buffer(0.012, quad_segs=30)


def _jagged(seed: int) -> shapely.Polygon:
    """A star-like area with a ragged border, some 3 km across."""
    random = np.random.default_rng(seed)
    turns = np.sort(random.uniform(0, 2 * np.pi, 60))
    far = random.uniform(0.004, 0.016, 60)
    return shapely.Polygon(
        np.column_stack([118.1 + far * np.cos(turns), 24.5 + far * np.sin(turns)])
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size_m=st.sampled_from([60.0, 100.0, 250.0]))
def test_cells_cover_any_area_without_gaps_or_overlaps(seed: int, size_m: float) -> None:
    area = _jagged(seed)
    found = cut(area, size_m)
    assert shapely.coverage_is_valid(found.shapes)
    assert shapely.is_valid(found.shapes).all()
    assert set(shapely.get_type_id(found.shapes)) == {3}  # polygons
    covered = shapely.coverage_union_all(found.shapes)
    # on the average less than 0.2 mm along the whole border
    assert shapely.area(shapely.symmetric_difference(covered, area)) < 2e-9 * area.length
    assert find_faults(found.shapes, ["a"] * len(found.shapes), {"a": area}) == []


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_slivers_are_joined_to_a_neighbour(seed: int) -> None:
    found = cut(_jagged(seed), 100.0)
    areas = shapely.area(in_metres(found.shapes, found.epsg))
    assert areas.min() >= 0.3 * 100**2 - 1
    whole = np.isclose(areas, 100**2, atol=1)
    assert whole.any()


def test_a_small_island_stays_a_cell_of_its_own() -> None:
    island = shapely.box(118.2, 24.5, 118.2001, 24.5001)
    found = cut(shapely.MultiPolygon([COAST, island]), 100.0)
    assert sum(shapely.intersects(shape, island) for shape in found.shapes) == 1


def test_a_lake_is_left_out() -> None:
    lake = shapely.Point(118.1, 24.5).buffer(0.002)
    found = cut(shapely.difference(COAST, lake), 100.0)
    assert not any(shapely.contains(shape, shapely.Point(118.1, 24.5)) for shape in found.shapes)
    assert shapely.coverage_is_valid(found.shapes)


def test_numbers_run_west_to_east_from_the_north() -> None:
    found = cut(COAST, 100.0)
    assert (np.diff(found.rows) <= 0).all()
    for row in np.unique(found.rows):
        assert (np.diff(found.columns[found.rows == row]) >= 0).all()


def test_neighbours_continue_each_others_lattice() -> None:
    west, east = shapely.box(118.08, 24.48, 118.1, 24.5), shapely.box(118.1, 24.48, 118.12, 24.5)
    both = np.concatenate([cut(west, 100.0).shapes, cut(east, 100.0).shapes])
    assert find_faults(both, ["a"] * len(both), {"a": shapely.union(west, east)}) == []


def test_synthetic_communities_are_compact_and_hold_every_cell_once() -> None:
    found = cut(shapely.box(118.0, 24.4, 118.06, 24.46), 100.0)
    groups = group(found)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(found.shapes)))
    assert len(groups) == -(-len(found.shapes) // 999)
    for members in groups:
        assert len(members) <= 999
        assert shapely.coverage_union_all(found.shapes[members]).geom_type == "Polygon"


def test_a_community_of_too_many_cells_is_refused_with_advice() -> None:
    area = shapely.box(118.0, 24.4, 118.06, 24.46)
    with pytest.raises(TooManyCells) as caught:
        cut_community(area, 100.0)
    assert caught.value.count > 999
    assert 900 < len(cut_community(area, caught.value.advised_m).shapes) <= 999


@pytest.mark.parametrize("size_m", [0, -5, 9.99, 10_001, float("nan"), float("inf")])
def test_sizes_out_of_proportion_are_refused(size_m: float) -> None:
    with pytest.raises(BadSize):
        cut(COAST, size_m)


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (118.1, 24.5, 4548), (116.4, 39.9, 4548), (121.4, 31.2, 4549), (75.9, 39.5, 4534),
        (-71.06, 42.36, 32619), (5.7, 52.1, 32631), (151.2, -33.9, 32756), (179.99, 0, 32660),
        (180, 0, 32660),
    ],
)  # fmt: skip
def test_every_place_has_its_projection(lon: float, lat: float, epsg: int) -> None:
    assert metric_epsg(lon, lat) == epsg


def test_the_poles_have_none() -> None:
    with pytest.raises(ValueError, match="no metric projection"):
        metric_epsg(0, 89)


def _told(shapes: np.ndarray, area: shapely.Geometry) -> dict[FaultKind, list[tuple[int, ...]]]:
    told: dict[FaultKind, list[tuple[int, ...]]] = {}
    for fault in find_faults(shapes, ["a"] * len(shapes), {"a": area}):
        told.setdefault(fault.kind, []).append(fault.cells)
    return told


def test_a_doubled_a_swollen_and_a_swallowing_cell_are_overlaps() -> None:
    area = shapely.box(118.1, 24.5, 118.104, 24.504)
    cells = cut(area, 100.0).shapes
    twin = np.append(cells, cells[3])
    assert _told(twin, area) == {FaultKind.OVERLAP: [(3, len(cells))]}
    swallowing = np.append(cells, area)
    assert len(_told(swallowing, area)[FaultKind.OVERLAP]) == len(cells)
    swollen = cells.copy()
    swollen[0] = shapely.buffer(cells[0], 1e-6, join_style="mitre")  # 10 cm
    told = _told(swollen, area)
    assert {0 in pair for pair in told[FaultKind.OVERLAP]} == {True}


def test_a_missing_cell_is_a_gap_of_its_size() -> None:
    area = shapely.box(118.1, 24.5, 118.104, 24.504)
    found = cut(area, 100.0)
    inner = next(
        n for n, shape in enumerate(found.shapes)
        if not shapely.intersects(shape, shapely.boundary(area))
    )  # fmt: skip
    rest = np.delete(found.shapes, inner)
    (gap,) = find_faults(rest, ["a"] * len(rest), {"a": area})
    assert gap.kind is FaultKind.GAP
    assert gap.area_m2 == pytest.approx(100**2, abs=10)  # the projection stretches a little
    assert shapely.contains_xy(found.shapes[inner], gap.lon, gap.lat)
    assert all(shapely.touches(rest[n], found.shapes[inner]) for n in gap.cells)


def test_a_hairline_is_rounding_and_a_finger_is_a_gap() -> None:
    area = shapely.box(118.1, 24.5, 118.102, 24.502)
    west = shapely.box(118.1, 24.5, 118.101, 24.502)
    for apart, faults in ((1e-8, 0), (3e-7, 1)):  # 1 mm, 3 cm
        east = shapely.box(118.101 + apart, 24.5, 118.102, 24.502)
        found = find_faults([west, east], ["a", "a"], {"a": shapely.union(area, area)})
        # the gap reaches the border: it counts from half a metre, so test it inside a ring
        assert found == []
        ring = shapely.difference(shapely.buffer(area, 0.001, join_style="mitre"), area)
        told = find_faults([west, east, ring], ["a"] * 3, {"a": shapely.union(area, ring)})
        assert len(told) == faults


def test_a_cell_over_the_border_is_outside() -> None:
    area = shapely.box(118.1, 24.5, 118.104, 24.504)
    cells = cut(area, 100.0).shapes
    smaller = shapely.box(118.1, 24.5, 118.104, 24.5039)
    told = find_faults(cells, ["a"] * len(cells), {"a": smaller})
    assert {fault.kind for fault in told} == {FaultKind.OUTSIDE}
    assert sum(fault.area_m2 for fault in told) == pytest.approx(405.4 * 11.08, rel=0.02)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), count=st.integers(2, 14))
def test_every_overlap_of_random_shapes_is_found(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    corners = 118.1 + random.uniform(0, 0.004, (count, 2)) - [0, 93.6]
    sides = random.uniform(0.0002, 0.003, (count, 2))
    shapes = shapely.box(*corners.T, *(corners + sides).T)
    everywhere = shapely.box(118, 24, 119, 25)
    told = set(_told(shapes, everywhere).get(FaultKind.OVERLAP, []))
    expected = {
        (a, b)
        for a in range(count)
        for b in range(a + 1, count)
        if shapely.area(shapely.intersection(shapes[a], shapes[b])) > 1e-12
    }
    thin = 1e-6  # about 10 cm: narrower ones may be told or not
    wide = {
        pair
        for pair in expected
        if not shapely.is_empty(
            shapely.buffer(shapely.intersection(shapes[pair[0]], shapes[pair[1]]), -thin)
        )
    }
    assert wide <= told <= expected


def test_no_cells_have_no_faults() -> None:
    assert find_faults([], [], {}) == []
