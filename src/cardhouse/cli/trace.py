"""Who ultimately pays, where dollars end, what runs round, what is promised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardhouse.cli import completion
from cardhouse.cli.guard import print_json, warn, working
from cardhouse.cli.options import (
    DEFAULT_ECONOMY,
    DEFAULT_QUARTERS,
    AsOf,
    Base,
    Economy,
    Facts,
    Json,
    Quarters,
    Question,
    Quiet,
    Scenarios,
    Settings,
)
from cardhouse.errors import InputError

if TYPE_CHECKING:
    from cardhouse.studies.run import StudyResult

PRO_RATA = "pro_rata"


@dataclass(frozen=True)
class Asked:
    """What is asked, as options: checked before anything is computed."""

    entity: str | None
    forward: bool
    quarter: str | None
    cumulated: bool
    purse: bool
    ai: bool
    rule: str
    loops: bool
    committed: bool

    @property
    def given(self) -> dict[str, bool]:
        """Return which options were given."""
        return {
            "--from": self.forward,
            "--quarter": self.quarter is not None,
            "--cumulated": self.cumulated,
            "--purse": self.purse,
            "--ai": self.ai,
            "--rule": self.rule != PRO_RATA,
            "--loops": self.loops,
            "--committed": self.committed,
        }

    def check(self) -> None:
        """Refuse what makes no sense, before the run."""
        from cardhouse.analysis.rules import OWN_MONEY, check_rule

        check_rule(self.rule)
        for first, others, why in CLASHES:
            clashing = [one for one in others if self.given[one]]
            if self.given[first] and clashing:
                raise InputError(f"{first} and {clashing[0]} cannot go together: {why}")
        if self.rule == OWN_MONEY and (self.forward or self.purse):
            other = "--from" if self.forward else "--purse"
            raise InputError(
                f"--rule {OWN_MONEY} and {other} cannot go together: own money is told apart in a "
                "seller's receipts. Use another rule, or leave one out."
            )
        if self.entity is None and not (self.loops or self.committed):
            raise InputError(
                "trace needs an ENTITY, such as nvidia; only --loops and --committed do without."
            )


CLASHES = (
    ("--quarter", ("--cumulated",), "the first is one quarter, the second all of them."),
    (
        "--committed",
        ("--from", "--purse", "--ai", "--rule", "--quarter", "--cumulated"),
        "promises stand as they are after the base quarter. Leave one out; --loops may stay.",
    ),
    (
        "--loops",
        ("--from", "--purse", "--ai", "--rule"),
        "loops are of whole payments between firms, whoever's money they carry. Leave one out.",
    ),
    ("--from", ("--purse", "--ai"), "one follows dollars forwards, the other back. Leave one out."),
    ("--purse", ("--ai",), "a purse is mixed, its AI part cannot be told apart. Leave one out."),
)
"""Options that exclude others, and why."""


def trace(  # noqa: PLR0913 - one argument an option is how a command is declared
    *,
    entity: Annotated[
        str | None,
        typer.Argument(
            metavar="ENTITY",
            help="Id of a firm, such as nvidia.",
            autocompletion=completion.entities,
        ),
    ] = None,
    forward: Annotated[
        bool, typer.Option("--from", help="Follow this source's dollars to where they end.")
    ] = False,
    quarter: Annotated[
        str | None, typer.Option("--quarter", metavar="QUARTER", help="Of this quarter of the run.")
    ] = None,
    cumulated: Annotated[
        bool, typer.Option("--cumulated", help="Of all quarters of the run added up.")
    ] = False,
    purse: Annotated[
        bool, typer.Option("--purse", help="Of all that the firm had to spend, cash included.")
    ] = False,
    ai: Annotated[bool, typer.Option("--ai", help="Of its AI sales alone.")] = False,
    rule: Annotated[
        str,
        typer.Option(
            "--rule",
            metavar="RULE",
            help="pro_rata, own_money, income_first, cash_first or capital_first.",
            autocompletion=completion.rules,
        ),
    ] = PRO_RATA,
    loops: Annotated[
        bool, typer.Option("--loops", help="List round trips: money that comes back, firm by firm.")
    ] = False,
    committed: Annotated[
        bool,
        typer.Option("--committed", help="List what is promised; with --loops, loops it closes."),
    ] = False,
    economy: Economy = DEFAULT_ECONOMY,
    scenario: Scenarios = None,
    setting: Settings = None,
    base: Base = None,
    as_of: AsOf = None,
    quarters: Quarters = DEFAULT_QUARTERS,
    facts: Facts = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Trace who ultimately pays an entity, in the base quarter unless another is asked for.

    For example:
      cardhouse trace nvidia
      cardhouse trace nvidia --cumulated --rule income_first
      cardhouse trace venture --from --cumulated
      cardhouse trace --loops
      cardhouse trace openai --committed
    """
    asked = Asked(entity, forward, quarter, cumulated, purse, ai, rule, loops, committed)
    asked.check()
    question = Question.of(
        economy,
        base,
        as_of,
        scenario=scenario,
        setting=setting,
        facts=facts,
        quarters=quarters,
    )
    with working("Following the money ...", quiet=quiet or as_json):
        result = question.answer()
        answer = _answer(result, asked)
    warn(answer["warnings"])
    if as_json:
        print_json(answer)
        return
    from cardhouse.cli.tables import show
    from cardhouse.cli.trace_tables import names_of, tables_of

    show(tables_of(answer, names_of(result.document["entities"])))


def _answer(result: StudyResult, asked: Asked) -> dict[str, Any]:
    """Return the document that answers."""
    from cardhouse.studies.loop_answers import paid_loops, promised_loops, promises
    from cardhouse.studies.trace_answers import TraceQuestion, trace_from, trace_to

    view, manifest = result.view, result.document["manifest"]
    warnings = result.document["warnings"]
    if view is None:
        raise InputError("a stored document alone cannot be traced: run the economy.")
    if asked.committed:
        told = promised_loops if asked.loops else promises
        return told(view, manifest, asked.entity, warnings=warnings)
    if asked.loops:
        return paid_loops(
            view,
            manifest,
            asked.entity,
            asked.quarter,
            is_cumulated=asked.cumulated,
            warnings=warnings,
        )
    question = TraceQuestion(
        entity=asked.entity or "",
        rule=asked.rule,
        quarter=asked.quarter,
        is_cumulated=asked.cumulated,
        of_purse=asked.purse,
        of_ai=asked.ai,
    )
    follow = trace_from if asked.forward else trace_to
    return follow(view, manifest, question, warnings=warnings)
