"""Nothing that a page shows offers to send data away, and nothing asks another machine."""

import re
from pathlib import Path

import command_center

ROOM = Path(command_center.__file__).parent
SCRIPTS = sorted(
    one for folder in ("wall", "desk", "evaluation") for one in (ROOM / "assets" / folder).iterdir()
)


def test_every_chart_goes_through_the_component_that_closes_the_cloud() -> None:
    chart = (ROOM / "assets/wall/chart.js").read_text()
    assert "showSendToCloud: false" in chart
    assert "displaylogo: false" in chart
    # our settings come last: a figure's own cannot open it again
    assert "Object.assign({}, props.config, CONFIG)" in chart
    for source in (ROOM / "pages").rglob("*.py"):
        assert "Graph(" not in source.read_text(), f"{source} draws past the component"


def test_our_scripts_name_no_other_machine() -> None:
    assert SCRIPTS
    for script in SCRIPTS:
        assert not re.search(r"https?://|//[a-z0-9.-]+\.[a-z]{2,}/", script.read_text()), script
