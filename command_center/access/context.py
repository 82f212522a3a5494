"""Who asks, and in which language: set by the gate, read by pages, callbacks and the API."""

from contextvars import ContextVar

from command_center.problem import Language
from events.model.access import Actor

_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)
_language: ContextVar[Language] = ContextVar("language", default="zh")

set_actor = _actor.set
set_language = _language.set


def current_actor() -> Actor | None:
    """The account behind the running request, or None when nobody is logged in."""
    return _actor.get()


def logged_in() -> Actor:
    """The account behind the running request; only for routes that the gate keeps for staff.

    Raises LookupError when nobody is logged in: the route is then declared wrongly.
    """
    actor = _actor.get()
    if actor is None:
        raise LookupError("this route needs a permission in command_center.access.table")
    return actor


def current_language() -> Language:
    """The language of the running request: chosen by cookie, else Accept-Language, else default."""
    return _language.get()
