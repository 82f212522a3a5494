"""Reading a CAP 1.2 message: XML without entities, everything that is wrong told at once."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from datetime import datetime
from xml.parsers import expat

from events.model.warning import (
    STANDS_FOR,
    Circle,
    Ring,
    WarningArea,
    WarningInfo,
    WarningMessage,
    level_of,
)
from grid.model.refusal import Refusal

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MOST_BYTES = 2_000_000
_MOST_DEPTH = 12
_MOST_NODES = 20_000
_MOST_POINTS = 20_000
_LONGEST = 8_000
_SHORT = 300
_FARTHEST_KM = 2_000
_LEAST_KM = 0.1

_STATUS = ("Actual", "Exercise")
_NOT_SHOWN = ("System", "Test", "Draft")
_KINDS = ("Alert", "Update", "Cancel")
_SCOPES = ("Public", "Restricted", "Private")
_CATEGORIES = ("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport",
               "Infra", "CBRNE", "Other")  # fmt: skip
_URGENCIES = ("Immediate", "Expected", "Future", "Past", "Unknown")
_SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
_CERTAINTIES = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[-+]\d\d:\d\d)")
_NAME = re.compile(r"[^\s,<&]+")
_CODE = re.compile(r"\d{2,12}")


class NotCap(Exception):
    """The file is no CAP 1.2 message that can be shown; ``refusals`` say all that is wrong."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        super().__init__(refusals[0].reason_en)
        self.refusals = refusals


class Node:
    """An element: its name without namespace, its text, its children."""

    __slots__ = ("children", "name", "parts")

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: list[str] = []
        self.children: list[Node] = []

    @property
    def text(self) -> str:
        """The text without the white space around it."""
        return "".join(self.parts).strip()

    def all(self, name: str) -> list[Node]:
        """The children of a name."""
        return [one for one in self.children if one.name == name]

    def get(self, name: str) -> str:
        """The text of the first child of a name; "" without one."""
        return next((one.text for one in self.all(name)), "")


def read_cap(content: bytes) -> WarningMessage:
    """The message in a file. Raises NotCap."""
    return _Reader(_tree(content)).message(hashlib.sha256(content).digest())


def _no(field: str, zh: str, en: str) -> NotCap:
    return NotCap((Refusal(row=0, field=field, reason_zh=zh, reason_en=en),))


class _Declared(Exception):
    """The document brings a document type: entities would come with it."""


class _TooMuch(Exception):
    """Deeper or longer than any warning is."""


