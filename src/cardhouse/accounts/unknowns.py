"""The unknowns of the accounts: every flow of the base quarter, every position, with its prior.

A prior is stated for the economy's reference quarter. For another base it drifts at its own rate,
and its sd widens by `DRIFT_SD` of the amount for each root of a quarter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cardhouse.accounts.definition import SIGNED_EITHER_WAY, Definition
from cardhouse.accounts.growth import log_growth
from cardhouse.accounts.tables import Row
from cardhouse.errors import EconomyError, did_you_mean
from cardhouse.model.vocabulary import ContractKind, EntityKind

DRIFT_SD = 0.10
MOST_LOG_SCALE = 3.0
"""A prior is never moved by more than this: a factor of twenty either way."""
LUMPS_SD = 10.0
"""Sd of a payment due in one lump, in lumps: the prior of ordinary quarters says nothing of it."""
NO_LUMPS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Flow:
    """What an expression needs to know of a contract."""

    id: str
    kind: ContractKind
    payer: str
    payee: str


@dataclass(frozen=True)
class Unknowns:
    """The unknowns in order: names, priors and sds at the base quarter, signs, and the flows."""

    names: tuple[str, ...]
    priors: tuple[float, ...]
    sds: tuple[float, ...]
    signed: tuple[bool, ...]
    flows: tuple[Flow, ...]

    @property
    def place(self) -> dict[str, int]:
        """Return the position of each unknown by name."""
        return {name: position for position, name in enumerate(self.names)}


def list_unknowns(
    definition: Definition, quarters: int, lumps: Mapping[str, float] = NO_LUMPS
) -> Unknowns:
    """Return the unknowns of an economy, `quarters` after its reference quarter.

    ``lumps`` are payments that are due in the quarter by contract, USD bn: the prior of such a
    flow, made for ordinary quarters, steps back.
    """
    paid = [row for row in definition.rows("contracts") if not is_imputed(row)]
    flows = tuple(_flow(row) for row in paid)
    contracts = [
        (
            row.text("id"),
            *_stepped_back(
                _prior(row, _log_scale(definition, row, quarters), quarters),
                lumps.get(row.text("id"), 0.0),
            ),
            _one_way(row),
        )
        for row in paid
    ]
    positions = [
        (
            row.text("key"),
            *_prior(row, row.number_of("drift", 0.0) * quarters, quarters, row.maybe("wander")),
            row.flag("signed"),
        )
        for row in definition.rows("positions")
    ]
    debts = [
        (
            f"debt:{row.text('id')}",
            *_prior(row, row.number_of("drift", 0.0) * quarters, quarters),
            True,
        )
        for row in definition.rows("debts")
    ]
    _check_positions(definition, [key for key, *_ in positions])
    names, priors, sds, signed = zip(*contracts, *positions, *debts, strict=True)
    return Unknowns(names, priors, sds, signed, flows)


def is_imputed(row: Row) -> bool:
    """Return whether a contract is use that nobody pays for: it has a volume and no flow."""
    return row.pairs("terms").get("pays", 1.0) == 0.0


def imputed_volume(definition: Definition, row: Row, quarters: int) -> float:
    """Return the volume of unpaid use, `quarters` after the economy's reference quarter."""
    return _prior(row, _log_scale(definition, row, quarters), quarters)[0]


def needed_positions(definition: Definition) -> list[str]:
    """Return the positions that an economy must have: cash of firms, plant of capacity owners."""
    firms = definition.ids(EntityKind.FIRM)
    plants = [row.text("id") for row in definition.rows("lines") if row.flag("plant")]
    return [f"{word}:{firm}" for firm in firms for word in ("cash", "cash_before", "stock_pay")] + [
        f"{word}:{line}"
        for line in plants
        for word in ("gross", "net", "depreciation", "under_way")
    ]


def _check_positions(definition: Definition, keys: list[str]) -> None:
    """Check that every needed position has a row, and nothing but auxiliaries is added."""
    needed = needed_positions(definition)
    for key in needed:
        if key not in keys:
            raise EconomyError(f"positions.csv: '{key}' has no row.")
    for row in definition.rows("positions"):
        key = row.text("key")
        if key not in needed and not _is_optional(definition, key):
            raise EconomyError(
                f"{row.place}: position '{key}' is not known. Use aux:NAME for an auxiliary."
                f"{did_you_mean(key, needed)}"
            )


STAKE = "stake"
BALANCE_SHEET = ("receivables", "payables", "deferred_revenue")
"""Positions of firms that an economy may have where facts speak of them; also ``..._before``."""


def _is_optional(definition: Definition, key: str) -> bool:
    """Return whether a position may be there: an auxiliary, a balance-sheet item, a stake."""
    word, *of = key.split(":")
    firms = definition.ids(EntityKind.FIRM)
    if word == STAKE:
        return len(of) == 2 and of[0] in firms and of[1] in firms and of[0] != of[1]
    item = word.removesuffix("_before")
    return word == "aux" or (item in BALANCE_SHEET and len(of) == 1 and of[0] in firms)


def _flow(row: Row) -> Flow:
    """Return the flow of a contract row."""
    kind = ContractKind(row.text("kind"))
    return Flow(row.text("id"), kind, row.text("payer"), row.text("payee"))


def _one_way(row: Row) -> bool:
    """Return whether a contract's flow may not be negative."""
    return ContractKind(row.text("kind")) not in SIGNED_EITHER_WAY


def _log_scale(definition: Definition, row: Row, quarters: int) -> float:
    """Return ln of what a contract has grown by: its own drift, its driver's, or its line's."""
    own = row.maybe("drift")
    if own is not None:
        return own * quarters
    terms = row.pairs("terms")
    if "growth" in terms:
        return log_growth(terms, quarters)
    growth = {
        line.text("id"): line.number_of("opening_growth", 0.0) for line in definition.rows("lines")
    }
    of_line = growth.get(row.text("payer"), growth.get(row.text("payee"), 0.0))
    return log_growth({"growth": of_line}, quarters)


def _prior(
    row: Row, log_scale: float, quarters: int, wander: float | None = None
) -> tuple[float, float]:
    """Return a row's prior and sd, moved by some quarters.

    ``wander`` is the sd that a root of a quarter adds, in USD bn; None: `DRIFT_SD` of the prior.
    """
    scale = math.exp(max(-MOST_LOG_SCALE, min(MOST_LOG_SCALE, log_scale)))
    prior, sd = row.number_of("prior") * scale, row.number_of("sd") * scale
    if sd <= 0:
        raise EconomyError(f"{row.place}: sd must be above zero, found {sd}.")
    per_root = DRIFT_SD * prior if wander is None else wander
    return prior, math.hypot(sd, math.sqrt(abs(quarters)) * per_root)


def _stepped_back(prior: tuple[float, float], lump: float) -> tuple[float, float]:
    """Return a prior with its sd at least `LUMPS_SD` times a lump that is due."""
    return prior[0], max(prior[1], LUMPS_SD * lump)
