"""What a tired analyst reads in twenty seconds: a run on one screen of 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cardhouse.analysis.claims import PROFIT_OF
from cardhouse.report import intervals
from cardhouse.report._cast import Cast
from cardhouse.report._headline import NETTED, NO_OWN_USE, ON_ONE_PATH, has_own_use
from cardhouse.report._payer_groups import (
    UNKNOWN_BUYERS,
    USERS,
    source_group,
    users_told,
    users_words,
)
from cardhouse.report.intervals import bracketed, hundredths
from cardhouse.report.wording import business, cents, listed, money, sentence_case, words
from cardhouse.studies.extracts import last_seller

Document = Mapping[str, Any]

SHOWN_SOURCES = 5
SHOWN_DEFAULTS = 6
SHOWN_HOLDERS = 4
SHOWN_CLAIMS = 4
SMALLEST_LOSS = 0.005
"""Loss in USD bn below which a holder is not told."""
SMALLEST_MOVE = 0.005
SHOWN_MOVERS = 3
SHOWN_OWN = 5
SMALLEST_PROMISE = 0.05
PURCHASES = ("sale", "input", "program", "capex")
FINANCING = ("equity", "guarantee", "credit_line", "buy_back")
SOURCES = {
    "not_in_cash": "wear and pay in shares (no cash)",
    "cash": "their own cash",
    "other_business": "their other business",
    "unpaid_bills": "bills left unpaid",
}
"""How sources of the ledger that are nobody else's money are called in a sentence."""
VERDICTS = {
    "holds": ("holds", "hold"),
    "in_part": ("holds in part", "hold in part"),
    "does_not_hold": ("does not hold", "do not hold"),
    "undetermined": ("stays undetermined", "stay undetermined"),
}


def summary(document: Document, folder: Path | None = None) -> list[RenderableType]:
    """Return a run's summary as renderables, top line first.

    Parameters
    ----------
    document
        The result document (``cardhouse/run/1``).
    folder
        Where the report was written; none: not said.
    """
    parts: list[RenderableType] = [Text(headline(document), "bold")]
    told = (movers_sentence(document), caution_sentence(document), idle_sentence(document))
    parts += [Text(one) for one in told if one]
    parts += [Text(), Text(users_sentence(document))]
    paid = payers_sentence(document)
    if paid:
        parts.append(Text(paid))
    parts += [Text(one) for one in (subsidy_sentence(document), profit_sentence(document)) if one]
    parts += [Text(), _tier_table(document), Text()]
    parts.append(Text(defaults_sentence(document)))
    lost = losses_sentence(document)
    if lost:
        parts.append(Text(lost))
    if document["claims"]:
        parts.append(Text(claims_sentence(document)))
    own = own_facts_sentence(document)
    if own:
        parts.append(Text(own))
    parts.append(Text(_how_sure(document)))
    if folder is not None:
        parts.append(Text(f"Report, tables and manifest: {folder / 'report.html'}"))
    parts.append(Text(_conditions(document), "dim"))
    return parts


def headline(document: Document) -> str:
    """Return one sentence: the scenario, and what becomes of the chain's last seller."""
    manifest = document["manifest"]
    title = manifest["scenario_title"]
    seller = last_seller(document)
    first, last = document["quarters"][0], document["quarters"][-1]
    if seller is None:
        return f"{title}: {first} to {last}."
    changes = _against(document, seller)
    if changes is None:
        start, end = seller["revenue"][0], seller["revenue"][-1]
        return (
            f"{title}: {seller['name']} sells ${money(start)} bn in {first} "
            f"and ${money(end)} bn in {last}; {_count_defaults(document)}."
        )
    where = f"{seller['name']}'s sales are {_course(changes, document['quarters'])}"
    return f"{title}: {where}; {_count_defaults(document)}."


def caution_sentence(document: Document) -> str:
    """Return the sentence that everything shown of an economy repeats; empty where it has none."""
    return str(document["manifest"].get("caution") or "")


