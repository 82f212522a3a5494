"""How one has set up the wall: theme, start view, saved views, presentation. One's own only."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from command_center.access.context import logged_in
from command_center.services import Services
from events.store import screens
from grid.store.postgis import reading

# A view is the query of an address; a polygon in it may be long.
_Query = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^(\?[^\s<>\"]*)?$")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]


class SavedView(BaseModel):
    """A view with a name; ``query`` is what the address says of it."""

    model_config = ConfigDict(extra="forbid")

    name: _Name
    query: _Query


class Screen(BaseModel):
    """All that one has set up. ``start``: what the wall shows when the address says nothing."""

    model_config = ConfigDict(extra="forbid")

    theme: Literal["dark", "light"] | None = None
    start: _Query = ""
    views: Annotated[list[SavedView], Field(max_length=20)] = []
    every_s: Annotated[int, Field(ge=5, le=3_600)] = 20


def router(services: Services) -> APIRouter:
    """The route /api/v1/screen."""
    routes = APIRouter(prefix="/api/v1", tags=["screen"])

    @routes.get("/screen", summary="How one has set up the wall")
    def get_screen() -> dict[str, Any]:
        with reading(services.engine) as conn:
            kept = screens.get(conn, _account_id())
        return Screen.model_validate(kept or {}).model_dump()

    @routes.post("/screen", summary="Set up the wall; replaces what was set up before")
    def post_screen(screen: Screen) -> dict[str, Any]:
        told = screen.model_dump()
        with services.engine.begin() as conn:
            screens.put(conn, _account_id(), told)
        return told

    return routes


def _account_id() -> int:
    account_id = logged_in().account_id
    if account_id is None:
        raise ValueError("only accounts are logged in")
    return account_id
