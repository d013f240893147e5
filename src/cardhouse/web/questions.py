"""From query parameters to a question, every name and number checked before anything is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from cardhouse.accounts import known_economies
from cardhouse.errors import InputError, ScenarioError, did_you_mean
from cardhouse.studies.asking import DEFAULT_ECONOMY, DEFAULT_QUARTERS, checked_date
from cardhouse.studies.lever_paths import check_quarters
from cardhouse.studies.levers import Setting, parse_settings
from cardhouse.studies.scenario_files import list_scenarios
from cardhouse.web.limits import Limits
from cardhouse.web.openings import Place
from cardhouse.web.shapes import PREFIX, describe

LONGEST_WORD = 200

Word = Annotated[str, Query(max_length=LONGEST_WORD)]
Economy = Annotated[
    str, Query(max_length=LONGEST_WORD, description="Id of a shipped economy: see /economies.")
]
Base = Annotated[
    str | None,
    Query(max_length=LONGEST_WORD, description="Base quarter, such as 2025Q2; none: the newest."),
]
AsOf = Annotated[
    str | None,
    Query(max_length=LONGEST_WORD, description="Use the facts known on this day; none: all."),
]
Quarters = Annotated[int, Query(description="Quarters to simulate.")]
Scenarios = Annotated[
    list[str],
    Query(description="Id of a shipped scenario, repeatable; several apply in order."),
]
Settings = Annotated[
    list[str],
    Query(alias="set", description="LEVER=VALUE for the whole run, repeatable, applied last."),
]


@dataclass(frozen=True)
class Asked:
    """What is to be computed: the common parameters of all addresses that run the model."""

    economy: str = DEFAULT_ECONOMY
    base: str | None = None
    as_of: str | None = None
    quarters: int = DEFAULT_QUARTERS
    scenarios: tuple[str, ...] = ()
    settings: tuple[tuple[str, Setting], ...] = ()

    @property
    def place(self) -> Place:
        """Return which opening position is asked for."""
        return self.economy, self.base, self.as_of

    @property
    def moves(self) -> Mapping[str, Setting]:
        """Return the settings by lever."""
        return dict(self.settings)

    def still(self) -> Asked:
        """Return the same question with nothing moved."""
        return replace(self, scenarios=(), settings=())


def limits_of(request: Request) -> Limits:
    """Return the limits of the service that a request came to."""
    limits: Limits = request.app.state.service.limits
    return limits


async def strictly(request: Request) -> None:
    """Refuse parameters that an address does not have, and single ones that are given twice.

    What the framework calls is a coroutine here and below: it sends plain functions to another
    thread, and an answer that is at hand would wait for five of them.

    Raises
    ------
    InputError
        With the nearest name that it has.
    """
    known = _parameters(request)
    for name in request.query_params:
        if name not in known:
            raise InputError(
                f"there is no parameter '{name[:60]}' here.{did_you_mean(name[:60], known)} Known: "
                f"{', '.join(sorted(known)) or 'none'}."
            )
        if not known[name] and len(request.query_params.getlist(name)) > 1:
            raise InputError(f"'{name}' is given several times. Give it once.")


def _parameters(request: Request) -> Mapping[str, bool]:
    """Return the query parameters of the route that answers, and whether they may be repeated."""
    known: dict[tuple[str, str], dict[str, bool]] = request.app.state.parameters
    if not known:
        known.update(parameters_of(describe(request.app)))
    path = request.scope["route"].path.removeprefix(PREFIX)  # with or without, by its version
    return known.get((path, request.method.lower()), {})


def parameters_of(description: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, bool]]:
    """Return the query parameters of each address and method, and whether they may be repeated."""
    return {
        (path.removeprefix(PREFIX), method): {
            one["name"]: one["schema"].get("type") == "array"
            for one in told.get("parameters", ())
            if one["in"] == "query"
        }
        for path, methods in description["paths"].items()
        for method, told in methods.items()
    }


def opening(economy: str, base: str | None, as_of: str | None) -> Asked:
    """Return the question of an opening position alone."""
    return _checked(Asked(economy, base, as_of))


def horizon(asked: Asked, limits: Limits, quarters: int) -> Asked:
    """Return the question of a baseline."""
    return replace(asked, quarters=_checked_quarters(quarters, limits))


def moved(asked: Asked, scenarios: Sequence[str], settings: Sequence[str], limits: Limits) -> Asked:
    """Return a question with scenarios and settings, checked.

    Raises
    ------
    ScenarioError
        When there is no such scenario or lever, or a value is out of range.
    InputError
        When there are too many of them.
    """
    for name, given, most in (
        ("scenario", scenarios, limits.scenarios),
        ("set", settings, limits.settings),
    ):
        if len(given) > most:
            raise InputError(f"'{name}' is given {len(given)} times; {most} are allowed here.")
    known = shipped_scenarios()
    for one in scenarios:
        if one not in known:
            raise ScenarioError(
                f"there is no shipped scenario '{one[:60]}'.{did_you_mean(one[:60], known)} "
                "`cardhouse scenarios` lists them all."
            )
    values = parse_settings(settings)
    return replace(asked, scenarios=tuple(scenarios), settings=tuple(values.items()))


def shipped_scenarios() -> dict[str, None]:
    """Return the ids of the shipped scenarios."""
    if not _SHIPPED:
        _SHIPPED.update(dict.fromkeys(one.id for one in list_scenarios()))
    return _SHIPPED


_SHIPPED: dict[str, None] = {}


@cache
def _economies() -> tuple[str, ...]:
    """Return the shipped economies, which stay as they are while a service runs."""
    return tuple(known_economies())


def _checked(asked: Asked) -> Asked:
    known = _economies()
    if asked.economy not in known:
        name = asked.economy[:60]
        raise InputError(
            f"there is no shipped economy '{name}'.{did_you_mean(name, known)} Known: "
            f"{', '.join(known)}."
        )
    return replace(asked, as_of=checked_date(asked.as_of))


def _checked_quarters(quarters: int, limits: Limits) -> int:
    if quarters > limits.quarters:
        raise InputError(
            f"quarters is {quarters}, and this server simulates at most {limits.quarters}. Ask for "
            "fewer, or run `cardhouse run --quarters` on your own machine."
        )
    return check_quarters(quarters)


async def _opened(
    economy: Economy = DEFAULT_ECONOMY, base: Base = None, as_of: AsOf = None
) -> Asked:
    return opening(economy, base, as_of)


async def _ahead(
    request: Request,
    quarters: Quarters = DEFAULT_QUARTERS,
    economy: Economy = DEFAULT_ECONOMY,
    base: Base = None,
    as_of: AsOf = None,
) -> Asked:
    return horizon(opening(economy, base, as_of), limits_of(request), quarters)


async def _moved(
    request: Request,
    scenario: Scenarios = [],  # noqa: B006 - read by the framework, never changed
    settings: Settings = [],  # noqa: B006 - the same
    quarters: Quarters = DEFAULT_QUARTERS,
    economy: Economy = DEFAULT_ECONOMY,
    base: Base = None,
    as_of: AsOf = None,
) -> Asked:
    limits = limits_of(request)
    return moved(
        horizon(opening(economy, base, as_of), limits, quarters), scenario, settings, limits
    )


Opened = Annotated[Asked, Depends(_opened)]
Ahead = Annotated[Asked, Depends(_ahead)]
Moved = Annotated[Asked, Depends(_moved)]
