"""Signing in: sessions, idle time, lock-out, and accounts that were taken away."""

from datetime import timedelta

import pytest

from events.actions import accounts
from events.model.access import Role
from events.model.problems import Incomplete, NotFound, SignInRefused
from events.model.refusal import Reason
from grid.store.postgis import transaction
from tests.events.town import ADMIN, NOW, Town

PASSWORD = "correct horse battery"


def reason(town: Town, name: str, password: str, minutes: float = 0) -> Reason | None:
    try:
        accounts.authenticate(town.web, name, password, now=NOW + timedelta(minutes=minutes))
    except SignInRefused as refused:
        return refused.refusal.reason
    return None


def test_session(town: Town) -> None:
    signed = accounts.authenticate(town.web, "w1", PASSWORD, now=NOW)
    assert signed.actor == town.people["w1"]
    assert accounts.session_actor(town.web, signed.token, now=NOW) == town.people["w1"]
    assert accounts.session_actor(town.web, signed.token + "x", now=NOW) is None
    assert signed.token not in str(town.rows("SELECT * FROM events.sessions"))
    accounts.logout(town.web, signed.token, by=signed.actor, now=NOW)
    assert accounts.session_actor(town.web, signed.token, now=NOW) is None


def test_idle_and_absolute_end(town: Town) -> None:
    token = accounts.authenticate(town.web, "w1", PASSWORD, now=NOW).token
    at = NOW
    for _ in range(28):  # busy every 25 minutes, for 11 hours 40
        at += timedelta(minutes=25)
        assert accounts.session_actor(town.web, token, now=at) is not None
    assert accounts.session_actor(town.web, token, now=at + timedelta(minutes=21)) is None
    token = accounts.authenticate(town.web, "w1", PASSWORD, now=NOW).token
    assert accounts.session_actor(town.web, token, now=NOW + timedelta(minutes=31)) is None


def test_sessions_that_ended_long_ago_are_forgotten(town: Town) -> None:
    accounts.authenticate(town.web, "w1", PASSWORD, now=NOW)
    for days, kept in ((1, 2), (30, 1)):
        accounts.authenticate(town.web, "w1", PASSWORD, now=NOW + timedelta(days=days))
        assert town.rows("SELECT count(*) FROM events.sessions") == [(kept,)]


def test_wrong_names_and_passwords_look_alike(town: Town) -> None:
    assert reason(town, "nobody", PASSWORD) is reason(town, "w1", "wrong") is Reason.SIGN_IN


def test_lock_out_after_five_failures(town: Town) -> None:
    for _ in range(5):
        assert reason(town, "w1", "wrong") is Reason.SIGN_IN
    assert reason(town, "w1", PASSWORD, minutes=1) is Reason.LOCKED
    assert reason(town, "w1", PASSWORD, minutes=6) is None
    assert town.rows("SELECT failed_logins FROM events.accounts WHERE name = 'w1'") == [(0,)]


def test_disabling_ends_sessions(town: Town) -> None:
    token = accounts.authenticate(town.web, "w1", PASSWORD, now=NOW).token
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        accounts.disable(conn, name="w1", by=ADMIN, now=NOW)
    assert accounts.session_actor(town.web, token, now=NOW) is None
    assert reason(town, "w1", PASSWORD) is Reason.SIGN_IN


def test_a_new_password_ends_sessions(town: Town) -> None:
    token = accounts.authenticate(town.web, "w1", PASSWORD, now=NOW).token
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        new = accounts.change_password(conn, name="w1", by=ADMIN, now=NOW)
    assert accounts.session_actor(town.web, token, now=NOW) is None
    assert reason(town, "w1", new) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": "w1"}, Reason.NAME_TAKEN),
        ({"name": "Li Wei"}, Reason.BAD_NAME),
        ({"password": "short"}, Reason.WEAK_PASSWORD),
        ({"area_code": "9999"}, Reason.UNKNOWN_AREA),
        ({"department_code": "nope"}, Reason.UNKNOWN_DEPARTMENT),
        ({"crew_code": "nope"}, Reason.UNKNOWN_CREW),
        ({"crew_code": "w1", "department_code": "works"}, Reason.CREW_OF_OTHER_DEPARTMENT),
    ],
)
def test_refused_accounts(town: Town, values: dict[str, str], expected: Reason) -> None:
    whole = {"name": "new", "area_code": "3505", **values}
    with (
        transaction(town.database.engine("cc_admin"), ADMIN.key) as conn,
        pytest.raises(Incomplete) as refused,
    ):
        accounts.add(conn, role=Role.FIELD, by=ADMIN, now=NOW, **whole)
    assert refused.value.refusal.reason is expected


def test_unknown_account(town: Town) -> None:
    with (
        transaction(town.database.engine("cc_admin"), ADMIN.key) as conn,
        pytest.raises(NotFound),
    ):
        accounts.disable(conn, name="nobody", by=ADMIN, now=NOW)
