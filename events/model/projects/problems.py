"""The errors about projects; each carries the refusal it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.problems import Refused
from events.model.project_reason import ProjectReason
from events.model.refusal import Refusal

if TYPE_CHECKING:
    from events.model.projects.project import Project


class ProjectConflict(Refused):
    """The project is not as the caller thinks; ``current`` is what it is now."""

    def __init__(self, reason: ProjectReason, current: Project) -> None:
        super().__init__(Refusal(reason=reason))
        self.current = current


class StaleProject(ProjectConflict):
    """The project was changed since the caller read it."""

    def __init__(self, current: Project) -> None:
        super().__init__(ProjectReason.STALE_PROJECT, current)


class WrongStage(ProjectConflict):
    """The project's stage has no such move."""

    def __init__(self, current: Project) -> None:
        super().__init__(ProjectReason.WRONG_STAGE, current)
