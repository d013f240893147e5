"""Facts as tables for the terminal and as rows of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cardhouse.cli.tables import table
from cardhouse.facts import Comparison, Entity, Fact, load_dictionaries, load_reasons
from cardhouse.report.wording import counted
from cardhouse.studies.fact_documents import corrections_of

WIDE = 110
"""Columns of a terminal from which a list has room for sources."""
WIDEST_LIST = 160
_LENGTHS = ((1, 1, "day"), (27, 32, "month"), (80, 100, "quarter"), (175, 190, "half"))
_YEAR = (350, 380)


def fact_list(found: Sequence[Fact], limit: int, width: int = 80) -> list[RenderableType]:
    """Return the first facts of a list, a row each, and how many there are.

    ``width`` is that of the terminal: a wide one has room for the sources.
    """
    heads = ["id", "entity", "metric", "over", ">to", ">value", "unit", "grade"]
    rows = table(*heads, *(["source"] if width >= WIDE else []))
    for column in rows.columns[len(heads) :]:
        column.no_wrap, column.overflow = True, "ellipsis"
    for fact in found[:limit]:
        when = (_length(fact), fact.period_end.isoformat())
        words = (fact.id, fact.entity, _about(fact), *when, _amount(fact), fact.unit, fact.grade)
        shown = (*words, fact.source) if width >= WIDE else words
        rows.add_row(*map(Text, shown))
    left = len(found) - limit
    more = (
        f"{left:,} more: --limit N, --json."
        if left > 0
        else f"{counted(len(found), 'fact', 'facts')}."
    )
    return [rows, Text(more, "dim")]


def _length(fact: Fact) -> str:
    """Return how long a fact's period is, in a word where there is one.

    A fiscal quarter of thirteen weeks is a quarter, and a fiscal year of 52 or 53 weeks a year.
    """
    days = (fact.period_end - fact.period_start).days + 1
    for least, most, word in _LENGTHS:
        if least <= days <= most:
            return word
    if _YEAR[0] <= days <= _YEAR[1]:
        return "year"
    return f"{days:,} days"


def fact_card(fact: Fact, own: Sequence[Entity] = ()) -> list[RenderableType]:
    """Return a fact's passport: every cell, and what its metric and entity mean.

    ``own`` are entities of an economy, beside the dictionary's.
    """
    words = load_dictionaries().with_entities(own)
    metric, entity = words.metrics[fact.metric], words.entities[fact.entity]
    rows = table("", "")
    rows.show_header = False
    line = metric.line if not metric.perimeter else f"{metric.line} ({metric.perimeter})"
    told = {
        **fact.cells(),
        "grade": fact.grade_in_words,
        "means": metric.meaning,
        "line": line,
        "about": entity.note,
    }
    for name, cell in _with_names(told, entity.name).items():
        if cell:
            rows.add_row(Text(name, "dim"), Text(cell))
    return [rows]


def fact_reasons(
    fact: Fact,
    reasons: Mapping[str, Sequence[Fact]],
    uses: Sequence[Mapping[str, str]],
    weight: str,
) -> list[RenderableType]:
    """Return what follows a fact's passport: one paragraph for each kind of reason."""
    why = load_reasons()
    told = {
        "Corrected": [
            f"{one['column']} '{one['published']}' to '{one['corrected']}': {one['reason']}"
            for one in corrections_of(fact)
        ],
        "In the place of": [f"{_short(one)}, {one.source}" for one in reasons.get("replaces", ())],
        "Counts as": [f"{_short(one)}: {why[fact.id]}" for one in reasons["counts_as"]],
        "Counts for": [f"{_short(one)}: {why[one.id]}" for one in reasons["duplicates"]],
        "Others say": [f"{_short(one)}, {one.source}" for one in reasons["others"]],
        "Picked by": [
            f"{use['economy']}/{use['table']} {use['row']}: {use['tells']}" for use in uses
        ]
        or ["no row of a shipped economy"],
        "Weight": [weight],
    }
    parts: list[RenderableType] = []
    for heading, sentences in told.items():
        if sentences:
            parts += [Text(), Text(heading, "bold"), *(Text(f"  {one}") for one in sentences)]
    return parts


def fact_changes(found: Comparison, limit: int) -> list[RenderableType]:
    """Return the first differences between two sets of facts, and how many there are."""
    rows = table("", "id", "entity", "metric", ">to", ">value", "")
    for mark, fact, what in _marked(found)[:limit]:
        words = (mark, fact.id, fact.entity, _about(fact), fact.period_end.isoformat())
        rows.add_row(*(Text(word) for word in (*words, _amount(fact), what)))
    counts = f"{len(found.added):,} added, {len(found.dropped):,} dropped"
    left = len(found) - limit
    more = f" {left:,} more: --limit N, --json." if left > 0 else ""
    return [rows, Text(f"{counts}, {len(found.changed):,} changed.{more}", "dim")]


def _marked(found: Comparison) -> list[tuple[str, Fact, str]]:
    """Return every difference with its sign: + added, - dropped, ~ changed in some columns."""
    return [
        *(("~", one.after, ", ".join(one.columns)) for one in found.changed),
        *(("-", fact, "") for fact in found.dropped),
        *(("+", fact, "") for fact in found.added),
    ]


def _short(fact: Fact) -> str:
    return f"{fact.id} {fact.entity} {_about(fact)} {_amount(fact)} {fact.unit} {fact.grade}"