class _Builder:
    """Makes the tree; refuses what no message needs."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._nodes = 0

    def start(self, name: str, _attributes: object) -> None:
        self._nodes += 1
        if self._nodes > _MOST_NODES or len(self._open) >= _MOST_DEPTH:
            raise _TooMuch
        namespace, _, local = name.rpartition(" ")
        # of another namespace (a signature): kept out by its name
        node = Node(local if namespace == NAMESPACE else f"{namespace} {local}")
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self, _name: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        self._open[-1].parts.append(text)

    def doctype(self, *_: object) -> None:
        raise _Declared


def _tree(content: bytes) -> Node:
    """The root of the document. No document type, no entities, no references to elsewhere."""
    if len(content) > MOST_BYTES:
        raise _no(
            "file", "文件超过 2 MB，不是预警报文。", "The file is larger than 2 MB: no warning is."
        )
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.buffer_text = True
    try:
        parser.Parse(content, True)
    except _Declared:
        raise _no(
            "file", "报文带有文档类型声明（DOCTYPE），出于安全不予解析。",
            "The message declares a document type (DOCTYPE): for safety it is not read.",
        ) from None  # fmt: skip
    except _TooMuch:
        raise _no(
            "file",
            "报文嵌套过深或元素过多。",
            "The message is nested too deep or has too many parts.",
        ) from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise _no(
            "file", f"不是格式正确的 XML：{error}。请取得原始 CAP 文件。",
            f"This is not well-formed XML ({error}): get the original CAP file.",
        ) from error  # fmt: skip
    root = builder.root
    if root is None or root.name != "alert":
        raise _no(
            "alert", f"不是 CAP 1.2 报文：根元素应为 alert，命名空间 {NAMESPACE}。",
            f"This is no CAP 1.2 message: its root must be alert of the namespace {NAMESPACE}.",
        )  # fmt: skip
    return root


class _Reader:
    """Reads the tree and gathers what is wrong with it."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._wrong: list[Refusal] = []

    def message(self, sha256: bytes) -> WarningMessage:
        root = self._root
        status = root.get("status")
        if status in _NOT_SHOWN:
            self._refuse("status", f"状态为 {status}，不是发给公众的预警，不予展示。",
                         f"Its status is {status}: it is not meant to be shown.")  # fmt: skip
        else:
            self._one_of("status", status, _STATUS)
        kind = self._one_of("msgType", root.get("msgType"), _KINDS)
        self._one_of("scope", root.get("scope"), _SCOPES)
        sent_at = self._moment(root, "sent")
        references = tuple(self._references(kind))
        infos = tuple(
            self._info(one, f"info[{n}]", sent_at) for n, one in enumerate(root.all("info"), 1)
        ) if sent_at else ()  # fmt: skip
        if kind != "Cancel" and not root.all("info"):
            self._refuse("info", "没有 info：报文什么也没有说。",
                         "There is no info: the message says nothing.")  # fmt: skip
        identifier, sender = self._name("identifier"), self._name("sender")
        if self._wrong or sent_at is None:
            raise NotCap(tuple(self._wrong))
        return WarningMessage(
            identifier=identifier, sender=sender, sent_at=sent_at, status=status, kind=kind,
            references=references, infos=infos, sha256=sha256,
        )  # fmt: skip

    def _refuse(self, field: str, zh: str, en: str) -> None:
        self._wrong.append(Refusal(row=0, field=field, reason_zh=zh, reason_en=en))

    def _name(self, field: str) -> str:
        text = self._root.get(field)
        if not _NAME.fullmatch(text) or len(text) > _SHORT:
            self._refuse(field, f"{field} 缺失，或含有空格、逗号等不允许的字符。",
                         f"{field} is missing, or has spaces, commas or < & in it.")  # fmt: skip
        return text

    def _one_of(self, field: str, text: str, known: tuple[str, ...]) -> str:
        if text not in known:
            self._refuse(
                field,
                f"{field} 应为 {'、'.join(known)} 之一，而不是“{text[:40]}”。",
                f'{field} must be one of {", ".join(known)}, not "{text[:40]}".',
            )
        return text

    def _moment(self, node: Node, field: str, where: str = "") -> datetime | None:
        text = node.get(field)
        found = None
        if _MOMENT.fullmatch(text):
            try:
                found = datetime.fromisoformat(text)
            except ValueError:
                found = None
        if found is None:
            self._refuse(
                where + field,
                f"{field} 应为带时区的时间，如 2026-06-01T08:00:00+08:00。",
                f"{field} must be a time with its zone, as 2026-06-01T08:00:00+08:00.",
            )
        return found

    def _references(self, kind: str) -> Iterator[tuple[str, str]]:
        found = self._root.get("references").split()
        for one in found:
            sender, _, rest = one.partition(",")
            identifier = rest.partition(",")[0]
            if sender and identifier:
                yield sender, identifier
            else:
                self._refuse(
                    "references",
                    f"引用“{one[:60]}”应为 发布者,编号,时间。",
                    f'The reference "{one[:60]}" must be sender,identifier,sent.',
                )
        if kind in ("Update", "Cancel") and not found:
            self._refuse("references", "更新或解除必须引用原预警。",
                         "An update or a cancellation must refer to what it replaces.")  # fmt: skip

    def _info(self, node: Node, where: str, sent_at: datetime) -> WarningInfo:
        path = f"{where}."
        text = node.get("event")
        if not text:
            self._refuse(f"{path}event", "缺少 event（预警名称）。", "event is missing.")
        categories = tuple(one.text for one in node.all("category"))
        for one in categories or ("",):
            self._one_of(f"{path}category", one, _CATEGORIES)
        severity = self._one_of(f"{path}severity", node.get("severity"), _SEVERITIES)
        told = [(one.get("valueName"), one.get("value"))
                for one in (*node.all("parameter"), *node.all("eventCode"))]  # fmt: skip
        begins = [name for name in ("onset", "effective") if node.get(name)]
        onset_at = self._moment(node, begins[0], path) if begins else sent_at
        ends_at = self._moment(node, "expires", path) if node.get("expires") else None
        return WarningInfo(
            language=node.get("language")[:20] or "en-US", categories=categories,
            event=text[:_SHORT],
            urgency=self._one_of(f"{path}urgency", node.get("urgency"), _URGENCIES),
            severity=severity,
            certainty=self._one_of(f"{path}certainty", node.get("certainty"), _CERTAINTIES),
            level=level_of(severity, told), headline=node.get("headline")[:_SHORT],
            description=node.get("description")[:_LONGEST],
            instruction=node.get("instruction")[:_LONGEST],
            sender_name=node.get("senderName")[:_SHORT],
            onset_at=onset_at or sent_at, ends_at=ends_at or sent_at + STANDS_FOR,
            areas=tuple(self._area(one, f"{path}area[{n}].")
                        for n, one in enumerate(node.all("area"), 1)),
        )  # fmt: skip

    def _area(self, node: Node, path: str) -> WarningArea:
        if not node.get("areaDesc"):
            self._refuse(f"{path}areaDesc", "缺少 areaDesc（区域说明）。", "areaDesc is missing.")
        rings = [self._ring(one.text, f"{path}polygon") for one in node.all("polygon")]
        circles = [self._circle(one.text, f"{path}circle") for one in node.all("circle")]
        codes = [one.get("value") for one in node.all("geocode")]
        return WarningArea(
            description=node.get("areaDesc")[:_LONGEST],
            polygons=tuple(one for one in rings if one),
            circles=tuple(one for one in circles if one),
            codes=tuple(one for one in codes if _CODE.fullmatch(one)),
        )

    def _ring(self, text: str, field: str) -> Ring | None:
        pairs = text.split()
        points = [_point(one) for one in pairs[:_MOST_POINTS]]
        ring = tuple(one for one in points if one is not None)
        if len(ring) != len(pairs) or len(ring) < 4 or ring[0] != ring[-1]:
            self._refuse(
                field, "多边形应为至少四个“纬度,经度”，首尾相同。",
                "A polygon is at least four \"lat,lon\", the last equal to the first.",
            )  # fmt: skip
            return None
        return ring

    def _circle(self, text: str, field: str) -> Circle | None:
        centre, _, radius = text.partition(" ")
        at, far = _point(centre), _number(radius)
        if at is None or far is None or not 0 <= far <= _FARTHEST_KM:
            self._refuse(
                field, f"圆应为“纬度,经度 半径（km）”，半径 0 到 {_FARTHEST_KM}。",
                f'A circle is "lat,lon radius in km", the radius from 0 to {_FARTHEST_KM}.',
            )  # fmt: skip
            return None
        # some draw an epicentre: it is to be seen
        return Circle(lon=at[0], lat=at[1], radius_km=max(far, _LEAST_KM))


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _point(pair: str) -> tuple[float, float] | None:
    """(lon, lat) of "lat,lon"; None for anything else."""
    first, _, second = pair.partition(",")
    lat, lon = _number(first), _number(second)
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None
    return lon, lat
