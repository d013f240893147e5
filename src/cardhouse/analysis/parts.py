"""What belongs to which line: costs that a firm bears as a whole, shared among its lines.

Programs, interest and pay in shares are a firm's; a ledger of its AI part, or of a division, needs
its lines' share. They go by billed revenue, as the laws of price do, and training goes to AI lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.books import Books
from cardhouse.engine.chain import Array, Chain
from cardhouse.engine.per_chain import PerChain
from cardhouse.engine.sums import group_sum, ratio
from cardhouse.model.vocabulary import ContractKind as Kind

Mask = NDArray[np.bool_]


def ai_lines(chain: Chain) -> Mask:
    """Return which lines are AI business (line,)."""
    return _ai_lines.of(chain)


_ai_lines: PerChain[Mask] = PerChain(
    lambda chain: np.array([line.is_ai for line in chain.world.lines], dtype=bool)
)


@dataclass(frozen=True)
class LineCosts:
    """Costs line by line (quarter, line); what a firm without lines bears is in none of them."""

    books: Books

    @cached_property
    def programs(self) -> Array:
        """Return programs: training to AI lines, the rest by revenue."""
        chain = self.books.chain
        training = _training.of(chain)
        ai, has_ai = self._ai_shares
        to_ai = np.where(has_ai, training[chain.firm_of_line], 0.0)
        weight = to_ai * ai + (1.0 - to_ai) * self.shares
        return np.asarray(self.books.programs[:, chain.firm_of_line] * weight)

    @cached_property
    def promises(self) -> Array:
        """Return committed use not taken and capacity bought back: by revenue of AI lines."""
        ai, has_ai = self._ai_shares
        promises = self.books.promises[:, self.books.chain.firm_of_line]
        return np.asarray(promises * np.where(has_ai, ai, self.shares))

    @cached_property
    def _ai_shares(self) -> tuple[Array, Mask]:
        """Return each line's share among its firm's AI lines, and which lines' firms have any."""
        of_line = self.books.chain.firm_of_line
        ai = _shares_within(self.books, ai_lines(self.books.chain))
        return ai, group_sum(ai, of_line, self.books.firms)[:, of_line] > 0

    @cached_property
    def shares(self) -> Array:
        """Return each line's share of its firm's common costs; a firm's shares add to 1."""
        return _shares_within(self.books, np.ones(len(self.books.chain.line_ids), dtype=bool))

    @cached_property
    def interest(self) -> Array:
        """Return interest by revenue."""
        return np.asarray(self.books.interest[:, self.books.chain.firm_of_line] * self.shares)

    @cached_property
    def stock_pay(self) -> Array:
        """Return pay in shares by revenue."""
        return np.asarray(self.books.stock_pay[:, self.books.chain.firm_of_line] * self.shares)

    @cached_property
    def cash_cost(self) -> Array:
        """Return what is billed in cash: inputs, outside cost, programs, promises, interest."""
        running = self.books.line_cost + self.programs + self.promises
        return np.asarray(running + self.interest)

    @cached_property
    def noncash_cost(self) -> Array:
        """Return depreciation and pay in shares."""
        return np.asarray(self.books.depreciation + self.stock_pay)


def training_share(chain: Chain) -> Array:
    """Return the share of each firm's programs that is training or research compute (firm,)."""
    number = {name: at for at, name in enumerate(chain.firm_ids)}
    training, total = np.zeros(len(number)), np.zeros(len(number))
    for contract in chain.world.contracts_of(Kind.PROGRAM):
        at = number[contract.payer]
        total[at] += contract.amount
        training[at] += contract.amount * contract.terms.get("training", 0.0)
    return ratio(training, total)


_training: PerChain[Array] = PerChain(training_share)


def _shares_within(books: Books, lines: Mask) -> Array:
    """Return each line's share among its firm's chosen lines by revenue, equal where none sells."""
    of_line, firms = books.chain.firm_of_line, books.firms
    weight = books.line_revenue * lines
    total = group_sum(weight, of_line, firms)[:, of_line]
    count = group_sum(lines[None, :].astype(np.float64), of_line, firms)[:, of_line]
    return np.where(total > 0, ratio(weight, total), ratio(lines.astype(np.float64), count))
