"""What is promised beside what is paid: commitments, rounds, guarantees, letters of intent.

A promise is money that somebody is bound, or means, to pay after the base quarter. It is firm, or a
letter of intent: then it has odds. Promises are amounts over their whole life; what was paid in the
base quarter along the same contract stands beside them.

Loops on the committed basis: a leg from one firm to another is worth what is promised along it
(letters at their full amount, marked); where nothing is promised it is worth what the run pays
along it after the base quarter, marked too. A loop counts when some leg of it is promised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from cardhouse.analysis.books import Books
from cardhouse.analysis.flow_table import FloatArray
from cardhouse.analysis.round_trips import FINANCING, RoundTrips, find_round_trips
from cardhouse.engine.chain import FLOW_KINDS
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.model.vocabulary import terms_of
from cardhouse.model.world import Contract, Round, World

FIRM, LETTER, UNPROMISED = "firm", "letter", "unpromised"
EVEN_ODDS = 0.5
"""A round with lower odds is a letter of intent."""


@dataclass(frozen=True)
class Promise:
    """Money promised by one entity to another after the base quarter.

    Attributes
    ----------
    id
        The round's id, or both sides and the kind of the contract.
    payer, payee
        Ids as in the contract: lines, firms, pools.
    kind
        Kind of contract; a round is ``equity``.
    amount
        What is promised, USD bn: of a credit line, a guarantee or a buy-back the most.
    paid
        What was paid under the same contract in the base quarter, USD bn.
    strength
        ``firm`` or ``letter``.
    probability
        Odds that it is paid: 1 for what is firm; of a round its own; of a letter to purchase 0, as
        the run counts it unless the lever ``letters_paid`` moves.
    binding
        The part of a purchase that is owed even unused (take-or-pay), USD bn; the amount elsewhere.
    first, last
        Quarters after the base in which it falls due; ``last`` is None without an end.
    condition
        What a round waits for.
    """

    id: str
    payer: str
    payee: str
    kind: str
    amount: float
    paid: float
    strength: str = FIRM
    probability: float = 1.0
    binding: float = 0.0
    first: int = 1
    last: int | None = None
    condition: str = ""
    facts: tuple[str, ...] = ()

    @property
    def expected(self) -> float:
        """Return the amount times its odds, USD bn."""
        return self.amount * self.probability


def list_promises(world: World) -> list[Promise]:
    """Return all promises of a world, the largest first."""
    found = [*_of_contracts(world), *(_of_round(world, one) for one in world.rounds)]
    found = [one for one in found if one.amount > 0.0]
    seen: dict[str, int] = {}
    unique = []
    for one in found:
        seen[one.id] = seen.get(one.id, 0) + 1
        again = seen[one.id]
        unique.append(one if again == 1 else replace(one, id=f"{one.id}#{again}"))
    return sorted(unique, key=lambda one: (-one.amount, one.id))


def _of_contracts(world: World) -> Iterator[Promise]:
    for contract in world.contracts:
        if contract.committed > 0.0:
            yield _of_contract(contract, contract.committed)
        elif contract.kind is Kind.LEASE and np.isfinite(contract.terms.get("quarters", np.inf)):
            yield _of_contract(contract, contract.amount * contract.terms["quarters"])


def _of_contract(contract: Contract, amount: float) -> Promise:
    """Return what a contract promises."""
    defaults = {name: term.default for name, term in terms_of(contract.kind).items()}
    terms = {**defaults, **contract.terms}
    is_letter = terms.get("letter", 0.0) > 0.0
    first = int(terms.get("commit_start", 1.0))
    count = terms.get("commit_quarters", terms.get("quarters", np.inf))
    return Promise(
        id=f"{contract.payer}>{contract.payee}>{contract.kind}",
        payer=contract.payer,
        payee=contract.payee,
        kind=contract.kind,
        amount=amount,
        paid=contract.amount,
        strength=LETTER if is_letter else FIRM,
        probability=0.0 if is_letter else 1.0,
        binding=amount * terms.get("take_or_pay", 1.0),
        first=first,
        last=first + round(count) - 1 if np.isfinite(count) else None,
        condition=f"if {contract.party} does not pay" if contract.party else "",
        facts=contract.facts,
    )


def _of_round(world: World, item: Round) -> Promise:
    """Return what a signed round or a letter of intent promises."""
    paid = sum(
        one.amount
        for one in world.contracts_of(Kind.EQUITY)
        if (one.payer, one.payee) == (item.investor, item.firm)
    )
    return Promise(
        id=item.id,
        payer=item.investor,
        payee=item.firm,
        kind=Kind.EQUITY,
        amount=item.amount,
        paid=paid,
        strength=LETTER if item.probability < EVEN_ODDS else FIRM,
        probability=item.probability,
        binding=item.amount,
        first=item.quarter,
        last=item.quarter,
        condition=item.condition,
        facts=item.facts,
    )


Label = tuple[str, str]
"""Kind and strength of a part of a leg."""


def committed_loops(books: Books) -> tuple[RoundTrips, dict[str, Label]]:
    """Return the loops on the committed basis, and what their kinds of payment stand for.

    Kinds of the legs are written ``kind/strength``; the second answer takes them apart.
    """
    world, firms = books.chain.world, books.chain.firm_ids
    place = {name: at for at, name in enumerate(firms)}
    amounts: dict[Label, FloatArray] = {}
    promised = np.zeros((len(firms), len(firms)), dtype=bool)
    for one in list_promises(world):
        payer, payee = world.purse_of(one.payer), world.purse_of(one.payee)
        if payer in place and payee in place and payer != payee:
            part = amounts.setdefault((one.kind, one.strength), np.zeros(promised.shape))
            part[place[payer], place[payee]] += one.amount
            promised[place[payer], place[payee]] = True
    later = sum(books.flows(at)[:, : len(firms), : len(firms)] for at in range(1, books.rows))
    for number, kind in enumerate(FLOW_KINDS):
        if not isinstance(later, int):
            amounts[kind, UNPROMISED] = np.where(promised, 0.0, later[number])
    labels = {f"{kind}/{strength}": (kind, strength) for kind, strength in amounts}
    if not labels:
        return RoundTrips((), firms, np.zeros(len(firms)), np.zeros(len(firms))), labels
    financing = [name for name, (kind, _) in labels.items() if kind in FINANCING]
    found = find_round_trips(np.stack(list(amounts.values())), list(labels), firms, financing)
    trips = tuple(
        trip
        for trip in found.trips
        if any(labels[name][1] != UNPROMISED for leg in trip.legs for name in leg.kinds)
    )
    return replace(found, trips=trips), labels
