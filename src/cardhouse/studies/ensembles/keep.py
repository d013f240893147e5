"""What is recorded of every path: which variables of whom, when, and which statistics of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cardhouse.errors import InputError, did_you_mean

CHAIN = "chain"
"""The entity that stands for all firms together."""

FIRM_VARIABLES = {
    "revenue": "USD bn a quarter",
    "result": "USD bn a quarter",
    "capex": "USD bn a quarter",
    "raised": "USD bn a quarter",
    "cash": "USD bn",
    "debt": "USD bn",
    "left_unpaid": "USD bn since the base quarter",
}
"""What is kept of each firm and of the chain, with its unit.

``result`` is the operating result before stock pay; ``left_unpaid`` what a failed firm's creditors
lost.
"""
HOLDER_VARIABLES = {"lost": "USD bn since the base quarter"}
"""What is kept of each node that can lose what it is owed."""
LINE_VARIABLES = {"price": "index, base quarter 1"}
CHAIN_VARIABLES = {"users_pay": "USD bn a quarter", "confidence": "index, base quarter 1"}

CHANGE = "_change"
"""Ending of a variable that tells the change against another scenario, path by path."""
FAILED = "failed"
"""Of a firm, 1 in paths in which it has failed by the quarter; kept as a change alone."""

UNITS = {**FIRM_VARIABLES, **HOLDER_VARIABLES, **LINE_VARIABLES, **CHAIN_VARIABLES}
VARIABLES = tuple(UNITS)


def unit_of(variable: str) -> str:
    """Return the unit of a variable, or of its change.

    Examples
    --------
    >>> unit_of("revenue"), unit_of("cash_change"), unit_of("failed_change")
    ('USD bn a quarter', 'USD bn', 'share of paths')
    """
    plain = variable.removesuffix(CHANGE)
    return "share of paths" if plain == FAILED else UNITS[plain]


MOST_WHOLE = 10_000
MOST_POINTS = 100_000
_EXCEED = re.compile(r"\s*(?P<of>[^<>\s]+)\s*(?P<side>[<>])\s*(?P<level>\S+)\s*")


@dataclass(frozen=True)
class Exceed:
    """An event: the variable of an entity lies above a level, or below it, in a quarter."""

    entity: str
    variable: str
    above: bool
    level: float

    @classmethod
    def read(cls, text: str) -> Exceed:
        """Return the event that a text such as ``openai.cash<5`` names.

        Raises
        ------
        InputError
            When the text is no such event.

        Examples
        --------
        >>> Exceed.read("openai.cash < 5")
        Exceed(entity='openai', variable='cash', above=False, level=5.0)
        """
        found = _EXCEED.fullmatch(text)
        entity, _, variable = found["of"].rpartition(".") if found else ("", "", "")
        try:
            level = float(found["level"]) if found else float("nan")
        except ValueError:
            level = float("nan")
        if found is None or not entity or not abs(level) < float("inf"):
            raise InputError(
                f"--exceed is '{text}', expected an entity, a dot, a variable, < or >, and a "
                "number: 'openai.cash<5'."
            )
        if variable not in UNITS:
            raise InputError(
                f"--exceed '{text}': there is no variable '{variable}'."
                f"{did_you_mean(variable, UNITS)} Known: {', '.join(UNITS)}."
            )
        return cls(entity, variable, found["side"] == ">", level)

    @property
    def text(self) -> str:
        """Return the event as it is written."""
        return f"{self.entity}.{self.variable}{'>' if self.above else '<'}{self.level:g}"


@dataclass(frozen=True)
class Keep:
    """What an ensemble records; peak memory follows from this, not from the number of paths.

    Parameters
    ----------
    variables
        Which of `VARIABLES`; of each all entities that have it, in every quarter.
    entities
        Of whom; none: of all. ``chain`` is all firms together.
    points
        Points a quantile sketch keeps of each cell; 0: as many as bound its error of rank by 1 %.
    exceed
        Events that are counted beside defaults, by quarter.
    whole_paths
        How many paths are kept whole, evenly spread over all, for pictures.

    Raises
    ------
    InputError
        When a variable is not known, or a number cannot be.

    Examples
    --------
    >>> import cardhouse as ch
    >>> ch.Keep(variables=("revenue", "cash"), entities=("openai", "chain")).whole_paths
    50
    """

    variables: tuple[str, ...] = VARIABLES
    entities: tuple[str, ...] = ()
    points: int = 0
    exceed: tuple[Exceed, ...] = ()
    whole_paths: int = 50

    def __post_init__(self) -> None:
        """Refuse what cannot be kept."""
        for name in self.variables:
            if name not in UNITS:
                raise InputError(
                    f"there is no variable '{name}' to keep.{did_you_mean(name, UNITS)} "
                    f"Known: {', '.join(UNITS)}."
                )
        if not self.variables or len(set(self.variables)) != len(self.variables):
            raise InputError("keep names no variable, or one twice. Name each once.")
        if not 0 <= self.whole_paths <= MOST_WHOLE:
            raise InputError(
                f"whole_paths is {self.whole_paths}, expected 0 to {MOST_WHOLE:,}: each takes as "
                "much memory as all quarters of all that is kept."
            )
        if self.points and not 16 <= self.points <= MOST_POINTS:
            raise InputError(
                f"points is {self.points}, expected 0 (as many as needed) or 16 to {MOST_POINTS:,}."
            )

    def points_for(self, leaves: int) -> int:
        """Return the points a sketch keeps: enough for 1 % when as many leaves are merged.

        Examples
        --------
        >>> Keep().points_for(32), Keep().points_for(256), Keep().points_for(48_829)
        (350, 500, 900)
        """
        if self.points:
            return self.points
        depth = (leaves - 1).bit_length() + 1  # a leaf may itself be thinned
        return 50 * (depth + 1)