def _about(fact: Fact) -> str:
    return " ".join([fact.metric, *filter(None, (fact.item, _towards(fact)))])


def _towards(fact: Fact) -> str:
    return f"-> {fact.counterparty}" if fact.counterparty else ""


def _amount(fact: Fact) -> str:
    return f"{fact.value:,.6g}" if isinstance(fact.value, float) else fact.value.isoformat()


def _with_names(cells: Mapping[str, str], name: str) -> dict[str, str]:
    return {**cells, "entity": f"{cells['entity']} ({name})"}


SHOWN_TERMS = 12
SHOWN_FACTS = 10
SHOWN_IDS = 3


def figure_card(found: Mapping[str, Any]) -> list[RenderableType]:
    """Return a balanced figure: value, formula, and the facts that move it."""
    value, sd = found["value"], found["sd"]
    heading = (
        f"{found['figure']} in {found['base_quarter']}: {value:,.3f} USD bn, sd {sd:,.3f}"
        f" ({found['economy']}, known on {found['as_of']})"
    )
    terms = table("is the sum of", ">factor", ">USD bn", ">sd", "")
    for term in found["terms"][:SHOWN_TERMS]:
        mark = "estimated" if term["estimated"] else ""
        numbers = (f"{term['factor']:+g}", f"{term['value']:,.3f}", f"{term['sd']:,.3f}")
        terms.add_row(Text(term["unknown"]), *numbers, mark)
    left = len(found["terms"]) - SHOWN_TERMS
    rows = table("fact", "what it says", ">moves the figure by")
    for fact in found["facts"][:SHOWN_FACTS]:
        rows.add_row(Text(fact["fact"]), Text(fact["what"]), f"{fact['moves']:+,.3f}")
    parts: list[RenderableType] = [Text(heading, "bold"), terms]
    parts += [Text(f"and {left} smaller ones", "dim")] if left > 0 else []
    if not found["facts"]:
        return [*parts, Text("No fact moves it: it stands at its prior.", "dim")]
    note = "A fact's move is the figure with all facts, less the figure without this one."
    return [*parts, Text(), rows, Text(note, "dim")]


def answer_card(found: Mapping[str, Any]) -> list[RenderableType]:
    """Return a number of a run: value, formula, and what enters it."""
    heading = (
        f"{found['answer']}: {_first_and_last(found['value'])} {found['unit']}"
        f" ({found['economy']}, {found['base_quarter']}, {found['scenario']},"
        f" known on {found['as_of']})"
    )
    parts: list[RenderableType] = [Text(heading, "bold"), Text(f"is {found['formula']}")]
    if found["inputs"]:
        rows = table("from", ">value")
        for one in found["inputs"]:
            rows.add_row(Text(one["input"]), _input(one))
            for row in one.get("largest", ()):
                rows.add_row(Text(f"  {row['key']}"), _first_and_last(row["value"]))
        hint = "Ask each again with `cardhouse facts why KEY`, down to payments and their facts."
        parts += [Text(), rows, Text(hint, "dim")]
    if found["facts"]:
        parts += [Text(), Text(f"Facts: {', '.join(found['facts'])}")]
    return [*parts, *_payments(found["payments"], found["base_quarter"])]


def _payments(payments: Sequence[Mapping[str, Any]], quarter: str) -> list[RenderableType]:
    """Return the largest payments behind a number, each with a few of its facts."""
    if not payments:
        return []
    rows = table(f"largest payments behind it, {quarter}", ">USD bn", "facts")
    for one in payments:
        few, more = one["facts"][:SHOWN_IDS], len(one["facts"]) - SHOWN_IDS
        told = f"{', '.join(few)}{f' and {more} more' if more > 0 else ''}"
        name = one["payment"].removeprefix("flows.").replace(">", " > ")
        rows.add_row(Text(name), f"{one['usd_bn']:.3g}", Text(told))
    note = "See one: cardhouse facts show ID; what moves a figure: facts why openai.revenue."
    return [Text(), rows, Text(note, "dim")]


def _input(one: Mapping[str, Any]) -> str:
    if one["rows"]:
        return f"{one['rows']:,} rows"
    in_accounts = not one["input"].replace(".", "").replace("_", "").isalnum()
    return _first_and_last(one["value"], missing="in the accounts" if in_accounts else "none")


def _first_and_last(value: Any, missing: str = "none") -> str:
    """Return a number, or a series by its first and last quarter."""
    if isinstance(value, list):
        ends = [value[0], value[-1]] if len(value) > 1 else value
        return " to ".join(_first_and_last(one) for one in ends)
    return missing if value is None else f"{value:,.4g}"


def headline_moves(news: Mapping[str, Any]) -> list[RenderableType]:
    """Return what new facts move in the headline figures; nothing where there is no news."""
    if not news:
        return []
    rows = table("headline", ">then", ">now", ">moved")
    for row in news["figures"]:
        then, now = row["before"], row["after"]
        rows.add_row(Text(row["figure"]), _plain(then), _plain(now), _moved(then, now))
    heading = f"What they move in the figures of {news['base_quarter']} ({news['economy']})"
    return [Text(), Text(heading, "bold"), rows]


def _moved(then: float | None, now: float | None) -> str:
    """Return a difference in three decimals, and one that is nothing in them as 0."""
    if then is None or now is None:
        return ""
    told = f"{now - then:+,.3f}"
    return told if told.strip("+-0.") else "0"


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3f}"
