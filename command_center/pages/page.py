"""Pages for desks and walls: each a Dash application of its own below its path.

A module of this folder is such a page when it has a ``PAGE``. Its callbacks run in a worker
thread with the caller's actor and language set, and each declares who may call it.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from dash import Dash, html
from dash._hooks import HooksManager
from dash.development.base_component import Component
from fastapi import FastAPI, Response

import command_center.pages
from command_center.access.context import current_actor, current_language
from command_center.access.dash_guard import Callback
from command_center.pages.backend import ThreadedBackend
from command_center.pages.html import asset
from command_center.services import Services
from command_center.wording import words
from events.model.access import Actor, Permission

_INDEX = """<!DOCTYPE html>
<html lang="$LANG$">
<head>
{%metas%}
<title>{%title%}</title>
<link rel="icon" href="$ICON$" type="image/svg+xml">
$STYLES$
$THEME$
{%css%}
</head>
<body class="$BODY$">
{%app_entry%}
<footer>
{%config%}
{%scripts%}
{%renderer%}
</footer>
</body>
</html>"""


# The colours of both themes, for every page.
_THEME = "wall/theme.css"


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page.

    ``path``: "/" or "/desk". ``title``: key of its title in the wording. ``layout`` is called
    for each visit, ``register`` once. ``styles`` and ``scripts`` are files below assets/, loaded
    in this order; ``assets_ignore`` is not needed: nothing else is loaded.
    """

    path: str
    permission: Permission
    title: str
    layout: Callable[[Actor, Services], Component]
    register: Callable[["PageApp", Services], None]
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    body_class: str = ""

    @property
    def prefix(self) -> str:
        """The path with a slash at its end, below which Dash has its own routes."""
        return self.path if self.path.endswith("/") else f"{self.path}/"


class PageApp(Dash):
    """A Dash application whose callbacks each declare a permission."""

    def __init__(self, page: Page) -> None:
        """Make the application; `init_app` attaches it to the server."""
        self.page = page
        self.permissions: dict[str, Permission] = {}
        super().__init__(
            name="command_center",
            server=False,
            backend=ThreadedBackend,
            routes_pathname_prefix=page.prefix,
            requests_pathname_prefix=page.prefix,
            assets_external_path="/",
            include_assets_files=False,
            # plain paths, in this order; the assets folder is served by ourselves
            external_scripts=[_script(one) for one in page.scripts],
            suppress_callback_exceptions=True,
            index_string=_INDEX,
            update_title="",
            add_log_handler=False,
            use_pages=False,
        )

    def _setup_hooks(self) -> None:
        """Take no plug-ins: for each page anew, Dash would read what every installed package is."""
        self._hooks = HooksManager

    def clientside_callback(self, *args: Any, **kwargs: Any) -> Any:
        """As in Dash: it runs in the browser, so anybody who sees the page may."""
        before = set(self.callback_map)
        registered = super().clientside_callback(*args, **kwargs)  # type: ignore[no-untyped-call]  # Dash
        for key in set(self.callback_map) - before:
            self.permissions[key] = self.page.permission
        return registered

    def callback(self, *args: Any, permission: Permission, **kwargs: Any) -> Any:
        """As `Dash.callback`; ``permission`` says who may call it."""
        before = set(self.callback_map)
        register = super().callback(*args, **kwargs)
        for key in set(self.callback_map) - before:
            self.permissions[key] = permission
        return register

    def attach(self, server: FastAPI, services: Services) -> None:
        """Put this page's routes on ``server``; its layout is made for each visit."""
        self.init_app(server)
        self.layout = lambda: self._layout_for(current_actor(), services)
        if self.page.path != self.page.prefix:
            # Dash itself answers below "/desk/" only
            server.add_api_route(
                self.page.path,
                self._visit,
                methods=["GET"],
                include_in_schema=False,
                name=self.page.path,
            )

    def _layout_for(self, actor: Actor | None, services: Services) -> Component:
        # Dash looks at the layout once at the first request of all, whoever sends it
        return html.Div() if actor is None else self.page.layout(actor, services)

    async def _visit(self) -> Response:
        html: str = self.index()  # type: ignore[no-untyped-call]  # Dash
        return Response(html, media_type="text/html")

    @property
    def client_side(self) -> set[str]:
        """Callbacks that run in the browser: a server call of one is refused."""
        return {key for key, one in self.callback_map.items() if "callback" not in one}

    def declared(self) -> Mapping[str, Callback]:
        """Every callback that the server answers, for the gate."""
        undeclared = set(self.callback_map) - set(self.permissions)
        if undeclared:
            raise ValueError(f"callbacks without a permission: {sorted(undeclared)}")
        return {
            key: Callback(
                permission=permission,
                inputs=len(self.callback_map[key]["inputs"]),
                states=len(self.callback_map[key]["state"]),
            )
            for key, permission in self.permissions.items()
            if key not in self.client_side
        }

    def interpolate_index(self, **parts: Any) -> str:  # type: ignore[override]  # a named few
        """The page around the application, in the caller's language."""
        language = current_language()
        parts["title"] = escape(words(self.page.title, language))
        parts["favicon"] = ""
        html: str = super().interpolate_index(**parts)  # type: ignore[no-untyped-call]  # Dash
        styles = "\n".join(
            f'<link rel="stylesheet" href="{asset(one)}">' for one in (_THEME, *self.page.styles)
        )
        # it waits for nothing, so that nobody is dazzled before the page is dark
        theme = f'<script src="{asset("wall/theme.js")}"></script>'
        return (
            html.replace("$LANG$", "zh-Hans" if language == "zh" else "en", 1)
            .replace("$ICON$", asset("icon.svg"), 1)
            .replace("$STYLES$", styles, 1)
            .replace("$THEME$", theme, 1)
            .replace("$BODY$", escape(self.page.body_class), 1)
        )


def discover() -> list[Page]:
    """Every ``PAGE`` of this folder's modules, in the order of their paths."""
    found = []
    for info in pkgutil.iter_modules(command_center.pages.__path__):
        module = importlib.import_module(f"{command_center.pages.__name__}.{info.name}")
        page = getattr(module, "PAGE", None)
        if isinstance(page, Page):
            found.append(page)
    return sorted(found, key=lambda one: one.path)


def _script(path: str) -> dict[str, str]:
    attributes = {"src": asset(path)}
    if path.endswith(".mjs"):
        attributes["type"] = "module"
    return attributes
