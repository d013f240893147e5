"""What users pay of each dollar that their use costs, sales between the chain's firms netted.

A line's output walks down the chain until it is used by final users, goes into programs, becomes
plant, or leaves the part looked at: an absorbing chain. The share that ends in use carries the
same share of the line's outside cost, depreciation and interest. Plant is not use: it enters by
its depreciation, or in cash by the quarter's capex. Those who sell plant to buyers outside the
chain are no users' suppliers, so these sales count on neither side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cardhouse.analysis.books import Books
from cardhouse.analysis.parts import LineCosts, Mask, ai_lines
from cardhouse.engine.absorbing import exit_shares_of_each
from cardhouse.engine.chain import Array, Chain
from cardhouse.engine.per_chain import PerChain
from cardhouse.engine.sums import ratio
from cardhouse.model.vocabulary import ContractKind as Kind

PLANT_SELLER_FROM = 0.5
"""Share of its sales to firms from which a line whose output becomes plant counts as its seller."""


@dataclass(frozen=True)
class UseCost:
    """What AI use costs the chain and what users pay for it, USD bn by quarter (quarter,).

    ``with_programs`` and ``without_programs`` are accounting costs with plant at its seller's
    price; ``cash`` has capex in place of depreciation and no pay in shares; ``at_plant_cost`` has
    plant at what it costs its seller; ``sold_use`` leaves out use by the sellers' own parents.
    All but ``without_programs`` include programs.
    """

    receipts: Array
    with_programs: Array
    without_programs: Array
    cash: Array
    at_plant_cost: Array
    sold_use: Array

    def paid_per_dollar(self, cost: str) -> list[float | None]:
        """Return receipts per dollar of one of the costs by quarter; None where it costs 0."""
        costs: Array = getattr(self, cost)
        return [
            float(paid / spent) if spent > 0 else None
            for paid, spent in zip(self.receipts, costs, strict=True)
        ]


Leave = Callable[[Array, Array], Array]
"""Through which exits what starts at each node of many chains leaves: `exit_shares_of_each`."""


def use_cost(books: Books, costs: LineCosts, leave: Leave = exit_shares_of_each) -> UseCost:
    """Return what AI use costs and brings in, quarter by quarter.

    ``leave`` may be `exit_shares_compiled`, where a dragging hand waits for the answer.
    """
    chain = books.chain
    outside, interest, worn = _outside_cost(books), costs.interest, books.depreciation
    running = outside + interest
    whole = running + worn + costs.stock_pay
    bought = (_programs_outside(books) * _ai_share(books, costs)).sum(axis=1)
    ends = use_shares(books, costs, leave)
    serving = ends.all_
    final = _final(books) * (ai_lines(chain) & ~plant_sellers(chain))
    return UseCost(
        final.sum(axis=1),
        (serving * whole).sum(axis=1) + bought,
        ((ends.sold + ends.own) * (running + worn)).sum(axis=1),
        (serving * (running + books.capex)).sum(axis=1) + bought,
        (serving * (whole - worn * _plant_markup(books))).sum(axis=1) + bought,
        ((ends.sold + ends.programs) * whole).sum(axis=1) + bought,
    )


def plant_sellers(chain: Chain) -> Mask:
    """Return the lines most of whose sales to firms become plant (line,)."""
    return _plant_sellers.of(chain)


def _plant_sellers_of(chain: Chain) -> Mask:
    plant = (chain.plants.from_line * chain.plants.plan[:, None]).sum(axis=0)
    to_firms = chain.sales_by_line[: len(chain.firm_ids)].sum(axis=0)
    return np.asarray((plant > 0) & (plant >= PLANT_SELLER_FROM * to_firms))


_plant_sellers: PerChain[Mask] = PerChain(_plant_sellers_of)


@dataclass(frozen=True)
class UseShares:
    """The shares of each line's output that end in AI use (quarter, line); the rest is elsewhere.

    ``sold``: final users, those who pay nothing included; ``own``: the sellers' own parents;
    ``programs``: training, research and the like.
    """

    sold: Array
    own: Array
    programs: Array

    @property
    def all_(self) -> Array:
        """Return the share that ends in any AI use (quarter, line)."""
        return np.asarray(self.sold + self.own + self.programs)


def use_shares(books: Books, costs: LineCosts, leave: Leave = exit_shares_of_each) -> UseShares:
    """Return where each line's output ends, quarter by quarter."""
    chain, firms = books.chain, books.firms
    of_line = chain.firm_of_line
    billed = books.billed[:, :firms]
    to_input, to_program = _kinds_bought(books)
    by_buyer = (billed * to_input[:, :, of_line])[:, of_line]
    moves = np.swapaxes(by_buyer, 1, 2) * _input_weights(books)[:, None, :]
    counts = ai_lines(chain) & ~plant_sellers(chain)
    unpaid, own = _unpaid_use(books)
    share = _ai_share(books, costs)
    programs = (billed * to_program[:, :, of_line] * share[:, :, None]).sum(axis=1)
    used = np.stack([(_final(books) + unpaid - own) * counts, own * counts, programs], axis=2)
    elsewhere = np.maximum(books.value - moves.sum(axis=2) - used.sum(axis=2), 0.0)
    shares = leave(moves, np.concatenate([used, elsewhere[:, :, None]], axis=2))
    return UseShares(shares[:, :, 0], shares[:, :, 1], shares[:, :, 2])


