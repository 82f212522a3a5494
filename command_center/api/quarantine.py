"""Messages that were put aside: decoded once more, or set aside as seen."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from command_center.access.context import logged_in
from command_center.errors import Invalid
from command_center.services import Services
from iot_ingest.model.quarantine import Reason
from iot_ingest.store import quarantine, replays
from iot_ingest.store.quarantine import Chosen

_MOST = 2**63 - 1


class ChosenIn(BaseModel):
    """Which messages are meant: those of a kind that were there, up to the number ``newest``."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    protocol: Annotated[str | None, Field(max_length=20)] = None
    reason: Reason | None = None
    device: Annotated[str | None, Field(max_length=64)] = None
    message: Annotated[int | None, Field(ge=1, le=_MOST)] = None
    newest: Annotated[int, Field(ge=0, le=_MOST)]

    def chosen(self) -> Chosen:
        """As the store takes it."""
        return Chosen(
            protocol=self.protocol or None,
            reason=None if self.reason is None else self.reason.value,
            device_id=self.device or None,
            quarantine_id=self.message,
            newest=self.newest,
        )


class SeenIn(ChosenIn):
    """... and why they need not wait any more."""

    why: Annotated[str, Field(max_length=500)] = ""


def router(services: Services) -> APIRouter:
    """The routes below /api/v1/quarantine."""
    routes = APIRouter(prefix="/api/v1/quarantine", tags=["quarantine"])

    @routes.post("/replays", status_code=202, summary="Have messages decoded once more")
    def post_replay(sent: ChosenIn) -> dict[str, Any]:
        return {"replay": replays.ask(services.engine, sent.chosen(), by=logged_in().key)}

    @routes.post("/seen", summary="Set messages aside as seen; they are kept")
    def post_seen(sent: SeenIn) -> dict[str, Any]:
        why = "".join(one for one in sent.why if one.isprintable()).strip()
        if not why:
            raise Invalid(("why", "quarantine.why_missing"))
        count = quarantine.set_aside_as_seen(
            services.engine, sent.chosen(), why=why, by=logged_in().key
        )
        return {"messages": count}

    return routes
