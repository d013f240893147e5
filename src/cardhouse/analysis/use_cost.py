"""What users pay of each dollar that their use costs, sales between the chain's firms netted.

A line's output walks down the chain until it is used by final users, goes into programs, becomes
plant, or leaves the part looked at: an absorbing chain. The share that ends in use carries the
same share of the line's outside cost, depreciation and interest. Plant is not use: it enters by
its depreciation, or in cash by the quarter's capex. Those who sell plant to buyers outside the
chain are no users' suppliers, so these sales count on neither side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.analysis.books import Books
from cardhouse.analysis.parts import LineCosts, Mask, ai_lines
from cardhouse.engine.absorbing import exit_shares
from cardhouse.engine.chain import KIND, Array, Chain
from cardhouse.engine.sums import group_sum, ratio
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


def use_cost(books: Books, costs: LineCosts) -> UseCost:
    """Return what AI use costs and brings in, quarter by quarter."""
    rows = [_quarter(books, costs, quarter) for quarter in range(books.rows)]
    return UseCost(*np.array(rows).T)


def plant_sellers(chain: Chain) -> Mask:
    """Return the lines most of whose sales to firms become plant (line,)."""
    plant = (chain.plants.from_line * chain.plants.plan[:, None]).sum(axis=0)
    to_firms = chain.sales_by_line[: len(chain.firm_ids)].sum(axis=0)
    return np.asarray((plant > 0) & (plant >= PLANT_SELLER_FROM * to_firms))


def _quarter(books: Books, costs: LineCosts, quarter: int) -> tuple[float, ...]:
    """Return receipts and the costs in the order of `UseCost`."""
    chain = books.chain
    outside = _outside_cost(books, quarter)
    worn, interest = books.depreciation[quarter], costs.interest[quarter]
    running = outside + interest
    whole = running + worn + costs.stock_pay[quarter]
    bought = float((_programs_outside(books, quarter) * _ai_share(books, costs, quarter)).sum())
    ends = use_shares(books, costs, quarter)
    serving = ends.all_
    final = _final(books, quarter) * (ai_lines(chain) & ~plant_sellers(chain))
    markup = _plant_markup(books, quarter)
    return (
        float(final.sum()),
        float((serving * whole).sum()) + bought,
        float(((ends.sold + ends.own) * (running + worn)).sum()),
        float((serving * (running + books.capex[quarter])).sum()) + bought,
        float((serving * (whole - worn * markup)).sum()) + bought,
        float(((ends.sold + ends.programs) * whole).sum()) + bought,
    )


@dataclass(frozen=True)
class UseShares:
    """The shares of each line's output that end in AI use (line,); the rest is other business.

    ``sold``: final users, those who pay nothing included; ``own``: the sellers' own parents;
    ``programs``: training, research and the like.
    """

    sold: Array
    own: Array
    programs: Array

    @property
    def all_(self) -> Array:
        """Return the share that ends in any AI use (line,)."""
        return np.asarray(self.sold + self.own + self.programs)


def use_shares(books: Books, costs: LineCosts, quarter: int) -> UseShares:
    """Return where each line's output ends in a quarter, 0 being the base quarter."""
    chain, firms = books.chain, books.firms
    billed = books.trajectory.records[quarter].by_line[books.path]
    to_input, to_program = _kinds_bought(books, quarter)
    of_line = chain.firm_of_line
    moves = (billed[:firms] * to_input[:, of_line])[of_line].T * _input_weights(books, quarter)
    counts = ai_lines(chain) & ~plant_sellers(chain)
    unpaid, own = _unpaid_use(books, quarter)
    share = _ai_share(books, costs, quarter)
    programs = (billed[:firms] * to_program[:, of_line] * share[:, None]).sum(axis=0)
    used = np.column_stack(
        [(_final(books, quarter) + unpaid - own) * counts, own * counts, programs]
    )
    elsewhere = np.maximum(books.value[quarter] - moves.sum(axis=1) - used.sum(axis=1), 0.0)
    shares, _ = exit_shares(moves, np.column_stack([used, elsewhere]))
    return UseShares(shares[:, 0], shares[:, 1], shares[:, 2])


def _final(books: Books, quarter: int) -> Array:
    """Return what segments were billed for each line (line,)."""
    return np.asarray(books.trajectory.records[quarter].by_line[books.path][books.firms :].sum(0))


def _unpaid_use(books: Books, quarter: int) -> tuple[Array, Array]:
    """Return use that nobody pays for at the price charged, and own use in it (line,) each.

    The split is that of row 0.
    """
    sales = books.chain.sales
    unpaid = np.maximum(books.value[quarter] - books.line_revenue[quarter], 0.0)
    volumes = np.where(sales.pays > 0, 0.0, sales.volume)
    own, all_ = np.zeros_like(unpaid), np.zeros_like(unpaid)
    np.add.at(own, sales.line, volumes * sales.own_use)
    np.add.at(all_, sales.line, volumes)
    return unpaid, np.asarray(unpaid * ratio(own, all_))


def _kinds_bought(books: Books, quarter: int) -> tuple[Array, Array]:
    """Return shares of inputs and programs in what a firm bought of another (firm, firm)."""
    firms = books.firms
    flows = books.flows(quarter)[:, :firms, :firms]
    total = sum(flows[KIND[kind]] for kind in (Kind.INPUT, Kind.PROGRAM, Kind.CAPEX))
    whole = np.asarray(total)
    return ratio(flows[KIND[Kind.INPUT]], whole), ratio(flows[KIND[Kind.PROGRAM]], whole)


def _input_weights(books: Books, quarter: int) -> Array:
    """Return each line's share of its firm's inputs (line,)."""
    chain = books.chain
    weight = (chain.intensity.sum(axis=1) * books.value[quarter])[None, :]
    return np.asarray(ratio(weight, books.per_firm(weight)[:, chain.firm_of_line])[0])


def _ai_share(books: Books, costs: LineCosts, quarter: int) -> Array:
    """Return the share of each firm's programs that is for its AI lines (firm,)."""
    ai = books.per_firm((costs.programs * ai_lines(books.chain))[quarter : quarter + 1])[0]
    return ratio(ai, books.programs[quarter])


def _programs_outside(books: Books, quarter: int) -> Array:
    """Return what firms paid to others than firms for programs (firm,)."""
    firms = books.firms
    return np.asarray(books.flows(quarter)[KIND[Kind.PROGRAM], :firms, firms:].sum(axis=1))


def _outside_cost(books: Books, quarter: int) -> Array:
    """Return what firms paid for labour, energy and the like, line by line (line,)."""
    chain = books.chain
    paid = books.paid_of((Kind.COST,))[quarter]
    weight = chain.variable_cost.sum(axis=1) * books.value[quarter] + chain.fixed_cost.sum(axis=1)
    total = group_sum(weight[None, :], chain.firm_of_line, books.firms)[0]
    return np.asarray(ratio(weight, total[chain.firm_of_line]) * paid[chain.firm_of_line])


def _plant_markup(books: Books, quarter: int) -> Array:
    """Return the part of each line's plant that was its sellers' gross profit (line,)."""
    revenue = books.line_revenue[quarter]
    cost = books.line_cost[quarter] + books.depreciation[quarter]
    margin = np.maximum(0.0, 1.0 - ratio(cost, revenue, 1.0))
    return np.asarray(books.chain.plants.from_line @ margin)
