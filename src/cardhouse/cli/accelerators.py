"""What an hour of an accelerator costs, beside what it is rented for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cardhouse.cli import completion
from cardhouse.cli.guard import print_json, working
from cardhouse.cli.options import (
    DEFAULT_ECONOMY,
    AsOf,
    Base,
    Economy,
    Facts,
    Json,
    Question,
    Quiet,
)
from cardhouse.errors import EconomyError, InputError

Number = float | None


def accelerators(  # noqa: PLR0913 - one argument an option is how a command is declared
    *,
    classes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CLASS",
            help="Classes such as h100; none: all.",
            autocompletion=completion.accelerator_classes,
        ),
    ] = None,
    price: Annotated[
        Number, typer.Option("--price", metavar="USD", help="Purchase price of one.")
    ] = None,
    life: Annotated[
        Number, typer.Option("--life", metavar="YEARS", help="Years until it is written off.")
    ] = None,
    rate: Annotated[
        Number, typer.Option("--rate", metavar="R", help="Cost of capital a year, such as 0.1.")
    ] = None,
    utilisation: Annotated[
        Number, typer.Option("--utilisation", metavar="U", help="Share of hours sold, up to 1.")
    ] = None,
    power_kw: Annotated[
        Number, typer.Option("--power", metavar="KW", help="Draw with its share of the server.")
    ] = None,
    power_price: Annotated[
        Number, typer.Option("--power-price", metavar="USD", help="Price of a kilowatt-hour.")
    ] = None,
    pue: Annotated[
        Number, typer.Option("--pue", metavar="X", help="Power of the site over the machines'.")
    ] = None,
    server_share: Annotated[
        Number,
        typer.Option("--server-share", metavar="S", help="Server and network per USD of price."),
    ] = None,
    economy: Economy = DEFAULT_ECONOMY,
    base: Base = None,
    as_of: AsOf = None,
    facts: Facts = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Tell what an hour of an accelerator costs, and what rental prices leave of it.

    Purchase price, server, network and site are earned back over their lives with interest; power
    and other cost are added; the hours that are sold carry it all. Inputs are facts nearest to the
    base quarter, or assumptions that are marked; an option puts a value of your own in their place.

    For example:
      cardhouse accelerators
      cardhouse accelerators h100 --base 2025Q2
      cardhouse accelerators b200 --price 35000 --life 4 --rate 0.12
    """
    given = {
        "price": price,
        "life": life,
        "rate": rate,
        "utilisation": utilisation,
        "power_kw": power_kw,
        "power_price": power_price,
        "pue": pue,
        "server_share": server_share,
    }
    asked = {name: value for name, value in given.items() if value is not None}
    question = Question.of(economy, base, as_of, facts=facts)
    with working("Reading the facts ...", quiet=quiet or as_json):
        document = _document(question, classes or [], asked)
    if as_json:
        print_json(document)
        return
    from cardhouse.cli.accelerator_tables import accelerator_tables
    from cardhouse.cli.tables import show

    show(accelerator_tables(document))


def _document(question: Question, ids: Sequence[str], asked: dict[str, float]) -> dict[str, Any]:
    _check(asked)
    world = question.world()
    from cardhouse.accounts import economy_facts
    from cardhouse.studies.accelerator_classes import accelerator_classes, choose_classes
    from cardhouse.studies.accelerator_market import Market, price_all
    from cardhouse.studies.document_accelerators import accelerators_document

    classes = choose_classes(accelerator_classes(question.economy), ids)
    table = economy_facts(question.economy, question.facts)
    market = Market.of(world, table, asked)
    return accelerators_document(price_all(classes, market), market, world, table)


def _check(asked: dict[str, float]) -> None:
    """Refuse values that an input cannot have, naming the option."""
    from cardhouse.studies.accelerator_classes import check_domain

    for name, value in asked.items():
        option = {"power_kw": "--power"}.get(name, f"--{name.replace('_', '-')}")
        if not math.isfinite(value):
            raise InputError(f"{option} is {value}, which is not a finite number. Give a number.")
        try:
            check_domain(name, value, option)
        except EconomyError as error:
            raise InputError(str(error)) from None
