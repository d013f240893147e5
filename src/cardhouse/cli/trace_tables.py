"""Tables for the terminal of traces, loops and promises, within 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cardhouse.analysis.buyers import PLANT
from cardhouse.cli.tables import table
from cardhouse.report.wording import money, sentence_case, words

Answer = Mapping[str, Any]
Row = Mapping[str, Any]
Names = Mapping[str, str]
"""Entities and accounts by id; what is not among them is told by its id in words."""

SMALLEST_SHARE = 0.005
SHOWN_HOLDERS = 3
SHOWN_LOOPS = 12
SHOWN_FROM = 0.005
"""USD bn from which a loop, or what ran round a firm, is shown."""
MOSTLY = 0.1
"""Part of a kind of end from which its holder is named."""


def tables_of(answer: Answer, names: Names) -> list[RenderableType]:
    """Return the tables of an answer to a trace, whichever it is."""
    kind = answer["schema"].split("/")[1]
    if kind == "loops":
        return loop_table(answer, names)
    if kind == "committed":
        return promise_table(answer, names)
    if answer["direction"] == "from":
        return end_table(answer, names)
    return source_table(answer, names)


UNKNOWN_MEANS = "*"
"""Marks buyers outside the chain whose own money nobody knows."""


def names_of(entities: Iterable[Row]) -> dict[str, str]:
    """Return the names of a document's entities by id, buyers of unknown means marked."""
    return {
        row["id"]: row["name"] + (UNKNOWN_MEANS if row.get("buys") == PLANT else "")
        for row in entities
    }


def source_table(answer: Answer, names: Names) -> list[RenderableType]:
    """Return who paid, largest share first, with bounds where there are any; then all the rest."""
    rows = table("paid by", ">share", ">USD bn", ">least", ">most")
    shown = [part for part in answer["parts"] if part["share"] >= SMALLEST_SHARE]
    for part in shown:
        bounds = [_share(part["least"]), _share(part["most"])]
        who = Text(_name(part["who"], names))
        rows.add_row(who, _share(part["share"]), money(part["usd_bn"]), *bounds)
    _add_rest(rows, answer["parts"], shown)
    if not any(part["least"] is not None for part in answer["parts"]):
        rows.columns = rows.columns[:3]
    return _told(answer, rows, names)


def _add_rest(rows: Table, parts: Sequence[Row], shown: Sequence[Row]) -> None:
    """Add one row for all parts that have none of their own."""
    rest = [part for part in parts if part not in shown]
    if rest:
        share, dollars = (sum(part[name] for part in rest) for name in ("share", "usd_bn"))
        rows.add_row(Text(f"{len(rest)} others", "dim"), _share(share), money(dollars))


def end_table(answer: Answer, names: Names) -> list[RenderableType]:
    """Return where dollars ended, largest share first, and with whom mostly."""
    sums: dict[str, list[Row]] = {}
    for part in answer["parts"]:
        sums.setdefault(part["sink"], []).append(part)
    rows = table("ends as", ">share", ">USD bn", "mostly with")
    ends = [(sum(part["share"] for part in parts), sink, parts) for sink, parts in sums.items()]
    for share, sink, parts in sorted(ends, key=lambda end: (-end[0], end[1])):
        if share >= SMALLEST_SHARE:
            dollars = money(sum(part["usd_bn"] for part in parts))
            holders = _holders(share, sink, parts, names)
            rows.add_row(_name(sink, names), _share(share), dollars, Text(holders, "dim"))
    small = [part for share, _, parts in ends if share < SMALLEST_SHARE for part in parts]
    _add_rest(rows, small, ())
    return _told(answer, rows, names)


def _holders(share: float, sink: str, parts: Iterable[Row], names: Names) -> str:
    """Return who has most of what ended as one kind of thing."""
    named = [part for part in parts if part["share"] >= MOSTLY * share and part["who"] != sink]
    return ", ".join(
        f"{_name(part['who'], names)} {_share(part['share'])}" for part in named[:SHOWN_HOLDERS]
    )


