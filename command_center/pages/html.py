"""Plain HTML pages from templates, for people without a Dash application: login, phones."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from command_center.access.context import current_language
from command_center.problem import Language
from command_center.wording import words

_TEMPLATES = Path(__file__).parent / "templates"
ASSETS = Path(__file__).parents[1] / "assets"

LANGUAGE_TAGS: Mapping[Language, str] = {"zh": "zh-Hans", "en": "en"}


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, language: Language, **values: Any) -> str:
    """The text of ``templates/{template}`` in ``language``; ``t("page.name")`` gives words."""

    def told(key: str, **parts: object) -> str:
        return words(key, language, **parts)

    return (
        _environment()
        .get_template(template)
        .render(
            t=told,
            asset=asset,
            json_block=json_block,
            language=language,
            language_tag=LANGUAGE_TAGS[language],
            **values,
        )
    )


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """A page in the caller's language."""
    language = current_language()
    return Response(
        render(template, language, **values),
        status_code=status,
        media_type="text/html",
        headers={"content-language": LANGUAGE_TAGS[language], "vary": "Accept-Language, Cookie"},
    )


def refusal_page(status: int, title: str, detail: str, language: Language) -> str:
    """The page that tells a person why a request was refused."""
    return render("refusal.html", language, status=status, title=title, detail=detail)


@cache
def asset(path: str) -> str:
    """The address of a file below assets/, with its digest, so that it may be kept for ever."""
    digest = hashlib.sha256((ASSETS / path).read_bytes()).hexdigest()[:12]
    return f"/assets/{path}?v={digest}"


def json_block(text: bytes) -> Markup:
    """JSON for a ``<script type="application/json">``: a ``</script>`` inside cannot end it."""
    safe = text.decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # noqa: S704 - no character with a meaning in HTML is left
