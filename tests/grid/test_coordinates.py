"""WGS-84, CGCS2000, GCJ-02, BD-09."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from grid.model.coordinates import CoordinateSystem, coordinate_system, from_wgs84, to_wgs84
from grid.model.reproject import UnknownSystem, system_of, to_lon_lat

# Position, the same in GCJ-02 (coord-convert 0.2.1) and in BD-09 (prcoords 1.0.2).
KNOWN = [
    ((116.397, 39.909), (116.403243506045, 39.910403397288), (116.409615693468, 39.916744221723)),
    ((118.0894, 24.4798), (118.094377083583, 24.477153231953), (118.100820585505, 24.4834111812)),
    ((121.4737, 31.2304), (121.478223059277, 31.228457737577), (121.484781468503, 31.23431059369)),
    ((87.6168, 43.8256), (87.619649949469, 43.826805393111), (87.626099770816, 43.832949794793)),
    ((113.2644, 23.1291), (113.269729592103, 23.126423339923), (113.276150751571, 23.132711257239)),
    ((104.0665, 30.5723), (104.069004905671, 30.56984554072), (104.075480940876, 30.575856163708)),
]
SHIFTED = [CoordinateSystem.GCJ02, CoordinateSystem.BD09]


@pytest.mark.parametrize(("wgs84", "gcj02", "bd09"), KNOWN)
def test_shifted_systems_agree_with_independent_programs(
    wgs84: tuple[float, float], gcj02: tuple[float, float], bd09: tuple[float, float]
) -> None:
    assert from_wgs84(*wgs84, CoordinateSystem.GCJ02) == pytest.approx(gcj02, abs=2e-12)
    assert from_wgs84(*wgs84, CoordinateSystem.BD09) == pytest.approx(bd09, abs=2e-12)
    assert to_wgs84(*gcj02, CoordinateSystem.GCJ02) == pytest.approx(wgs84, abs=2e-12)
    assert to_wgs84(*bd09, CoordinateSystem.BD09) == pytest.approx(wgs84, abs=2e-12)


@pytest.mark.parametrize("system", SHIFTED)
def test_the_inverse_is_as_exact_as_a_double(system: CoordinateSystem) -> None:
    random = np.random.default_rng(3)
    lon, lat = random.uniform(73, 135, 20_000), random.uniform(18, 53, 20_000)
    back_lon, back_lat = to_wgs84(*from_wgs84(lon, lat, system), system)
    metres = 111_320 * np.hypot((back_lon - lon) * np.cos(np.radians(lat)), back_lat - lat)
    assert metres.max() < 8e-9
    assert np.median(np.abs(from_wgs84(lon, lat, system)[0] - lon)) > 2e-3  # it does move


def test_what_lies_abroad_is_not_moved_by_gcj02() -> None:
    for place in ((-71.06, 42.36), (2.35, 48.85), (139.7, 35.7)):
        assert from_wgs84(*place, CoordinateSystem.GCJ02) == place
        assert to_wgs84(*place, CoordinateSystem.GCJ02) == place


@pytest.mark.parametrize("system", list(CoordinateSystem))
def test_shapes_and_missing_values_are_kept(system: CoordinateSystem) -> None:
    lon = np.array([[118.1, np.nan], [np.inf, 118.2]])
    lat = np.array([[24.5, 24.5], [24.5, np.nan]])
    x, y = to_wgs84(lon, lat, system)
    assert x.shape == y.shape == (2, 2)
    assert np.isfinite(x[0, 0])
    assert not np.isfinite(x[0, 1])
    assert not np.isfinite(x[1, 0])
    empty = to_wgs84(np.array([]), np.array([]), system)
    assert empty[0].size == 0


def test_plain_systems_change_nothing() -> None:
    for system in (CoordinateSystem.WGS84, CoordinateSystem.CGCS2000):
        assert to_wgs84(118.1, 24.5, system) == (118.1, 24.5)


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("gcj02", CoordinateSystem.GCJ02),
        ("GCJ-02", CoordinateSystem.GCJ02),
        ("bd-09", CoordinateSystem.BD09),
        ("WGS 84", CoordinateSystem.WGS84),
        ("OGC:CRS84", CoordinateSystem.WGS84),
        ("epsg:4490", CoordinateSystem.CGCS2000),
        ("EPSG:4548", None),
    ],
)
def test_systems_have_several_names(name: str, system: CoordinateSystem | None) -> None:
    assert coordinate_system(name) is system


def test_projected_shapes_are_brought_to_degrees() -> None:
    # the origin of the zone of 117 E: 500 km false easting on the equator
    points = np.array([shapely.Point(500_000, 0), shapely.Point(500_000, 2_710_000)], dtype=object)
    found = to_lon_lat(points, system_of("EPSG:4548"))
    assert shapely.get_x(found).tolist() == pytest.approx([117, 117])
    assert shapely.get_y(found).tolist() == pytest.approx([0, 24.4934], abs=1e-3)


@pytest.mark.parametrize("name", ["EPSG:1", "nonsense", "", "EPSG:5773", "ESRI:104905"])
def test_names_of_no_system_on_earth_are_refused(name: str) -> None:
    with pytest.raises(UnknownSystem):
        system_of(name)
