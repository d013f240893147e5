"""Positions of a world's entities along the axes, and its contracts as matrices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from cardhouse.engine.links import Array, Index
from cardhouse.model.vocabulary import ContractKind, EntityKind
from cardhouse.model.world import Contract, World

Name = TypeVar("Name")


@dataclass(frozen=True)
class Names:
    """Positions of ids along each axis."""

    line: dict[str, int]
    firm: dict[str, int]
    node: dict[str, int]
    pool: dict[str, int]
    purse: dict[str, int]
    accounts: dict[str, int]
    firm_of_line: Index
    market_of_line: Index
    market_ids: tuple[str, ...]

    @classmethod
    def of(cls, world: World) -> Names:
        """Return the positions of the world's entities, in the world's order."""
        by_id = world.by_id
        line = numbered(line.id for line in world.lines)
        firm = numbered(firm.id for firm in world.firms)
        pool = numbered(pool.id for pool in world.pools)
        outside = world.of_kind(EntityKind.OUTSIDE)
        segments = (entity.id for entity in world.of_kind(EntityKind.SEGMENT))
        node = numbered([*firm, *segments, *pool, *(entity.id for entity in outside)])
        markets = [by_id[name].market or by_id[name].tier for name in line]
        market = numbered(dict.fromkeys(markets))
        purse_of = {entity.id: world.purse_of(entity.id) for entity in world.entities}
        return cls(
            line=line,
            firm=firm,
            node=node,
            pool=pool,
            purse={name: node[purse] for name, purse in purse_of.items()},
            accounts={entity.label or entity.id: node[entity.id] for entity in outside},
            firm_of_line=np.array([firm[purse_of[name]] for name in line], dtype=np.int64),
            market_of_line=np.array([market[name] for name in markets], dtype=np.int64),
            market_ids=tuple(market),
        )


def numbered(names: Iterable[Name]) -> dict[Name, int]:
    """Return each name's place."""
    return {name: number for number, name in enumerate(names)}


class Rows:
    """The contracts of a world as matrices."""

    def __init__(self, names: Names, world: World) -> None:
        self.names = names
        self.world = world
        self.sales_by_line = self._sales_by_line()

    def matrix(self, kind: ContractKind, rows: dict[str, int], columns: dict[str, int]) -> Array:
        """Return the amounts of `kind` whose payer and payee stand on these two axes."""
        out = np.zeros((len(rows), len(columns)))
        for contract in self.world.contracts_of(kind):
            if contract.payer in rows and contract.payee in columns:
                out[rows[contract.payer], columns[contract.payee]] += contract.amount
        return out

    def costs(self, *, fixed: bool) -> Array:
        """Return outside costs (line, node) that are fixed, or that vary with volume."""
        out = np.zeros((len(self.names.line), len(self.names.node)))
        for contract in self.world.contracts_of(ContractKind.COST):
            if bool(contract.terms.get("fixed", 0.0)) == fixed:
                row, column = self.names.line[contract.payer], self.names.node[contract.payee]
                out[row, column] += contract.amount
        return out

    def volumes(self) -> Array:
        """Return each line's volume in the base quarter (line,)."""
        volume = np.zeros(len(self.names.line))
        for sale in self.world.contracts_of(ContractKind.SALE):
            volume[self.names.line[sale.payee]] += sale_volume(sale)
        for kind in (ContractKind.INPUT, ContractKind.CAPEX):
            volume += self.matrix(kind, self.names.line, self.names.line).sum(axis=0)
        for kind in (ContractKind.PROGRAM, ContractKind.BUY_BACK):
            volume += self.matrix(kind, self.names.firm, self.names.line).sum(axis=0)
        return volume

    def paid_by_firm(self, kind: ContractKind) -> Array:
        """Return what firms pay in `kind` (firm,)."""
        return self._per_purse(kind, "payer")[: len(self.names.firm)]

    def received_by_firm(self, kind: ContractKind) -> Array:
        """Return what firms receive in `kind` (firm,)."""
        return self._per_purse(kind, "payee")[: len(self.names.firm)]

    def paid_by_pool(self, kind: ContractKind) -> Array:
        """Return what pools pay in `kind` (pool,)."""
        return self._per_purse(kind, "payer")[[self.names.node[name] for name in self.names.pool]]

    def _per_purse(self, kind: ContractKind, end: str) -> Array:
        """Return the amounts of `kind` by purse at one end, payer or payee (node,)."""
        out = np.zeros(len(self.names.node))
        for contract in self.world.contracts_of(kind):
            out[self.names.purse[getattr(contract, end)]] += contract.amount
        return out

    def _sales_by_line(self) -> Array:
        """Return what each purse paid for each line's output at row 0 (node, line)."""
        out = np.zeros((len(self.names.node), len(self.names.line)))
        for contract in self.world.contracts:
            if contract.payee in self.names.line:
                payer, line = self.names.purse[contract.payer], self.names.line[contract.payee]
                out[payer, line] += contract.amount
        return out


def sale_volume(sale: Contract) -> float:
    """Return the volume of a sale: the amount paid, or the imputed volume of use that is free."""
    return sale.amount if sale.terms.get("pays", 1.0) else sale.terms.get("volume", 0.0)
