"""Fragility: who fails when and through whom the loss travels; runways, maturities, profit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cardhouse.report._cast import Cast, Document, Row
from cardhouse.report._figures import Bar, Figure, Key, Table, bar, strip
from cardhouse.report.summary_text import defaults_sentence
from cardhouse.report.wording import (
    UNKNOWN,
    business,
    counted,
    dollars,
    listed,
    money,
    percent,
    words,
)

CALM = ("active", None)
TROUBLE = ("stressed", "restructured", "rescued", "in_default", "gone")
NAMED_HOLDERS = 4
SHOWN_FIRMS = 30
SHOWN_PROFITS = 8
LONG_RUNWAY = 20.0  # quarters at which a bar ends


def failures_figure(document: Document, cast: Cast) -> Figure | None:
    """Return the timeline of every firm that was ever in trouble; None when none was."""
    failed = {one["entity"]: one for one in document["fragility"]["defaults"]}
    firms = [row for row in document["entities"] if row["id"] in failed or _troubled(row)]
    if not firms:
        return None
    firms = sorted(firms, key=lambda row: _first_trouble(row, failed, document))
    bars = tuple(_timeline(document, cast, row, failed.get(row["id"])) for row in firms)
    used = {state for row in firms for state in row.get("status") or ()}
    return Figure(
        "failures",
        "Who fails, when, and who bears the loss",
        "Each strip is a firm's course; what is lost at a default is lost by those named below it.",
        defaults_sentence(document),
        _defaults_table(document, cast),
        tuple(Key(f"state-{state}", words(state)) for state in TROUBLE if state in used),
        bars[:SHOWN_FIRMS],
        notes=_hidden(len(bars)),
        axis=_axis(document["quarters"]),
        layout="timeline",
    )


def _axis(quarters: Sequence[str]) -> tuple[str, ...]:
    """Return the quarters named over the strips: first, middle and last."""
    last = len(quarters) - 1
    return tuple(quarters[row] for row in sorted({0, last // 2, last}))


def _hidden(count: int) -> tuple[str, ...]:
    more = count - SHOWN_FIRMS
    return (f"{counted(more, 'more firm', 'more firms')} in the table.",) if more > 0 else ()


def _troubled(row: Row) -> bool:
    return any(state not in CALM for state in row.get("status") or ())


def _first_trouble(
    row: Row, failed: Mapping[str, Mapping[str, Any]], document: Document
) -> tuple[int, int, str]:
    """Return the order on the timeline: failures by date, then the troubled."""
    quarters = document["quarters"]
    if row["id"] in failed:
        return 0, quarters.index(failed[row["id"]]["quarter"]), row["id"]
    states = row["status"]
    return 1, next(at for at, state in enumerate(states) if state not in CALM), row["id"]


def _timeline(document: Document, cast: Cast, row: Row, default: Mapping[str, Any] | None) -> Bar:
    quarters = document["quarters"]
    states = row.get("status") or [None] * len(quarters)
    cells = [
        (f"state-{'active' if state is None else state}", words(state or "active"))
        for state in states
    ]
    if default is not None:
        cells[quarters.index(default["quarter"])] = ("state-in_default", "in default")
    told = default["quarter"] if default else words(next(s for s in states[::-1] if s))
    return Bar(row["name"], strip(cells, len(quarters)), told, _all_losses(document, cast, row))


def _all_losses(document: Document, cast: Cast, row: Row) -> str:
    """Return what was lost at a firm's defaults; each with its quarter where there are several."""
    mine = [one for one in document["fragility"]["defaults"] if one["entity"] == row["id"]]
    if len(mine) < 2:
        return _loss_words(cast, mine[0] if mine else None)
    return "; ".join(f"{one['quarter']}: {_loss_words(cast, one)}" for one in mine)


