"""Signing in: sessions, idle time, lock-out, and accounts that were taken away."""

from datetime import datetime, timedelta

import pytest

from events.actions import accounts
from events.model.access import Role
from events.model.problems import Incomplete, NotFound, SignInRefused
from events.model.refusal import Reason
from events.model.sign_in import pause, source
from grid.store.postgis import transaction
from tests.events.town import ADMIN, NOW, Town

PASSWORD = "correct horse battery"


HOME = "192.0.2.7"


def sign_in(
    town: Town, name: str, password: str, at: datetime = NOW, address: str = HOME
) -> accounts.SignedIn:
    return accounts.authenticate(town.web, name, password, address=address, now=at)


def reason(
    town: Town, name: str, password: str, minutes: float = 0, address: str = HOME
) -> str | None:
    try:
        sign_in(town, name, password, NOW + timedelta(minutes=minutes), address)
    except SignInRefused as refused:
        return refused.refusal.reason
    return None


def test_session(town: Town) -> None:
    signed = sign_in(town, "w1", PASSWORD)
    assert signed.actor == town.people["w1"]
    assert accounts.session_actor(town.web, signed.token, now=NOW) == town.people["w1"]
    assert accounts.session_actor(town.web, signed.token + "x", now=NOW) is None
    assert signed.token not in str(town.rows("SELECT * FROM events.sessions"))
    accounts.logout(town.web, signed.token, by=signed.actor, now=NOW)
    assert accounts.session_actor(town.web, signed.token, now=NOW) is None


def test_idle_and_absolute_end(town: Town) -> None:
    token = sign_in(town, "w1", PASSWORD).token
    at = NOW
    for _ in range(28):  # busy every 25 minutes, for 11 hours 40
        at += timedelta(minutes=25)
        assert accounts.session_actor(town.web, token, now=at) is not None
    assert accounts.session_actor(town.web, token, now=at + timedelta(minutes=21)) is None
    token = sign_in(town, "w1", PASSWORD).token
    assert accounts.session_actor(town.web, token, now=NOW + timedelta(minutes=31)) is None


def test_sessions_that_ended_long_ago_are_forgotten(town: Town) -> None:
    sign_in(town, "w1", PASSWORD)
    for days, kept in ((1, 2), (30, 1)):
        sign_in(town, "w1", PASSWORD, NOW + timedelta(days=days))
        assert town.rows("SELECT count(*) FROM events.sessions") == [(kept,)]


def test_wrong_names_and_passwords_look_alike(town: Town) -> None:
    assert reason(town, "nobody", PASSWORD) is reason(town, "w1", "wrong") is Reason.SIGN_IN


def test_who_fails_five_times_has_to_wait_longer_each_time(town: Town) -> None:
    for _ in range(5):
        assert reason(town, "w1", "wrong") is Reason.SIGN_IN
    assert reason(town, "w1", PASSWORD, minutes=0.9) is Reason.LOCKED
    assert reason(town, "w1", "wrong", minutes=1.1) is Reason.SIGN_IN
    assert reason(town, "w1", PASSWORD, minutes=3) is Reason.LOCKED
    assert reason(town, "w1", PASSWORD, minutes=3.2) is None
    assert town.rows("SELECT count(*) FROM events.sign_in_failures") == [(0,)]
    assert [pause(number) for number in (4, 5, 8, 11, 10**9)] == [
        None, *(timedelta(minutes=one) for one in (1, 8, 60, 60)),
    ]  # fmt: skip


def test_nobody_locks_an_account_for_others(town: Town) -> None:
    """Six wrong passwords from elsewhere, and the owner notices nothing."""
    for _ in range(6):
        reason(town, "w1", "wrong", address="2001:db8:1:2::66")
    assert reason(town, "w1", PASSWORD, address="2001:db8:1:2:ffff::1") is Reason.LOCKED
    assert reason(town, "w1", PASSWORD) is None
    # and by signing in forgives nothing to the stranger
    assert reason(town, "w1", PASSWORD, address="2001:db8:1:2::66") is Reason.LOCKED
    assert reason(town, "w1", PASSWORD, address="2001:db8:1:3::66") is None


def test_failures_of_a_day_ago_are_forgotten(town: Town) -> None:
    for _ in range(4):
        reason(town, "w1", "wrong", address="198.51.100.1")
        reason(town, "w1", "wrong")
    assert reason(town, "w1", "wrong", minutes=25 * 60) is Reason.SIGN_IN
    assert town.rows("SELECT source, failures FROM events.sign_in_failures") == [(HOME, 1)]
    assert reason(town, "w1", PASSWORD, minutes=25 * 60) is None


def test_a_new_password_forgives_everybody(town: Town) -> None:
    for _ in range(5):
        reason(town, "w1", "wrong")
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        new = accounts.change_password(conn, name="w1", by=ADMIN, now=NOW)
    assert reason(town, "w1", new) is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("x" * 99, "x" * 64),
    ],
)
def test_addresses_of_one_customer_are_one_source(address: str, expected: str) -> None:
    assert source(address) == expected


def test_disabling_ends_sessions(town: Town) -> None:
    token = sign_in(town, "w1", PASSWORD).token
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        accounts.disable(conn, name="w1", by=ADMIN, now=NOW)
    assert accounts.session_actor(town.web, token, now=NOW) is None
    assert reason(town, "w1", PASSWORD) is Reason.SIGN_IN


def test_a_new_password_ends_sessions(town: Town) -> None:
    token = sign_in(town, "w1", PASSWORD).token
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
