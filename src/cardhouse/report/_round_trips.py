"""Round trips: the widest loops of money among firms as chains of names, paid and promised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardhouse.report._cast import Cast, Document
from cardhouse.report._figures import Bar, Figure, Key, Table, bar
from cardhouse.report.wording import counted, dollars, money, words

SHOWN_LOOPS = 6
SHOWN_FROM = 0.005  # USD bn
ARROW = " \N{RIGHTWARDS ARROW} "
KEYS = (Key("loop-financial", "with finance in it"), Key("loop-trade", "trade alone"))
KINDS = {
    "equity": "shares", "input": "inputs", "program": "programs", "capex": "plant",
    "revenue_share": "share of revenue", "buy_back": "buy-back", "shortfall": "unused commitments",
}  # fmt: skip
PROMISED = (
    "Promises are told over their whole life and were not paid yet. Where nothing is promised, a "
    "leg counts what this run pays along it later."
)
EXPLAINED = (
    "Money that a firm pays and gets back through others. A loop has finance in it where a leg is "
    "shares bought, a guarantee or a buy-back: then a firm pays in part for what is bought of it."
)

Loop = Mapping[str, Any]


def round_trips_figure(document: Document, cast: Cast) -> Figure | None:
    """Return the widest loops of the base quarter as bars; None where a document has none."""
    found = document.get("round_trips")
    shown = _shown(found["base"]["loops"]) if found else []
    if not found or not shown:
        return None
    longest = shown[0]["usd_bn"]
    bars = tuple(_bar(loop, longest) for loop in shown)
    base = document["quarters"][0]
    told = "; ".join(f"{one.name}: {one.told}" for one in bars)
    promised = _promised(document)
    return Figure(
        "round-trips",
        "Round trips",
        f"{EXPLAINED} What ran round in {base}.",
        f"Round trips in {base}: {told}.",
        _table(document, cast),
        KEYS,
        bars,
        notes=tuple(promised),
    )


def _shown(loops: list[Loop]) -> list[Loop]:
    return [loop for loop in loops if loop["usd_bn"] >= SHOWN_FROM][:SHOWN_LOOPS]


def _bar(loop: Loop, longest: float) -> Bar:
    css = "loop-financial" if loop["financial"] else "loop-trade"
    title = f"{_chain(loop)}: {dollars(loop['usd_bn'])}"
    drawing = bar([(loop["usd_bn"], css, title)], longest)
    return Bar(_chain(loop), drawing, dollars(loop["usd_bn"]), _legs(loop))


def _chain(loop: Loop) -> str:
    """Return a loop as names in the order in which they pay, the first again at the end."""
    return ARROW.join([*loop["names"], loop["names"][0]])


def _legs(loop: Loop) -> str:
    """Return what each leg consists of."""
    return "; ".join(_leg(leg) for leg in loop["legs"])


def _leg(leg: Mapping[str, Any]) -> str:
    if "parts" not in leg:
        return ", ".join(_kind(kind) for kind in leg["kinds"])
    told = {"firm": "promised", "letter": "letter of intent", "unpromised": "not promised"}
    return ", ".join(f"{_kind(one['what'])} ({told[one['strength']]})" for one in leg["parts"])


def _kind(kind: str) -> str:
    return KINDS.get(kind, words(kind))


def _promised(document: Document) -> list[str]:
    """Return the widest loop with finance in it that promises would close, in a sentence."""
    loops = (document.get("committed") or {}).get("loops", [])
    financial = [loop for loop in loops if loop["financial"] and loop["usd_bn"] >= SHOWN_FROM]
    if not financial:
        return []
    count = counted(len(financial), "loop has finance in it", "loops have finance in them")
    widest = financial[0]
    told = (
        f"On what is promised, {count}, the widest {_chain(widest)}, "
        f"{dollars(widest['usd_bn'])}: {_legs(widest)}. {PROMISED}"
    )
    return [told]


def _table(document: Document, cast: Cast) -> Table:
    """Return the loops on each basis and what ran round through each seller."""
    found = document["round_trips"]
    bases = [
        (document["quarters"][0], found["base"]["loops"]),
        ("all quarters", found["cumulated"]["loops"]),
        ("promised", (document.get("committed") or {}).get("loops", [])),
    ]
    rows = [
        (basis, _chain(loop), _legs(loop), "yes" if loop["financial"] else "no", money(amount))
        for basis, loops in bases
        for loop in loops
        if (amount := loop["usd_bn"]) >= SHOWN_FROM
    ]
    for seller, one in found["base"]["by_seller"].items():
        if one["usd_bn"] >= SHOWN_FROM:
            through = f"through {cast.name(seller)} in all"
            share = money(one["financial_usd_bn"])
            rows.append((bases[0][0], through, f"with finance: {share}", "", money(one["usd_bn"])))
    columns = ("Basis", "Loop", "Legs", "Finance", ">USD bn")
    return Table("Round trips: loops, what their legs are, and USD bn", columns, tuple(rows))