def _loss_words(cast: Cast, default: Mapping[str, Any] | None) -> str:
    if default is None:
        return ""
    told = f"owed {dollars(default['owed'])}, paid {dollars(default['paid'])}"
    losses = sorted((default.get("loss_by_holder") or {}).items(), key=lambda one: -one[1])
    named = [f"{cast.name(holder)} {dollars(loss)}" for holder, loss in losses[:NAMED_HOLDERS]]
    if len(losses) > NAMED_HOLDERS:
        named.append(f"others {dollars(sum(loss for _, loss in losses[NAMED_HOLDERS:]))}")
    if named:
        told += f"; lost by {listed(named)}"
    carried = [cast.name(firm) for firm in default.get("travels") or ()]
    return f"{told}; the loss reaches {listed(carried)}, which fail too" if carried else told


def _defaults_table(document: Document, cast: Cast) -> Table:
    defaults = sorted(document["fragility"]["defaults"], key=lambda one: one["quarter"])
    rows = [
        (
            one["quarter"],
            one["name"],
            money(one["owed"]),
            money(one["paid"]),
            _losses(cast, one),
            one.get("cause") or UNKNOWN,
        )
        for one in defaults
    ]
    rows += [
        (UNKNOWN, row["name"], UNKNOWN, UNKNOWN, UNKNOWN, _course(document, row))
        for row in document["entities"]
        if _troubled(row) and not row.get("default_quarter")
    ]
    heads = ("Quarter", "Firm", ">Owed", ">Paid", "Lost by, USD bn", "What happened")
    return Table("Defaults and firms in trouble, USD bn", heads, tuple(rows))


def _losses(cast: Cast, default: Mapping[str, Any]) -> str:
    losses = sorted((default.get("loss_by_holder") or {}).items(), key=lambda one: -one[1])
    return ", ".join(f"{cast.name(holder)} {money(loss)}" for holder, loss in losses) or UNKNOWN


def _course(document: Document, row: Row) -> str:
    """Return a firm's states in order, each with the quarter in which it began."""
    told, before = [], "active"
    for quarter, state in zip(document["quarters"], row["status"], strict=True):
        if state and state != before:
            told.append(f"{words(state)} {quarter}")
            before = state
    return ", ".join(told)


def runways_figure(document: Document, cast: Cast) -> Figure | None:
    """Return how long each firm's cash lasts without new money; None when nobody burns cash."""
    runways: Mapping[str, float | None] = document["fragility"].get("runway_quarters") or {}
    burning = sorted((left, firm) for firm, left in runways.items() if left is not None)
    if not burning:
        return None
    longest = min(LONG_RUNWAY, burning[-1][0])
    earning = [cast.name(firm) for firm, left in runways.items() if left is None]
    shown = burning[:SHOWN_FIRMS]
    named = [f"{cast.name(firm)} {left:.1f}" for left, firm in shown[:5]]
    return Figure(
        "runways",
        "Runway without new money",
        "Quarters that today's cash lasts at today's pace of spending"
        + (f"; bars end at {LONG_RUNWAY:g}." if burning[-1][0] > LONG_RUNWAY else "."),
        f"Quarters of cash left: {listed(named)}.",
        Table(
            "Runway in quarters",
            ("Firm", ">Quarters"),
            tuple((cast.name(firm), f"{left:.1f}") for left, firm in burning)
            + tuple((name, "burns no cash") for name in earning),
        ),
        bars=tuple(
            Bar(cast.name(firm), bar([(min(left, longest), "plain", "")], longest), f"{left:.1f}")
            for left, firm in shown
        ),
        notes=(f"Burn no cash: {listed(earning)}.",) if earning else (),
    )


