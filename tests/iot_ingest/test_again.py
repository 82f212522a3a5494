"""Copies that a broker sends on a living connection are not taken twice, nor answered wrongly."""

import pytest

from iot_ingest import again
from iot_ingest.again import Again


def test_a_copy_of_what_waits_is_passed_over() -> None:
    session = Again()
    assert session.takes(5, "t", b"a", dup=False)
    assert not session.takes(5, "t", b"a", dup=True)
    assert session.stored([5]) == [5]


def test_a_copy_that_crossed_its_acknowledgement_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Again()
    assert session.takes(5, "t", b"a", dup=False)
    session.stored([5])
    assert not session.takes(5, "t", b"a", dup=True)
    # much later it says that the acknowledgement got lost
    monkeypatch.setattr(again, "_CROSSED_S", 0.0)
    assert session.takes(5, "t", b"a", dup=True)
    assert session.stored([5]) == [5]


def test_an_id_that_belongs_to_another_message_meanwhile_is_answered_when_that_is_stored() -> None:
    session = Again()
    assert session.takes(5, "t", b"a", dup=True)  # of an earlier connection
    assert session.takes(5, "t", b"b", dup=False)
    assert session.stored([5]) == []
    assert session.stored([5]) == [5]
