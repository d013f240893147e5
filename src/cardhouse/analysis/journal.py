"""The journal: every payment of a quarter, with its contract, its law, what was owed and paid.

And the cascade: how one default led to the next, link by link, in the rounds of clearing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import NO_CLAIM, Array, Chain
from cardhouse.engine.links import FLOW_KINDS, NONE
from cardhouse.engine.resolution import CAUSES, OUTCOMES
from cardhouse.engine.runs import Run

LAWS: dict[str, str] = {
    "sale": "demand.final_demand",
    "input": "volumes.input_intensity",
    "cost": "bills.fixed_costs",
    "program": "programs.next_program_index",
    "capex": "plans.next_capex",
    "revenue_share": "contracts.shares_owed",
    "other_business": "bills.write_invoices",
    "interest": "debts.rates_after",
    "repayment": "debts.maturing",
    "tax": "bills.write_invoices",
    "payout": "bills.write_invoices",
    "debt_drawn": "funding.raise_funds",
    "equity": "funding.raise_funds",
    "other_cash": "accounts",
    "lease": "contracts.rents",
    "buy_back": "contracts.backed_volumes",
    "guarantee": "resolution._guarantors_owe",
    "shortfall": "contracts.shortfalls",
    "arrears": "resolution._arrears",
    "liquidation": "resolution._sale_values",
    "default_costs": "settlement.clear_links",
}
"""The law of motion, a function under ``cardhouse.engine``, behind each kind of payment."""

COMMITTED, DUE, AT_WILL, RECEIPT = "committed", "due", "at will", "receipt"
"""How free a payer is: bound by a contract ahead, bound by what it bought, free, or outside."""

FORCES = (COMMITTED, DUE, AT_WILL, RECEIPT)

AT_WILL_KINDS = frozenset(("payout", "equity", "capex", "program"))
COMMITTED_KINDS = frozenset(
    ("interest", "repayment", "lease", "shortfall", "buy_back", "guarantee")
)

SMALL = 1e-9
"""USD bn; smaller amounts are rounding and no payment."""


@dataclass(frozen=True)
class Payment:
    """One payment of a quarter.

    ``contract`` is the place of its contract in the world, -1 for what no contract foresaw (custom
    that moved to another seller, what a crisis brings). ``owed`` is what was due in the quarter,
    ``lost`` what the payee will never get of it; what is neither paid nor lost is owed on.
    """

    quarter: int
    kind: str
    payer: str
    payee: str
    line: str
    contract: int
    law: str
    force: str
    owed: float
    paid: float
    lost: float


def journal(run: Run, quarter: int, path: int = 0) -> Iterator[Payment]:
    """Yield the payments of a quarter, the base quarter included, in the order of the links."""
    record, links = run.records[quarter], run.chain.links
    claims = np.where(links.seniority == NO_CLAIM, record.paid[path], record.claims[path])
    shown = np.maximum(claims, record.paid[path]) > SMALL
    for link in np.flatnonzero(shown).tolist():
        kind = FLOW_KINDS[links.kind[link]]
        yield Payment(
            quarter=quarter,
            kind=kind,
            payer=_payer(run.chain, link),
            payee=_payee(run.chain, link),
            line=_name(run.chain.line_ids, int(links.seller_line[link])),
            contract=int(links.contract[link]),
            law=LAWS[kind] if quarter else "accounts",
            force=_force(run.chain, link, kind),
            owed=float(claims[link]),
            paid=float(record.paid[path, link]),
            lost=float(record.lost[path, link]),
        )


def _payer(chain: Chain, link: int) -> str:
    """Return who pays: the line that buys where one does, else the purse."""
    line = int(chain.links.buyer_line[link])
    owns = line != NONE and chain.links.payer[link] < len(chain.firm_ids)
    return chain.line_ids[line] if owns else chain.node_ids[chain.links.payer[link]]


def _payee(chain: Chain, link: int) -> str:
    """Return who is paid: the line that sells where one does, else the purse."""
    line = int(chain.links.seller_line[link])
    return chain.line_ids[line] if line != NONE else chain.node_ids[chain.links.payee[link]]


def _name(names: tuple[str, ...], at: int) -> str:
    return "" if at == NONE else names[at]


def _force(chain: Chain, link: int, kind: str) -> str:
    """Return how free the payer was."""
    if chain.links.payer[link] >= len(chain.firm_ids):
        return RECEIPT
    if kind in COMMITTED_KINDS or link in chain.bindings.link:
        return COMMITTED
    return AT_WILL if kind in AT_WILL_KINDS else DUE


@dataclass(frozen=True)
class Fall:
    """One step of a cascade: a firm that fails, in which round, why, and whom it leaves unpaid.

    ``unpaid_by`` are firms of an earlier or the same round that left it unpaid, ``leaves`` all who
    lose by it; both with amounts in USD bn, largest first.
    """

    firm: str
    quarter: int
    round: int
    cause: str
    outcome: str
    unpaid_by: tuple[tuple[str, float], ...]
    leaves: tuple[tuple[str, float], ...]


def cascade(run: Run, quarter: int, path: int = 0) -> list[Fall]:
    """Return the defaults of a quarter in the order in which they happened.

    Firms of one round fall together: by what those of the rounds before left unpaid.
    """
    record, chain = run.records[quarter], run.chain
    lost: Array = record.unpaid[path]
    failed = np.flatnonzero(record.failed[path])
    order = sorted(failed.tolist(), key=lambda firm: int(record.round[path, firm]))
    return [
        Fall(
            firm=chain.firm_ids[firm],
            quarter=quarter,
            round=int(record.round[path, firm]),
            cause=CAUSES[record.cause[path, firm]],
            outcome=OUTCOMES[record.outcome[path, firm]],
            unpaid_by=_largest(chain.firm_ids, lost[:, firm]),
            leaves=_largest(chain.node_ids, lost[firm]),
        )
        for firm in order
    ]


def _largest(names: tuple[str, ...], amounts: Array) -> tuple[tuple[str, float], ...]:
    """Return names with their amounts, largest first; rounding left out."""
    order = [at for at in np.argsort(-amounts, kind="stable").tolist() if amounts[at] > SMALL]
    return tuple((names[at], float(amounts[at])) for at in order)