def idle_sentence(document: Document) -> str:
    """Return what of a scenario has no effect in this economy; empty where all of it has some.

    Levers that find nothing to move are named; a run that is its baseline in every figure says so.
    """
    manifest, baseline = document["manifest"], document.get("baseline") or {}
    idle = list(manifest.get("idle_levers") or ())
    found = f"{'finds' if len(idle) == 1 else 'find'} nothing to move"
    if baseline and document["entities"] == baseline.get("entities"):
        why = f": {listed(idle)} {found}" if idle else ""
        return (
            f"This scenario changes nothing in economy '{manifest['economy']}'{why}. Every figure "
            "is the baseline's."
        )
    return (
        f"Without effect in economy '{manifest['economy']}': {listed(idle)} {found}."
        if idle
        else ""
    )


def movers_sentence(document: Document) -> str:
    """Return who buys more and less of the last seller over the run than in the baseline."""
    seller, baseline = last_seller(document), document.get("baseline") or {}
    if seller is None or not baseline.get("flows") or not document.get("flows"):
        return ""
    own, usual = (_bought_of(seller["id"], one["flows"]) for one in (document, baseline))
    changes = {payer: own[payer] - usual[payer] for payer in {*own, *usual}}
    largest = sorted(changes.items(), key=lambda one: (-abs(one[1]), one[0]))[:SHOWN_MOVERS]
    least = SMALLEST_MOVE * sum(usual.values())
    names = {one["id"]: one["name"] for one in document["entities"]}
    told = [
        f"{names.get(payer, words(payer))} {_signed(change)}"
        for payer, change in largest
        if abs(change) >= least
    ]
    if not told:
        return ""
    last = document["quarters"][-1]
    return f"What its buyers pay it until {last}, against the baseline, USD bn: {', '.join(told)}."