def own_use_shares(books: Books) -> Array:
    """Return the share of each line's output that the seller's own parent uses (quarter, line)."""
    return np.asarray(ratio(_unpaid_use(books)[1], books.value))


def _final(books: Books) -> Array:
    """Return what segments were billed for each line (quarter, line)."""
    return np.asarray(books.billed[:, books.firms :].sum(axis=1))


def _unpaid_use(books: Books) -> tuple[Array, Array]:
    """Return use that nobody pays for at the price charged, and own use in it (quarter, line) each.

    The split is that of row 0.
    """
    sales = books.chain.sales
    unpaid = np.maximum(books.value - books.line_revenue, 0.0)
    volumes = np.where(sales.pays > 0, 0.0, sales.volume)
    own, all_ = np.zeros(unpaid.shape[1]), np.zeros(unpaid.shape[1])
    np.add.at(own, sales.line, volumes * sales.own_use)
    np.add.at(all_, sales.line, volumes)
    return unpaid, np.asarray(unpaid * ratio(own, all_))


def _kinds_bought(books: Books) -> tuple[Array, Array]:
    """Return shares of inputs and programs in what firms bought of firms (quarter, firm, firm)."""
    firms = books.firms
    inputs, programs, capex = (
        books.between((kind,))[:, :firms, :firms] for kind in (Kind.INPUT, Kind.PROGRAM, Kind.CAPEX)
    )
    whole = inputs + programs + capex
    return ratio(inputs, whole), ratio(programs, whole)


def _input_weights(books: Books) -> Array:
    """Return each line's share of its firm's inputs (quarter, line)."""
    chain = books.chain
    weight = chain.intensity.sum(axis=1) * books.value
    return np.asarray(ratio(weight, books.per_firm(weight)[:, chain.firm_of_line]))


def _ai_share(books: Books, costs: LineCosts) -> Array:
    """Return the share of each firm's programs that is for its AI lines (quarter, firm)."""
    ai = books.per_firm(costs.programs * ai_lines(books.chain))
    return ratio(ai, books.programs)


def _programs_outside(books: Books) -> Array:
    """Return what firms paid to others than firms for programs (quarter, firm)."""
    firms = books.firms
    return np.asarray(books.between((Kind.PROGRAM,))[:, :firms, firms:].sum(axis=2))


def _outside_cost(books: Books) -> Array:
    """Return what firms paid for labour, energy and the like, line by line (quarter, line)."""
    chain = books.chain
    paid = books.paid_of((Kind.COST,))
    weight = chain.variable_cost.sum(axis=1) * books.value + chain.fixed_cost.sum(axis=1)
    total = books.per_firm(weight)
    return np.asarray(ratio(weight, total[:, chain.firm_of_line]) * paid[:, chain.firm_of_line])


def _plant_markup(books: Books) -> Array:
    """Return the part of each line's plant that was its sellers' gross profit (quarter, line)."""
    cost = books.line_cost + books.depreciation
    margin = np.maximum(0.0, 1.0 - ratio(cost, books.line_revenue, 1.0))
    return np.einsum("ls,qs->ql", books.chain.plants.from_line, margin, optimize=False)
