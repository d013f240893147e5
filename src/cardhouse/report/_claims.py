"""The claims with their verdicts, and the figures that cannot all be true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from cardhouse.report._cast import Document
from cardhouse.report._figures import Table
from cardhouse.report._sources import Sources, outward
from cardhouse.report.intervals import often, probability
from cardhouse.report.wording import money, percent, sentence_case, value_of, words

VERDICTS = {
    "holds": ("●", "Holds"),
    "in_part": ("◐", "Holds in part"),
    "does_not_hold": ("○", "Does not hold"),
    "undetermined": ("?", "Undetermined"),
}
SHOWN_CONFLICTS = 20
FAR = 2.0  # standard deviations from which a move is called a conflict


@dataclass(frozen=True)
class Claim:
    """A claim as it is shown: verdict with its sign, probability, figures, evidence both ways.

    ``by_definition`` holds sign, words and id of the verdict, and the definition with how often it
    holds, where several were asked. ``pairs`` holds figures taken then and now, side by side.
    """

    id: str
    claim: str
    definition: str
    verdict: str
    sign: str
    told: str
    probability: str
    by_definition: tuple[tuple[str, str, str, str], ...]
    pairs: Table | None
    figures: tuple[tuple[str, str, Markup], ...]
    evidence_for: tuple[str, ...]
    evidence_against: tuple[str, ...]
    facts: Markup


def claims(document: Document, sources: Sources) -> list[Claim]:
    """Return the claims in the document's order, their facts cited."""
    return [_claim(claim, sources) for claim in document["claims"]]


def _claim(claim: Mapping[str, Any], sources: Sources) -> Claim:
    sign, told = VERDICTS[claim["verdict"]]
    paired = _paired(claim["figures"])
    figures = [
        (sentence_case(_dated(one)), _value(one), sources.cite(one.get("facts") or ()))
        for one in claim["figures"]
        if not any(one is side for pair in paired.values() for side in pair)
    ]
    cited = {fact for one in claim["figures"] for fact in one.get("facts") or ()}
    return Claim(
        claim["id"],
        claim["claim"],
        claim.get("definition") or "",
        claim["verdict"],
        sign,
        told,
        probability(claim),
        tuple(
            (*VERDICTS[one["verdict"]], one["verdict"], one["definition"] + often(one))
            for one in claim.get("by_definition") or ()
        ),
        _pairs_table(claim["claim"], paired, sources),
        tuple(figures),
        tuple(map(sentence_case, claim["for"])),
        tuple(map(sentence_case, claim["against"])),
        sources.cite(fact for fact in claim["facts"] if fact not in cited),
    )


THEN, NOW = ", then", ", now"  # how the names of paired figures end


def _paired(figures: list[Mapping[str, Any]]) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """Return the figures that stand in pairs, then and now, by their common name."""
    by_name = {one["name"]: one for one in figures}
    names = [name.removesuffix(THEN) for name in by_name if name.endswith(THEN)]
    return {
        name: (by_name[name + THEN], by_name[name + NOW]) for name in names if name + NOW in by_name
    }


def _pairs_table(
    claim: str, paired: Mapping[str, tuple[Mapping[str, Any], ...]], sources: Sources
) -> Table | None:
    if not paired:
        return None
    rows = [
        (sentence_case(name), *(_sourced(one, sources) for one in pair))
        for name, pair in paired.items()
    ]
    return Table(f"Then and now: {claim}", ("Figure", ">Then", ">Now"), tuple(rows))


def _sourced(figure: Mapping[str, Any], sources: Sources) -> Markup:
    """Return a figure's value with its date and sources."""
    when = f" ({figure['when']})" if figure.get("when") else ""
    return Markup("{}{} {}").format(_value(figure), when, sources.cite(figure.get("facts") or ()))


def _value(figure: Mapping[str, Any]) -> str:
    unit = figure.get("unit") or ""
    return value_of(figure["value"], "" if unit == "ratio" else unit)


def _dated(figure: Mapping[str, Any]) -> str:
    """Return the name of a figure with its date, where it has one."""
    when, name = figure.get("when"), words(figure["name"])
    return f"{name} ({when})" if when and f", {when}" not in name else name


def conflicts_table(document: Document, sources: Sources) -> Table:
    """Return the facts that balancing moved farthest, in standard deviations."""
    moves = sorted(document["accounts"]["moves"], key=lambda move: -abs(move["in_sd"]))
    rows = [
        (
            move["what"],
            money(move["observed"]),
            money(move["balanced"]),
            _moved(move["in_sd"]),
            _source(move, sources),
        )
        for move in moves[:SHOWN_CONFLICTS]
    ]
    heads = ("What", ">Published", ">In the accounts", ">Moved, standard deviations", "Source")
    return Table("Published figures and where the balanced accounts put them", heads, tuple(rows))


def _moved(in_sd: float) -> Markup:
    told = f"{in_sd:+.1f}"
    return Markup("<strong>{}</strong>").format(told) if abs(in_sd) >= FAR else escape(told)


def _source(move: Mapping[str, Any], sources: Sources) -> Markup:
    told = outward(str(move.get("source") or f"fact {move['fact']}"), move.get("url"))
    cited = sources.cite([move["fact"]]) if move["fact"] in sources.facts else Markup("")
    return told + Markup(" ") + cited if cited else told


def conflicts_sentence(document: Document) -> str:
    """Return how far the facts are from agreeing, in one sentence."""
    accounts = document["accounts"]
    far = sum(abs(move["in_sd"]) >= FAR for move in accounts["moves"])
    estimated = percent(accounts["estimated_share_of_flows"])
    return (
        f"Sources contradict each other. The accounts are the closest set of numbers that adds up; "
        f"{far or 'none'} of {len(accounts['moves'])} figures had to move by more than "
        f"{FAR:g} standard deviations. {estimated} of the money in the accounts rests on no "
        "figure of its own and is estimated."
    )
