"""What a browser may send to a Dash callback. Dash itself answers 500 to most malformed bodies,
so nothing reaches it that is not shaped like a call of a declared callback.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from events.model.access import Permission


class BadCall(StrEnum):
    """Why a callback request is refused."""

    NOT_JSON = "not_json"
    NOT_A_CALL = "not_a_call"
    UNKNOWN = "unknown_callback"


@dataclass(frozen=True, kw_only=True, slots=True)
class Callback:
    """A declared callback: who may call it and how many inputs and states it has."""

    permission: Permission
    inputs: int
    states: int


class _Call(msgspec.Struct):
    output: str
    inputs: list[dict[str, Any] | list[Any]]
    outputs: dict[str, Any] | list[Any] | None = None
    state: list[dict[str, Any] | list[Any]] = []
    changedPropIds: list[str] = []  # noqa: N815 - Dash's name


def check_call(body: bytes, callbacks: Mapping[str, Callback]) -> Callback | BadCall:
    """The declared callback that ``body`` calls, or why it is refused."""
    try:
        call = msgspec.json.decode(body, type=_Call)
    except msgspec.ValidationError:
        return BadCall.NOT_A_CALL
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return BadCall.NOT_JSON
    callback = callbacks.get(call.output)
    if callback is None:
        return BadCall.UNKNOWN
    return callback if _fits(call, callback) else BadCall.NOT_A_CALL


def _fits(call: _Call, callback: Callback) -> bool:
    return (
        len(call.inputs) == callback.inputs
        and len(call.state) == callback.states
        and all(map(_is_dependency, [*call.inputs, *call.state]))
        and (call.outputs is None or _are_outputs(call.outputs, call.output))
    )


def _is_dependency(one: dict[str, Any] | list[Any]) -> bool:
    parts = one if isinstance(one, list) else [one]
    return all(
        isinstance(part, dict)
        and isinstance(part.get("id"), str | dict)
        and isinstance(part.get("property"), str)
        for part in parts
    )


def _are_outputs(outputs: dict[str, Any] | list[Any], output: str) -> bool:
    # "..a.x...b.y.." is a list of outputs, "a.x" a single one
    several = output.startswith("..")
    if several != isinstance(outputs, list):
        return False
    if isinstance(outputs, list):
        return len(outputs) == len(output[2:-2].split("...")) and all(map(_is_dependency, outputs))
    return _is_dependency(outputs)
