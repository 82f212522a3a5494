"""Whether ingest has come to the broker anew: what the broker then knows must not only be in its
memory. A broker that dies before it has written ingest's session acknowledges, and drops, whatever
devices send until ingest is there again."""

from collections.abc import Mapping

from sqlalchemy import Connection

from grid.store import heartbeats
from iot_ingest.model import worker

# process -> when it connected, of those that have all their subscriptions
Subscribed = Mapping[str, float]


class SessionWatch:
    """Remembers who was subscribed at the last look."""

    def __init__(self) -> None:
        self._seen: Subscribed = {}

    def is_new(self, conn: Connection) -> bool:
        """Whether an ingest process has subscribed since the last look."""
        found = {
            one.process: float(one.detail["connected_at"])
            for one in heartbeats.all(conn)
            if worker.is_ingest(one.process)
            and one.detail.get("subscribed") is True
            and one.detail.get("connected_at") is not None
        }
        news = found.items() - self._seen.items()
        self._seen = {**self._seen, **found}
        return bool(news)