def _bought_of(seller: str, flows: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Return what each payer paid for what a seller makes, all quarters of the run together."""
    paid: Counter[str] = Counter()
    for flow in flows:
        if flow["payee"] == seller and flow["kind"] in PURCHASES:
            paid[flow["payer"]] += sum(flow["amount"][1:])
    return paid


def _signed(amount: float) -> str:
    return f"{'+' if amount > 0 else '-'}{money(abs(amount))}"


def _course(changes: list[float], quarters: list[str]) -> str:
    """Return how far a figure goes from the baseline at most, and where it ends."""
    widest = max(range(len(changes)), key=lambda at: abs(changes[at]))
    if abs(changes[widest]) < SMALLEST_MOVE:
        return f"as in the baseline until {quarters[-1]}"
    end = f"{_beside(changes[-1])} in {quarters[-1]}"
    if widest == len(changes) - 1:
        return end
    return f"at most {_beside(changes[widest])} ({quarters[widest]}), {end}"


def _beside(change: float) -> str:
    if abs(change) < SMALLEST_MOVE:
        return "as in the baseline"
    return f"{abs(change):.0%} {'below' if change < 0 else 'above'} the baseline"


def _count_defaults(document: Document) -> str:
    """Return how many firms fail, each once, and how many members of populations."""
    failed = len({one["entity"] for one in document["fragility"]["defaults"]})
    told = {0: "no firm fails", 1: "one firm fails"}.get(failed, f"{failed} firms fail")
    small = [
        f"of {one['members']} {one['name'][:1].lower()}{one['name'][1:]} {sum(one['defaults'])} do"
        for one in document["entities"]
        if sum(one.get("defaults") or [])
    ]
    return "; ".join([f"{ON_ONE_PATH} {told}", *small])


def _against(document: Document, entity: Mapping[str, Any]) -> list[float] | None:
    """Return an entity's revenue against the baseline by quarter; None without one."""
    rows = (document.get("baseline") or {}).get("entities", [])
    other = next((one for one in rows if one["id"] == entity["id"]), None)
    if other is None or not all(other["revenue"]):
        return None
    pairs = zip(entity["revenue"], other["revenue"], strict=True)
    return [float(own / usual - 1.0) for own, usual in pairs]


def users_sentence(document: Document) -> str:
    """Return what users pay of each dollar that their use costs, at both ends of the run."""
    pays = document["ledger"]["users_pay_per_dollar_of_cost"]
    beside = [f"{cents(pays['without_programs'])} without training and research"]
    beside[0] += _span(document, "without_programs", ", {}")
    if pays.get("cash") is not None:
        beside.append(f"{cents(pays['cash'])} counted in cash{_span(document, 'cash', ', {}')}")
    if has_own_use(document["ledger"]):
        span = _span(document, "sold_use", ", {}")
        beside.append(f"{cents(pays['sold_use'])} {NO_OWN_USE}{span}")
    apart = "; " if intervals.is_drawn(document) else ", "
    return (
        f"In {document['quarters'][0]} users pay {cents(pays['with_programs'])}"
        f"{_span(document, 'with_programs', ' ({})')} of each dollar the chain costs "
        f"({apart.join(beside)}){_users_at_the_end(document)}."
    )


def _users_at_the_end(document: Document) -> str:
    """Return what users pay of a dollar of cost in the last quarter, beside the baseline's."""
    name, measure = "users_pay_per_dollar_of_cost", "with_programs"
    by_quarter = (document.get("ledger_by_quarter") or {}).get(name, {}).get(measure)
    if not by_quarter or by_quarter[-1] is None:
        return ""
    usual = ((document.get("baseline") or {}).get(name) or {}).get(measure) or [None]
    beside = f", in the baseline {cents(usual[-1])}" if usual[-1] is not None else ""
    return f"; in {document['quarters'][-1]} {cents(by_quarter[-1])}{beside}"


def _span(document: Document, measure: str, form: str) -> str:
    """Return the interval of what users pay by one measure of cost; nothing without draws."""
    span = hundredths(document, f"ledger.users_pay_per_dollar_of_cost.{measure}")
    return form.format(span) if span else ""


def payers_sentence(document: Document) -> str:
    """Return who ultimately pays the chain's last seller; empty when it is not traced."""
    seller = last_seller(document)
    shares = document["trace"].get(seller["id"], {}) if seller else {}
    if not shares or seller is None:
        return ""
    largest = sorted(shares.items(), key=lambda item: -item[1])
    shown = [item for item in largest[:SHOWN_SOURCES] if item[1] >= SMALLEST_MOVE]
    cast = Cast(document)
    told = [
        f"{cast.rows[source]['name'] if source in cast.rows else words(source)} {share:.0%}"
        + bracketed(hundredths(document, f"trace.{seller['id']}.{source}"))
        + (OF_UNKNOWN if source_group(cast, source) == UNKNOWN_BUYERS else "")
        for source, share in shown
    ]
    rest = 1.0 - sum(share for _, share in shown)
    if rest >= SMALLEST_MOVE:
        told.append(f"others {rest:.0%}")
    own = (document.get("trace_round_trip_usd_bn") or {}).get(seller["id"]) or 0.0
    back = f" Of it ${money(own)} bn was its own money come back." if own >= SMALLEST_LOSS else ""
    base = document["quarters"][0]
    users = _users_part(document, cast, shares)
    return f"Who ultimately pays {seller['name']} in {base}: {', '.join(told)}.{users}{back}"


OF_UNKNOWN = " (their own money unknown)"


def _users_part(document: Document, cast: Cast, shares: Mapping[str, float]) -> str:
    """Return what users of the business pay of the seller's sales, as a sentence of its own."""
    users = [
        (cast.name(source), share)
        for source, share in shares.items()
        if source_group(cast, source) == USERS and share > 0
    ]
    users.sort(key=lambda one: (-one[1], one[0]))
    told = users_told(f"{users_words(document)} pay", users)
    return f" {sentence_case(told)}." if users else ""


def subsidy_sentence(document: Document) -> str:
    """Return what customers do not pay in the base quarter, and who does; empty for nothing."""
    ledger = document["ledger"]
    whole = ledger.get("subsidy_usd_bn") or 0.0
    if whole < SMALLEST_LOSS:
        return ""
    names = {one["id"]: one["name"] for one in document["entities"]}
    largest = sorted(ledger["subsidy_by_source"].items(), key=lambda item: -item[1])
    shown = [one for one in largest[:SHOWN_HOLDERS] if one[1] / whole >= SMALLEST_MOVE]
    told = [
        f"{SOURCES.get(source) or names.get(source, words(source))} {amount / whole:.0%}"
        for source, amount in shown
    ]
    rest = 100 - sum(round(100 * amount / whole) for _, amount in shown)
    if rest > 0:  # what is left of the rounded shares, so that what is listed adds up
        told.append(f"others {rest}%")
    base = document["quarters"][0]
    return (
        f"Customers do not pay ${money(whole)} bn of the cost in {base}; it falls on "
        f"{', '.join(told)}.{_own_use_sentence(document)}"
    )


def _own_use_sentence(document: Document) -> str:
    """Return why this is not what users fall short of the chain's cost; empty without own use."""
    ledger = document["ledger"]
    left, paid = ledger.get("subsidy_sold_use_usd_bn"), ledger.get("users_receipts_usd_bn")
    if left is None or paid is None or not has_own_use(ledger):
        return ""
    short = ledger["use_cost_usd_bn"]["with_programs"] - paid
    return (
        f" It is ${money(left)} bn {NO_OWN_USE}. It is not the ${money(short)} bn by which users "
        f"fall short of the chain's cost, since it is {NETTED}."
    )


def profit_sentence(document: Document) -> str:
    """Return who takes the profit of the business and how much of it loses money."""
    fragility = document["fragility"]
    shares = fragility.get("profit_share_ai") or {}
    losing = fragility.get("loss_making_share_ai") or {}
    if not shares or losing.get("firms") is None:
        return ""
    first = max(shares, key=lambda name: shares[name])
    names = {one["id"]: one["name"] for one in document["entities"]}
    return (
        f"{names.get(first, words(first))} takes {shares[first]:.0%} of the operating profit of "
        f"{business(document)} in {document['quarters'][0]}"
        f"{_by_perimeter(document, names.get(first, first))}; {losing['firms']:.0%} of the firms "
        f"in it lose money on it, with {losing['revenue']:.0%} of its sales."
    )


def _by_perimeter(document: Document, name: str) -> str:
    """Return the range of a firm's share of profit over the perimeters that claims judge it by."""
    found = [
        figure["value"]
        for claim in document["claims"]
        for figure in claim.get("figures", ())
        if figure["name"].startswith(f"{PROFIT_OF}{name}, ")
    ]
    if len(found) < 2:
        return ""
    return f" (by perimeter {min(found):.0%} to {max(found):.0%}: claim chips take profit)"


def _tier_table(document: Document) -> Table:
    """Return the layers in the base quarter, and their revenue in the last."""
    last = document["quarters"][-1]
    made = Table(box=None, pad_edge=False)
    made.add_column(f"{document['quarters'][0]}, USD bn")
    for name in ("revenue", "full cost", "op. result", "capex", "raised", f"revenue {last}"):
        made.add_column(name, justify="right", no_wrap=True)
    series = ("revenue", "full_cost", "operating_result", "capex", "raised")
    for tier in document["tiers"]:
        if not any(tier["revenue"]):
            continue
        base = [money(tier[name][0]) for name in series]
        made.add_row(Text(tier["tier"]), *base, money(tier["revenue"][-1]))
    return made


def defaults_sentence(document: Document) -> str:
    """Return the first defaults in order, with their quarters."""
    order = {quarter: row for row, quarter in enumerate(document["quarters"])}
    failed = sorted(document["fragility"]["defaults"], key=lambda one: order[one["quarter"]])
    if not failed:
        return f"Defaults {ON_ONE_PATH} until {document['quarters'][-1]}: none. {HOW_LIKELY}"
    told = [_default_words(one) for one in failed[:SHOWN_DEFAULTS]]
    more = len(failed) - len(told)
    beyond = f" and {more} more" if more else ""
    return f"First defaults {ON_ONE_PATH}: {', '.join(told)}{beyond}. {HOW_LIKELY}"


HOW_LIKELY = "How likely failures are: cardhouse ensemble."


def nobody_fails(document: Document) -> str:
    """Return what is said in place of a picture of failures where there are none."""
    last = document["quarters"][-1]
    return f"No firm fails or comes under stress {ON_ONE_PATH} until {last}. {HOW_LIKELY}"


def _default_words(default: Mapping[str, Any]) -> str:
    """Return who fails when, and whether it lives on."""
    lives_on = " (restructured)" if default.get("outcome") == "restructured" else ""
    return f"{default['name']} {default['quarter']}{lives_on}"


def losses_sentence(document: Document) -> str:
    """Return who loses by the defaults and who fell after them; empty without defaults."""
    failed = document["fragility"]["defaults"]
    if not failed:
        return ""
    names = {one["id"]: one["name"] for one in document["entities"]}
    lost: Counter[str] = Counter()
    for one in failed:
        lost.update(one.get("loss_by_holder") or {})
    told = [
        f"{names.get(holder, words(holder))} ${money(amount)} bn"
        for holder, amount in lost.most_common(SHOWN_HOLDERS)
        if amount >= SMALLEST_LOSS
    ]
    promised = promises_sentence(document)
    if not told:
        paid = "Their creditors were paid out of what they had; owners bear the loss."
        return f"{paid} {promised}".rstrip()
    fell = sum(bool(one.get("travels")) for one in failed)
    after = f" {fell} pulled others down." if fell else " Nobody falls after them."
    return f"Lost by {', '.join(told)}.{after} {promised}".rstrip()


def promises_sentence(document: Document) -> str:
    """Return what firms that are gone had promised to buy after the base quarter, and of whom."""
    survived = ("restructured", "rescued")
    gone = {
        one["entity"]
        for one in document["fragility"]["defaults"]
        if one.get("outcome") not in survived
    }
    owed: Counter[str] = Counter()
    for one in (document.get("committed") or {}).get("promises", ()):
        if one["payer"] in gone and one["strength"] == "firm" and one["kind"] not in FINANCING:
            owed[one["payee"]] += one["promised"]
    if sum(owed.values()) < SMALLEST_PROMISE:
        return ""
    names = {one["id"]: one["name"] for one in document["entities"]}
    told = [
        f"{names.get(payee, words(payee))} ${money(amount)} bn"
        for payee, amount in owed.most_common(SHOWN_HOLDERS)
    ]
    return (
        f"Those gone had promised, at {document['quarters'][0]}, ${money(sum(owed.values()))} bn "
        f"of purchases: from {listed(told)}."
    )


def claims_sentence(document: Document) -> str:
    """Return how many sentences of the thesis hold."""
    counts = Counter(claim["verdict"] for claim in document["claims"])
    told = [
        f"{counts[verdict]} {one if counts[verdict] == 1 else many}{_which(document, verdict)}"
        for verdict, (one, many) in VERDICTS.items()
        if counts[verdict]
    ]
    return (
        f"Of {len(document['claims'])} claims of the thesis {', '.join(told) or 'none is judged'}."
    )


def own_facts_sentence(document: Document) -> str:
    """Return what the accounts made of a person's own facts; empty where there are none."""
    found = (document.get("accounts") or {}).get("own_facts") or []
    used = sorted((one for one in found if one["is_used"]), key=lambda one: -abs(one["in_sd"]))
    told = [
        f"{one['what']} {one['observed']:,.4g}, in the accounts {one['balanced']:,.4g} "
        f"({one['in_sd']:+.1f} sd)"
        for one in used[:SHOWN_OWN]
    ]
    if len(used) > SHOWN_OWN:
        told.append(f"{len(used) - SHOWN_OWN} more: cardhouse accounts")
    idle = len(found) - len(used)
    if idle:
        told.append(f"{idle} of {len(found)} the accounts do not ask for")
    return f"Your figures: {'; '.join(told)}." if told else ""


def _which(document: Document, verdict: str) -> str:
    """Return the claims of a verdict in brackets, as long as they are few."""
    found = [words(claim["id"]) for claim in document["claims"] if claim["verdict"] == verdict]
    few = len(found) <= SHOWN_CLAIMS and len(found) < len(document["claims"])
    return f" ({', '.join(found)})" if few else ""


def _how_sure(document: Document) -> str:
    """Return how sure claims and figures are, or how to learn it."""
    if not intervals.is_drawn(document):
        return intervals.HOW_TO_GET_THEM
    told = (intervals.claims_sentence(document), intervals.stands_on(document))
    return " ".join(one for one in told if one)


def _conditions(document: Document) -> str:
    manifest = document["manifest"]
    return (
        f"Facts {manifest['facts_version']} known on {manifest['as_of']}; a conditional "
        "calculation, not a forecast and not advice."
    )
