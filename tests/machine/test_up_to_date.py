"""What an older city gets that could not be set up when it was made, and what stays as it is."""

from __future__ import annotations

from command_center.machine.up_to_date import bring_up_to_date
from tests.events.town import found_town
from tests.support.cluster import TestDatabase

_LONG_AGO = "timestamptz '2020-01-01'"


def test_an_older_city_gets_proof_and_ladder_once(database: TestDatabase) -> None:
    found_town(database)
    with database.superuser() as conn:
        conn.execute(
            f"UPDATE events.categories SET changed_at = {_LONG_AGO} WHERE code <> 'garbage'"
        )
        conn.execute(
            "UPDATE events.categories SET proof_photos = '{before}' WHERE code = 'river_level'"
        )
        applied = bring_up_to_date(database.url("cc_owner"))
        # configured since (garbage) or before (river_level): as the city wants it
        assert applied.proofs == ("flooding", "street_lamp")
        assert applied.ladder is True
        rows = conn.execute(
            "SELECT code, proof_photos FROM events.categories"
            " WHERE code IN ('flooding', 'river_level', 'garbage') ORDER BY code"
        ).fetchall()
        assert rows == [("flooding", ["after"]), ("garbage", []), ("river_level", ["before"])]
        levels = "SELECT count(*), min(pack) FROM events.ladder"
        assert conn.execute(levels).fetchone() == (4, "demo 2026.1")
        conn.execute("UPDATE events.ladder SET pack = 'ours'")
        conn.execute(
            "UPDATE events.categories SET proof_photos = '{}', recovers_for = NULL,"
            " changed_at = now() WHERE code = 'flooding'"
        )
        again = bring_up_to_date(database.url("cc_owner"))
        assert (again.proofs, again.ladder) == ((), False)
        assert conn.execute(levels).fetchone() == (4, "ours")


def test_a_database_without_a_city_gets_no_ladder(database: TestDatabase) -> None:
    assert bring_up_to_date(database.url("cc_owner")).ladder is False
