"""One text in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str

    def told(self, language: str) -> str:
        """Return the text in ``language`` ("zh", anything else is English)."""
        return self.zh if language == "zh" else self.en

    def as_dict(self) -> dict[str, str]:
        """Return ``{"zh": ..., "en": ...}``."""
        return {"zh": self.zh, "en": self.en}


def words(zh: str, en: str) -> Words:
    """Short for ``Words(zh=..., en=...)``: layer files are full of them."""
    return Words(zh=zh, en=en)
