"""Frames of stations: whose they are, and what they say by the unit profile of the device."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from types import MappingProxyType

from sqlalchemy import Connection

from iot_ingest.decoders import hj212, hj212_packet, sl651, sl651_packet
from iot_ingest.decoders.hj212_framing import segment_of
from iot_ingest.decoders.json_reading import Decoded
from iot_ingest.message import MQTT, Message
from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.model.unit_profile import UnitProfile
from iot_ingest.store import stations
from iot_ingest.store.stations import Station
from iot_ingest.unit_profiles import UnitProfiles

_log = logging.getLogger(__name__)

# How long a station that was not found stays unknown.
_UNKNOWN_S = 2.0
# No more of those are remembered: a peer that invents names gets no more memory.
_MOST_UNKNOWN = 10_000

# So many frames of measured values without one reading: the profile is not the right one.
_UNUSED_FRAMES = 5

_DECODERS = MappingProxyType({"hj212": hj212, "sl651": sl651})


class Stations:
    """Which device a station is. Looked up when it first speaks, forgotten on changes."""

    def __init__(self, profiles: UnitProfiles) -> None:
        self.profiles = profiles
        self._known: dict[str, Station] = {}
        self._unknown: dict[str, float] = {}
        # who gave a reading already; how many frames in vain of those who did not
        self._useful: set[str] = set()
        self._unused: dict[str, int] = {}

    def knows(self, topic: str) -> bool:
        """Whether this is a station of ours, as far as we know. Any thread may ask."""
        return topic in self._known

    def forget(self) -> None:
        """Look every station up again: the registry changed."""
        self._known, self._unknown = {}, {}

    def unknown(self, messages: Iterable[Message]) -> set[str]:
        """Topics of frames whose stations must be looked up."""
        now = time.monotonic()
        return {
            message.topic
            for message in messages
            if message.protocol != MQTT
            and message.topic not in self._known
            and self._unknown.get(message.topic, 0.0) < now
        }

    def learn(self, conn: Connection, topics: Iterable[str]) -> None:
        """Look stations up; those that are not there are asked for again after a while."""
        wanted: dict[str, list[str]] = {}
        for topic in topics:
            protocol, _, name = topic.partition("/")
            wanted.setdefault(protocol, []).append(name)
        if len(self._unknown) > _MOST_UNKNOWN:
            self._unknown = {}
        until = time.monotonic() + _UNKNOWN_S
        for protocol, names in wanted.items():
            # PostgreSQL's text cannot hold NUL, and no MN does
            asked = [name for name in names if "\x00" not in name]
            found = stations.by_names(conn, protocol, asked)
            for name in names:
                topic = f"{protocol}/{name}"
                if name in found:
                    self._known[topic] = found[name]
                    self._unknown.pop(topic, None)
                else:
                    self._unknown[topic] = until

    def decode(self, message: Message) -> tuple[Station | None, Decoded]:
        """Whose frame it is (None: nobody's, or not to be used), and what it holds."""
        decoder = _DECODERS[message.protocol]
        trouble = decoder.check(message.payload)
        if trouble is not None:
            return None, Decoded(troubles=(trouble,))
        station = self._known.get(message.topic)
        if station is None:
            return None, _refused(Reason.UNKNOWN_DEVICE, message.topic)
        if station.disabled:
            return None, _refused(Reason.DISABLED_DEVICE, station.device_id)
        if station.password is not None and station.password != _password(message):
            return None, _refused(Reason.WRONG_PASSWORD, message.topic)
        profile = self.profiles.of(message.protocol, station.model, station.profile)
        if profile is None:
            detail = station.profile or "none for the protocol"
            return station, _refused(Reason.UNKNOWN_PROFILE, detail)
        decoded = _decoded(message, profile)
        if message.topic not in self._useful:
            self._note_use(message, decoded, profile)
        return station, decoded

    @property
    def unused(self) -> int:
        """Stations that send values of which their unit profiles use none."""
        return sum(1 for count in self._unused.values() if count >= _UNUSED_FRAMES)

    def _note_use(self, message: Message, decoded: Decoded, profile: UnitProfile) -> None:
        if decoded.readings:
            self._useful.add(message.topic)
            self._unused.pop(message.topic, None)
        elif not decoded.troubles and _DECODERS[message.protocol].measures(message.payload):
            count = self._unused.get(message.topic, 0) + 1
            self._unused[message.topic] = count
            if count == _UNUSED_FRAMES:
                _log.warning(
                    "%s sends values, but unit profile %s uses none of them: see"
                    " docs/how-to/protocol-stations.md",
                    message.topic,
                    profile.name,
                )


def _decoded(message: Message, profile: UnitProfile) -> Decoded:
    decoder = _DECODERS[message.protocol]
    try:
        found: Decoded = decoder.decode(message.payload, message.received_us, profile)
    except Exception as error:  # noqa: BLE001 - a mistake of ours, whatever it is
        # it must cost one frame, which is kept whole, and not the process
        _log.exception("a frame of %s cannot be decoded", message.topic)
        return _refused(Reason.BAD_FRAME, f"decoder: {type(error).__name__}")
    return found


def _refused(reason: Reason, detail: str) -> Decoded:
    return Decoded(troubles=(Trouble(reason=reason, detail=detail[:80]),))


def _password(message: Message) -> str:
    if message.protocol == "sl651":
        return sl651_packet.parse(message.payload).password
    return hj212_packet.parse(segment_of(hj212.split(message.payload)[-1])).pw