def loop_table(answer: Answer, names: Names) -> list[RenderableType]:
    """Return loops as chains of names, the dollars before, the kinds of each leg below."""
    rows = table(">USD bn", "loop")
    shown = [loop for loop in answer["loops"] if loop["usd_bn"] >= SHOWN_FROM][:SHOWN_LOOPS]
    for loop in shown:
        chain = " -> ".join([*loop["names"], loop["names"][0]])
        told = Text.assemble(chain, "\n", (_legs(loop), "dim"))
        rows.add_row(money(loop["usd_bn"]), told)
    parts: list[RenderableType] = [Text(answer["sentence"], "bold")]
    parts.append(rows if shown else Text("There is none."))
    rest = len(answer["loops"]) - len(shown) + answer["smaller"]["loops"]
    if rest and answer["entity"] is None:
        parts.append(Text(f"and {rest} smaller ones", "dim"))
    by_seller = _by_seller(answer, names)
    if by_seller is not None:
        parts += [Text(), by_seller]
    return [*parts, Text(answer["note"], "dim")]


def _legs(loop: Mapping[str, Any]) -> str:
    """Return what each leg of a loop consists of, and whether finance is in it."""
    kind = "financial" if loop["financial"] else "trade alone"
    return f"{kind}: {'; '.join(_leg(leg) for leg in loop['legs'])}"


def _leg(leg: Mapping[str, Any]) -> str:
    if "parts" in leg:
        return ", ".join(f"{_words(one['what'])} ({_strength(one)})" for one in leg["parts"])
    return ", ".join(_words(kind) for kind in leg["kinds"])


def _strength(part: Mapping[str, Any]) -> str:
    return "letter of intent" if part["strength"] == "letter" else str(part["strength"])


def _by_seller(answer: Answer, names: Names) -> RenderableType | None:
    """Return what ran round by seller, largest first; nothing on the committed basis."""
    every = answer["by_seller"].items()
    found = [(name, one) for name, one in every if one["usd_bn"] >= SHOWN_FROM]
    if not found or answer["entity"] is not None:
        return None
    rows = table("ran round through", ">USD bn", ">with finance")
    for name, one in sorted(found, key=lambda item: (-item[1]["usd_bn"], item[0])):
        cells = (money(one["usd_bn"]), money(one["financial_usd_bn"]))
        rows.add_row(Text(_name(name, names)), *cells)
    return rows


def promise_table(answer: Answer, names: Names) -> list[RenderableType]:
    """Return promises beside what was paid, largest first."""
    rows = table("by", "to", "for", ">paid", ">promised", "how sure", "until")
    for one in answer["promises"]:
        sure = "firm"
        if one["strength"] == "letter":
            sure = f"letter {100 * one['probability']:.0f} %"
        elif one["probability"] < 1.0:
            sure = f"on terms {100 * one['probability']:.0f} %"
        who = (Text(_name(one[end], names)) for end in ("payer", "payee"))
        money_of = (money(one[name]) for name in ("paid", "promised"))
        rows.add_row(*who, Text(_words(one["kind"])), *money_of, sure, one["to"] or "")
    return _told(answer, rows if answer["promises"] else Text("Nothing is promised."), names)


def _told(answer: Answer, rows: RenderableType, names: Names) -> list[RenderableType]:
    parts = answer.get("parts", ())
    marked = any(
        part["share"] >= SMALLEST_SHARE and _name(part["who"], names).endswith(UNKNOWN_MEANS)
        for part in parts
    )
    unknown = [Text(f"{UNKNOWN_MEANS} Where their own money comes from is unknown.")]
    note = Text(answer["note"], "dim")
    return [Text(answer["sentence"], "bold"), rows, *(unknown if marked else ()), note]


def _name(one: str, names: Names) -> str:
    """Return how an entity or an account is called."""
    return names.get(one) or sentence_case(words(one))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _share(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
