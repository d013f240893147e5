"""Segments out of a filing itself: the figures that inline XBRL marks with a dimension."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from cardhouse.errors import LiveError
from cardhouse.facts.live.filings import Filed
from cardhouse.facts.live.sec import Filing

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DOLLARS = "iso4217:usd"
WHOLE_SEGMENTS = dict.fromkeys(
    ("srt:ConsolidationItemsAxis", "us-gaap:ConsolidationItemsAxis"),
    "us-gaap:OperatingSegmentsMember",
)
"""Dimensions that say nothing more: figures of segments before what they sell each other."""
DASHES = "-\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}"
_NUMBER = re.compile(r"\d{1,30}(\.\d{1,30})?")


@dataclass(frozen=True)
class Context:
    """When and of what a figure is: its period, and a member for each dimension."""

    start: dt.date | None
    end: dt.date
    members: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Marked:
    """A figure as a filing marks it: its tag without the prefix, and how exact it is."""

    tag: str
    context: Context
    value: Decimal
    decimals: int


def marked_figures(body: bytes, where: str, tags: Sequence[str]) -> list[Marked]:
    """Return the figures in dollars that a filing marks with some tags.

    Parameters
    ----------
    body
        The filing's document (XHTML with inline XBRL).
    where
        What messages call it.
    tags
        Names of tags of the standard taxonomy, without their prefix.

    Raises
    ------
    LiveError
        When the document is not whole, or a figure of these tags cannot be read.
    """
    root = _parsed(body, where)
    contexts = dict(_contexts(root, where))
    if not contexts:
        raise LiveError(f"{where}: no context is defined in it. Its format has changed.")
    dollars = _dollar_units(root)
    wanted = {f"us-gaap:{tag}": tag for tag in tags}
    found = []
    for element in root.iter():
        if _local(element) != "nonfraction":
            continue
        told = {name.rpartition("}")[2].lower(): value for name, value in element.attrib.items()}
        tag = wanted.get(told.get("name", ""))
        if tag is None or told.get("unitref") not in dollars or told.get("nil") == "true":
            continue
        context = contexts.get(told.get("contextref", ""))
        if context is None:
            raise LiveError(f"{where}: a figure of {tag} names a context that is not there.")
        found.append(Marked(tag, context, _value(element, told, f"{where}: {tag}"), _exact(told)))
    return found


def of_member(
    figures: Sequence[Marked],
    filing: Filing,
    tags: Sequence[str],
    axis: str,
    members: Sequence[str],
) -> list[Filed]:
    """Return the figures of one segment, one a period: the first tag that tells it, most exact.

    Crossed with no other dimension, save the one that says "operating segments".

    Parameters
    ----------
    figures
        Those of a filing.
    filing
        Where they stand.
    tags
        Tags in order of preference.
    axis, members
        The dimension, and what the segment is or was called on it.
    """
    best: dict[tuple[dt.date | None, dt.date], tuple[tuple[int, int], Marked]] = {}
    for one in figures:
        if one.tag not in tags or not _is_of(one.context, axis, members):
            continue
        period = (one.context.start, one.context.end)
        rank = (-tags.index(one.tag), one.decimals)
        if period not in best or rank > best[period][0]:
            best[period] = (rank, one)
    return [
        Filed(*period, one.value, filing.filed, filing.form, filing.accession)
        for period, (_, one) in best.items()
    ]


def _is_of(context: Context, axis: str, members: Sequence[str]) -> bool:
    rest = {name: member for name, member in context.members.items() if name != axis}
    plain = all(WHOLE_SEGMENTS.get(name) == member for name, member in rest.items())
    return context.members.get(axis) in members and plain


def _parsed(body: bytes, where: str) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(body)
    except ParseError as error:
        raise LiveError(f"{where}: this is no whole XHTML document ({error}).") from None
    except DefusedXmlException as error:
        raise LiveError(
            f"{where}: the document defines entities ({type(error).__name__}), which no filing "
            "needs. It is not read."
        ) from None
    return root


def _contexts(root: Element, where: str) -> Iterator[tuple[str, Context]]:
    for element in root.iter():
        if _local(element) != "context":
            continue
        days: dict[str, dt.date] = {}
        members: dict[str, str] = {}
        for part in element.iter():
            name, text = _local(part), (part.text or "").strip()
            if name in ("startdate", "enddate", "instant"):
                days[name] = _day(text, where)
            elif name == "explicitmember":
                members[part.get("dimension", "")] = text
            elif name == "typedmember":
                members[part.get("dimension", "")] = "".join(part.itertext()).strip()
        end = days.get("enddate") or days.get("instant")
        if end is not None:
            yield element.get("id", ""), Context(days.get("startdate"), end, members)


def _dollar_units(root: Element) -> frozenset[str]:
    """Return the names of units that are dollars, and not dollars a share."""
    return frozenset(
        element.get("id", "")
        for element in root.iter()
        if _local(element) == "unit"
        and [
            (part.text or "").strip().lower()
            for part in element.iter()
            if _local(part) == "measure"
        ]
        == [DOLLARS]
    )


def _value(element: Element, told: Mapping[str, str], where: str) -> Decimal:
    """Return a figure: its text, as its format says, times its scale, with its sign."""
    text = "".join(element.itertext()).strip()
    kind = told.get("format", "").rpartition(":")[2].replace("-", "").lower()
    if kind in ("fixedzero", "zerodash", "numdash") or (text and not text.strip(DASHES)):
        number = "0"
    elif kind in ("numcommadecimal", "numcommadot"):
        number = re.sub(r"[\s.]", "", text).replace(",", ".")
    else:
        number = re.sub(r"[\s,]", "", text)
    scale = told.get("scale", "0")
    if not _NUMBER.fullmatch(number) or not re.fullmatch(r"-?\d{1,2}", scale):
        raise LiveError(f"{where}: '{text[:40]}' (scale {scale[:8]}) is no figure.")
    sign = -1 if told.get("sign") == "-" else 1
    return sign * Decimal(number).scaleb(int(scale))


def _exact(told: Mapping[str, str]) -> int:
    """Return to how many decimals a figure is exact; many for an exact one."""
    decimals = told.get("decimals", "0")
    if decimals.upper() == "INF":
        return 99
    try:
        return int(Decimal(decimals))
    except InvalidOperation:
        return -99


def _day(text: str, where: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        raise LiveError(f"{where}: '{text[:40]}' is no day. Its format has changed.") from None


def _local(element: Element) -> str:
    """Return an element's name without its namespace, in lower case as browsers write it."""
    tag = element.tag
    return str(tag).rpartition("}")[2].rpartition(":")[2].lower()
