"""The channel that everybody has: the list of notices inside the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grid.store.postgis import notify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from events.model.notice import Notice


class InboxChannel:
    """Shows a notice in the pages that its people have open, and keeps it in their list."""

    name = "inbox"

    def send(self, conn: Connection, notices: Sequence[Notice]) -> None:
        """Tell open pages that there is something new; the rows themselves are the list."""
        notify(conn, "cc_live", "notice", [one.notice_id for one in notices])
