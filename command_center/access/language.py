"""Which language a request wants."""

from command_center.problem import Language
from command_center.wording import LANGUAGES

COOKIE = "cc_language"


def wanted_language(
    *, cookie: str | None, accept_language: str | None, default: Language
) -> Language:
    """The language chosen by cookie, else the best of Accept-Language, else ``default``."""
    for one in LANGUAGES:
        if cookie == one:
            return one
    best: tuple[float, Language] | None = None
    for part in (accept_language or "")[:500].split(","):
        tag, _, parameters = part.strip().partition(";")
        main = tag.split("-")[0].lower()
        weight = _weight(parameters)
        for one in LANGUAGES:
            if main == one and weight > 0 and (best is None or weight > best[0]):
                best = (weight, one)
    return best[1] if best else default


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