def maturities_figure(document: Document) -> Figure | None:
    """Return the debt that falls due by year; None without any."""
    due = [
        (f"{one['year']} and later" if one.get("and_later") else str(one["year"]), one["amount"])
        for one in sorted(document["fragility"]["maturities"], key=lambda one: one["year"])
    ]
    if not any(amount > 0 for _, amount in due):
        return None
    longest = max(amount for _, amount in due)
    year, most = max(due, key=lambda one: one[1])
    return Figure(
        "maturities",
        "Debt falling due",
        "Debt of the base quarter by the year in which it must be repaid, USD bn.",
        f"Debt falling due: {dollars(sum(amount for _, amount in due))} in all, most in {year}: "
        f"{dollars(most)}.",
        Table(
            "Debt falling due, USD bn",
            ("Year", ">USD bn"),
            tuple((year, money(amount)) for year, amount in due),
        ),
        bars=tuple(
            Bar(year, bar([(max(amount, 0.0), "plain", "")], longest), dollars(amount))
            for year, amount in due
        ),
    )


def commitments_figure(document: Document, cast: Cast) -> Figure | None:
    """Return what is promised and not yet paid, beside cash; None when nothing is."""
    promised = sorted(
        (document["fragility"].get("commitments") or {}).items(),
        key=lambda one: -one[1]["committed"],
    )
    if not promised:
        return None
    longest = promised[0][1]["committed"]
    base = document["quarters"][0]
    rows = [
        (cast.name(firm), money(one["committed"]), money(one["cash"]), _times(one["times_cash"]))
        for firm, one in promised
    ]
    return Figure(
        "commitments",
        "Promised and not yet paid",
        f"Signed commitments at the end of {base}, USD bn, and how many times the firm's cash.",
        f"Largest commitments, USD bn: {listed([f'{row[0]} {row[1]}' for row in rows[:5]])}.",
        Table("Commitments", ("Firm", ">Promised", ">Cash", ">Times cash"), tuple(rows)),
        bars=tuple(
            Bar(
                cast.name(firm),
                bar([(one["committed"], "plain", "")], longest),
                f"{dollars(one['committed'])}, {_times(one['times_cash'])}×",
            )
            for firm, one in promised[:SHOWN_FIRMS]
        ),
    )


def _times(ratio: float | None) -> str:
    return UNKNOWN if ratio is None else f"{ratio:.1f}"


def profit_figure(document: Document, cast: Cast) -> Figure | None:
    """Return who earns the chain's profit; None when nobody does."""
    fragility = document["fragility"]
    shares = sorted(fragility["profit_share"].items(), key=lambda one: (-one[1], one[0]))
    if not shares:
        return None
    herfindahl = fragility["profit_herfindahl"]
    notes = [_loss_making(fragility["loss_making_share"])]
    if herfindahl is not None:
        notes.append(f"Concentration (Herfindahl): {herfindahl:.2f}; 1 would be a single earner.")
    notes.append(_narrower(fragility.get("profit_share_ai") or {}, cast, business(document)))
    longest = max(share for _, share in shares)
    return Figure(
        "profit",
        "Who earns the profit",
        f"Shares of the positive operating results in {document['quarters'][0]}.",
        "Shares of profit: "
        + listed([f"{cast.name(firm)} {percent(share)}" for firm, share in shares[:5]])
        + ".",
        Table(
            "Shares of profit",
            ("Firm", ">Share"),
            tuple((cast.name(firm), percent(share)) for firm, share in shares),
        ),
        bars=tuple(
            Bar(cast.name(firm), bar([(max(share, 0.0), "plain", "")], longest), percent(share))
            for firm, share in shares[:SHOWN_PROFITS]
        ),
        notes=tuple(note for note in notes if note),
    )


def _narrower(shares: Mapping[str, float], cast: Cast, part: str) -> str:
    """Return who earns the profit of a part of business, in a sentence; empty if not told."""
    largest = sorted(shares.items(), key=lambda one: (-one[1], one[0]))[:3]
    named = [f"{cast.name(firm)} {percent(share)}" for firm, share in largest]
    return f"Of the profit from {part} alone: {listed(named)}." if named else ""


def _loss_making(shares: Mapping[str, float | None]) -> str:
    names = {"firms": "of firms", "revenue": "of sales", "users_spending": "of users' spending"}
    told = [f"{percent(shares[key])} {of}" for key, of in names.items() if shares[key] is not None]
    return f"At firms that lose money: {listed(told)}." if told else ""
