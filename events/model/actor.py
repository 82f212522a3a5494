"""Who acts: a person with an account, the system, a resident, a device."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from events.model.words import Language, Words

ActorKind = Literal["account", "system", "resident", "device"]


class Role(StrEnum):
    """What an account is for. One role each: whoever needs two has two accounts."""

    OPERATOR = "operator"
    DISPATCHER = "dispatcher"
    FIELD = "field"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


ROLE_WORDS: dict[Role, Words] = {
    Role.OPERATOR: Words(
        zh="受理员：值守大屏，受理、核查和结案",
        en="Operator: watches the wall, files, verifies and closes",
    ),
    Role.DISPATCHER: Words(
        zh="派遣员：立案、派遣和核查", en="Dispatcher: files, dispatches and verifies"
    ),
    Role.FIELD: Words(
        zh="处置人员：受理并处置本班组的案卷",
        en="Field staff: accepts and disposes of the own crew's tickets",
    ),
    Role.SUPERVISOR: Words(
        zh="督导：督办、核查、考评", en="Supervisor: supervises, verifies, evaluates"
    ),
    Role.ADMIN: Words(
        zh="管理员：管理账号和配置，不经办案卷",
        en="Administrator: manages accounts and configuration, handles no tickets",
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """One who acts, with the scope that the account gives; ``key`` is what the ledger keeps."""

    kind: ActorKind
    name: str
    role: Role | None = None
    account_id: int | None = None
    department_id: int | None = None
    crew_id: int | None = None
    area_id: int | None = None
    language: Language = "zh"
    name_zh: str = ""
    name_en: str = ""

    @property
    def key(self) -> str:
        """``account:liwei``, ``system:dispatch``, ``resident``, ``device:wl-01``."""
        return "resident" if self.kind == "resident" else f"{self.kind}:{self.name}"


def system(name: str) -> Actor:
    """A part of the program that acts by itself, e.g. ``system("dispatch")``."""
    return Actor(kind="system", name=name, name_zh="系统", name_en="System")


RESIDENT = Actor(kind="resident", name="resident", name_zh="市民", name_en="Resident")
DISPATCH = system("dispatch")
RECOVERY = system("recovery")
