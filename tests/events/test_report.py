"""A resident's report: receipt, idempotency, refusals, and what becomes of personal data."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy.exc import ProgrammingError

from events.actions.report import report, token_digest
from events.model.problems import Incomplete, KeyConflict, OutsideCity
from events.model.refusal import Reason
from events.model.report import PhotoDraft, Receipt, ReportDraft
from events.model.workflow import State
from events.store import reports
from grid.model.coordinates import CoordinateSystem, from_wgs84
from grid.store.postgis import reading
from tests.events.town import NOW, SOUTH, WEST, Town

SECRET = bytes(range(32))
DRAFT = ReportDraft(
    category="flooding", lon=WEST + 0.0005, lat=SOUTH + 0.0005, description="路口积水",
    contact="13800001111",
)  # fmt: skip


def send(town: Town, draft: ReportDraft = DRAFT, key: str | None = "key-of-phone-1") -> Receipt:
    return report(town.web, draft, idempotency_key=key, secret=SECRET, now=NOW)


def test_receipt_and_progress(town: Town) -> None:
    receipt = send(town)
    assert receipt.number == "R20260601-00001"
    assert receipt.cell_code == "350500001001001"
    assert receipt.area_name_en == "West End"
    with reading(town.web) as conn:
        progress = reports.progress(conn, token_digest(receipt.token))
    assert progress is not None
    assert progress.state is State.REPORTED
    assert [step.kind for step in progress.steps] == ["report"]
    town.work()
    with reading(town.web) as conn:
        progress = reports.progress(conn, token_digest(receipt.token))
        assert reports.progress(conn, token_digest("guess")) is None
    assert progress is not None
    assert progress.state is State.DISPATCHED
    assert [step.kind for step in progress.steps] == ["report", "file", "dispatch"]
    assert "Water Bureau" in progress.steps[-1].en


def test_a_report_that_joins_a_ticket_is_told_so(town: Town) -> None:
    send(town)
    town.work()
    receipt = send(town, replace(DRAFT, description="我也看到了"), key="key-of-phone-2")
    town.work()
    ticket = town.ticket_of(receipt.event_id)
    town.act(ticket, "accept", "w1")
    with reading(town.web) as conn:
        progress = reports.progress(conn, token_digest(receipt.token))
    assert progress is not None
    assert [step.kind for step in progress.steps] == ["report", "join"]
    assert progress.steps[-1].en == "This is known already as ticket 20260601-00001: dispatched."


def test_sent_twice_is_one_report(town: Town) -> None:
    photo = PhotoDraft(attachment_id=uuid4(), sha256=b"x" * 32, size=3)
    first = send(town, replace(DRAFT, photos=(photo,)))
    again = send(town, replace(DRAFT, photos=(replace(photo, attachment_id=uuid4()),)))
    assert first.new
    assert again == replace(first, new=False)
    assert len(town.rows("SELECT FROM events.attachments")) == 1
    with pytest.raises(KeyConflict):
        send(town, replace(DRAFT, description="别的事", photos=(photo,)))


def test_sent_again_in_another_language_is_the_same_report(town: Town) -> None:
    first = send(town, replace(DRAFT, language="zh"))
    assert send(town, replace(DRAFT, language="en")).token == first.token
    assert town.rows("SELECT language FROM events.reports") == [("zh",)]


def test_twenty_at_once_are_one_report(town: Town) -> None:
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda _: send(town), range(20)))
    assert len({one.token for one in receipts}) == 1
    assert sum(one.new for one in receipts) == 1
    assert len(town.rows("SELECT FROM events.reports")) == 1
    assert len(town.rows("SELECT FROM events.events")) == 1


def test_tokens_without_a_key_differ(town: Town) -> None:
    assert send(town, key=None).token != send(town, key=None).token


def test_shifted_coordinates_are_unshifted(town: Town) -> None:
    lon, lat = from_wgs84(DRAFT.lon, DRAFT.lat, CoordinateSystem.GCJ02)
    receipt = send(town, replace(DRAFT, lon=lon, lat=lat, crs="GCJ-02"))
    assert receipt.cell_code == "350500001001001"


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (replace(DRAFT, category="river_level"), Reason.UNKNOWN_CATEGORY),
        (replace(DRAFT, category="nonsense"), Reason.UNKNOWN_CATEGORY),
        (replace(DRAFT, lon=float("nan")), Reason.BAD_POSITION),
        (replace(DRAFT, lat=91.0), Reason.BAD_POSITION),
        (replace(DRAFT, crs="EPSG:3857"), Reason.BAD_POSITION),
        (replace(DRAFT, description="x" * 2001), Reason.TEXT_TOO_LONG),
        (replace(DRAFT, contact="x" * 201), Reason.TEXT_TOO_LONG),
    ],
)
def test_refused_fields(town: Town, draft: ReportDraft, reason: Reason) -> None:
    with pytest.raises(Incomplete) as refused:
        send(town, draft)
    assert refused.value.refusal.reason is reason
    assert town.rows("SELECT FROM events.events") == []


def test_outside_the_city(town: Town) -> None:
    with pytest.raises(OutsideCity) as refused:
        send(town, replace(DRAFT, lon=0.0))
    assert "地图" in refused.value.told("zh")


def test_personal_data_stays_in_its_schema(town: Town) -> None:
    send(town, replace(DRAFT, description="我叫张三\x00, 13800001111"))
    everything = str(town.rows("SELECT payload FROM events.ledger"))
    assert "13800001111" not in everything
    assert "张三" not in everything
    assert town.rows("SELECT contact FROM contact.contacts") == [("13800001111",)]
    for engine in (town.dispatch, town.database.engine("cc_ingest")):
        with pytest.raises(ProgrammingError), reading(engine) as conn:
            reports.contacts_of_ticket(conn, 1)


def test_a_ticket_knows_its_reporters(town: Town) -> None:
    receipt = send(town)
    town.work()
    ticket = town.ticket_of(receipt.event_id)
    with reading(town.web) as conn:
        assert reports.contacts_of_ticket(conn, ticket.ticket_id) == [
            (receipt.number, "13800001111")
        ]
