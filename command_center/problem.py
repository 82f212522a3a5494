"""An error told to a person, in Chinese and in English."""

from typing import Literal

Language = Literal["zh", "en"]


class Problem(Exception):
    """Something a person can put right: one clear sentence in each language, saying what to do."""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en

    def told(self, language: Language) -> str:
        """Return the sentence in ``language``."""
        return self.zh if language == "zh" else self.en
