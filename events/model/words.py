"""A sentence or a name in the two languages that every screen speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """The same thing said in Chinese and in English."""

    zh: str
    en: str

    def told(self, language: Language) -> str:
        """The words in ``language``."""
        return self.zh if language == "zh" else self.en

    def as_dict(self) -> dict[str, str]:
        """``{"zh": ..., "en": ...}``, as stored in JSON columns and sent by the API."""
        return {"zh": self.zh, "en": self.en}
