"""The unit profile of a protocol station: which one it is, and what its factors become."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from command_center.pages.parts.told import data, section
from command_center.problem import Language
from command_center.services import Services
from command_center.views.story import titled
from command_center.wording import words
from iot_ingest.model.device import Device
from iot_ingest.model.unit_profile import UnitProfile, Use
from iot_ingest.store import profiles, stations
from layers import metrics as known_metrics


def profile_section(services: Services, device: Device, language: Language) -> Component | None:
    """How the frames of a station are read; None for a device that is none."""
    spoken = [protocol for attribute, protocol in stations.PROTOCOLS.items()
              if attribute in device.attributes]  # fmt: skip
    if not spoken:
        return None
    name = device.attributes.get("profile")
    folder = profiles.folder(services.settings.data)
    parts: list[Component] = []
    for protocol in spoken:
        found = profiles.profile_of(services.settings.data, protocol, device.model, name)
        if found is None:
            told = words("devices.fact_profile_missing", language, name=name or protocol)
            parts.append(html.P(told, className="cc-notice bad"))
        else:
            parts.extend(_profile(found, language))
    hint = html.P(words("devices.profile_file", language, path=folder), className="cc-note")
    return section("devices.fact_profile", language, html.Div(parts, **data(profile="")), hint)


def _profile(found: UnitProfile, language: Language) -> list[Component]:
    title = words("devices.fact_profile_value", language,
                  title=titled(found, "title", language), name=found.name)  # fmt: skip
    uses: dict[str, set[Use]] = {}
    for by_key in found.uses.values():
        for use in by_key.values():
            uses.setdefault(use.code, set()).add(use)
    rows = []
    for code in sorted(found.known):
        rows += [html.Dt(code.upper() if found.protocol == "sl651" else code),
                 html.Dd(_becomes(code, uses, found, language))]  # fmt: skip
    return [
        html.P(title),
        html.Details(
            [html.Summary(words("devices.profile_factors", language)),
             html.Dl(rows, className="cc-facts")]
        ),
    ]  # fmt: skip


def _becomes(code: str, uses: dict[str, set[Use]], found: UnitProfile, language: Language) -> str:
    if code in found.unknown_units:
        return words("devices.profile_unknown", language)
    if code not in uses:
        return words("devices.profile_unused", language)
    return "; ".join(sorted({_use(use, language) for use in uses[code]}))


def _use(use: Use, language: Language) -> str:
    known = known_metrics().get(use.metric)
    metric = f"{titled(known, 'name', language)} ({known.unit})" if known else use.metric
    if use.plus:
        return words("devices.profile_line", language, metric=metric, times=f"{use.times:g}",
                     plus=f"{use.plus:g}")  # fmt: skip
    if use.times != 1:
        return words("devices.profile_times", language, metric=metric, times=f"{use.times:g}")
    return metric
