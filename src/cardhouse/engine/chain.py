"""A world compiled to arrays: who is connected to whom, and the coefficients that row 0 implies.

`Chain` is what the laws read. It is built once per world (`compile_chain`) and never changes: all
that moves is in `engine.state`. Axes: ``line`` (units with price and volume), ``firm`` (purses),
``node`` (firms first, then segments, pools and outside accounts), ``sale`` (final-demand links),
``pool``. Money is USD bn a quarter; volumes are USD bn at base-quarter prices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.errors import EconomyError, did_you_mean
from cardhouse.model.vocabulary import PARAMETERS, ContractKind, EntityKind, terms_of
from cardhouse.model.world import Contract, World

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FLOW_KINDS: tuple[str, ...] = (
    *(kind.value for kind in ContractKind),
    "arrears",
    "liquidation",
    "default_costs",
)
"""Kinds of flow in the books: every contract kind, and what only a crisis knows."""

KIND: dict[str, int] = {kind: number for number, kind in enumerate(FLOW_KINDS)}
CLASSES = 5
"""Seniority: 0 wages and tax, 1 secured, 2 arrears, 3 trade and bonds, 4 subordinated, payouts."""

REQUIRED_ACCOUNTS = ("labour", "tax", "shareholders", "default_costs", "other_business")
HISTORY = 5
"""Quarters of history kept for four-quarter growth rates."""


@dataclass(frozen=True)
class Sales:
    """Final demand, one element per link segment -> line."""

    segment: Index
    line: Index
    basket: Index
    volume: Array
    pays: Array
    own_use: Array
    growth: Array
    growth_end: Array
    half_life: Array
    elasticity: Array
    conversion: Array
    spread: Array


@dataclass(frozen=True)
class Plants:
    """Plant of the lines; zero where a line owns none (``owned`` is False)."""

    owned: NDArray[np.bool_]
    gross: Array
    net: Array
    depreciation: Array
    life: Array
    lead: Index
    capital_intensity: Array
    utilisation: Array
    under_way: Array
    plan: Array
    plan_growth: Array
    from_line: Array  # (line, line): share of capex bought from a line
    from_outside: Array  # (line, node): share of capex bought from an outside account


@dataclass(frozen=True)
class Purses:
    """Firms as purses: positions at row 0 and behaviour with money."""

    cash: Array
    floor: Array
    runway: Array
    cash_per_capex: Array
    burn: Array
    venture_funded: NDArray[np.bool_]
    access: NDArray[np.bool_]  # (firm, node): the pools and strategic investors a firm may ask
    strategic_share: Array
    stock_pay: Array
    tax_rate: Array
    payout: Array
    payout_growth: Array
    other_business: Array
    other_growth: Array
    other_beta: Array
    other_assets: Array


@dataclass(frozen=True)
class Pools:
    """Outside capital: instrument, supply at row 0, terms and limits."""

    is_equity: NDArray[np.bool_]
    supply: Array
    rate: Array
    maturity: Array
    growth: Array
    half_life: Array
    asset_leverage: Array
    income_leverage: Array


@dataclass(frozen=True)
class SignedRound:
    """A signed round in array terms: investor node, firm, amount, quarter, probability."""

    id: str
    investor: int
    firm: int
    amount: float
    quarter: int
    probability: float


@dataclass(frozen=True)
class Chain:
    """One world in arrays: names, topology, coefficients and the flows of row 0."""

    world: World
    line_ids: tuple[str, ...]
    firm_ids: tuple[str, ...]
    node_ids: tuple[str, ...]
    pool_nodes: Index
    firm_of_line: Index
    market_of_line: Index
    market_ids: tuple[str, ...]
    accounts: Mapping[str, int]
    sales: Sales
    intensity: Array  # (buyer line, seller line): units bought per unit sold
    intensity_growth: Array  # (buyer line, seller line)
    essential: Array  # (buyer line, market): output lost when no seller survives
    variable_cost: Array  # (line, node): outside cost per unit
    fixed_cost: Array  # (line, node): outside cost a quarter
    program_line: Array  # (firm, line)
    program_outside: Array  # (firm, node)
    revenue_share: Array  # (line, firm)
    plants: Plants
    purses: Purses
    pools: Pools
    debt: Array  # (firm, pool)
    debt_rate: Array  # (firm, pool)
    debt_maturity: Array  # (firm, pool)
    rounds: tuple[SignedRound, ...]
    volume: Array  # (line,)
    price_follows_cost: Array  # (line,): 1 or 0
    pass_through: Array  # (line,): phi
    opening_growth: Array  # (line,)
    class_of: Index  # (kind, node): seniority class of an obligation
    flows: Array  # (kind, node, node) of row 0
    sales_by_line: Array  # (node, line) of row 0: what each purse paid for each line's output

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Return the numbers of lines, firms, nodes and pools."""
        return len(self.line_ids), len(self.firm_ids), len(self.node_ids), len(self.pool_nodes)


def compile_chain(world: World) -> Chain:
    """Return `world` in arrays, with the coefficients that its base-quarter flows imply.

    Raises
    ------
    EconomyError
        When an entity, line or contract is inconsistent; the message names it.
    """
    _check_world(world)
    names = _Names.of(world)
    rows = _Rows(names, world)
    volume = rows.volumes()
    purchases = rows.matrix(ContractKind.INPUT, names.line, names.line)
    intensity = _per_unit(purchases, volume)
    plants = _plants(world, names, rows)
    return Chain(
        world=world,
        line_ids=tuple(names.line),
        firm_ids=tuple(names.firm),
        node_ids=tuple(names.node),
        pool_nodes=np.array([names.node[pool.id] for pool in world.pools], dtype=np.int64),
        firm_of_line=names.firm_of_line,
        market_of_line=names.market_of_line,
        market_ids=names.market_ids,
        accounts=names.accounts,
        sales=_sales(world, names),
        intensity=intensity,
        intensity_growth=_terms_matrix(world, names, "intensity_growth"),
        essential=_essential(world, names),
        variable_cost=_per_unit(rows.costs(fixed=False), volume),
        fixed_cost=rows.costs(fixed=True),
        program_line=rows.matrix(ContractKind.PROGRAM, names.firm, names.line),
        program_outside=rows.matrix(ContractKind.PROGRAM, names.firm, names.node),
        revenue_share=_revenue_share(rows, names),
        plants=plants,
        purses=_purses(world, names, rows, plants),
        pools=_pools(world, names, rows),
        **_debts(world, names, rows),
        rounds=_rounds(world, names),
        volume=volume,
        price_follows_cost=np.array([float(line.price_follows_cost) for line in world.lines]),
        pass_through=np.array([line.fixed_pass_through for line in world.lines]),
        opening_growth=np.array([line.opening_growth for line in world.lines]),
        class_of=_class_of(world, names),
        flows=rows.flows(),
        sales_by_line=rows.sales_by_line(),
    )


def parameters_of(world: World, changed: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return behavioural parameters: defaults, the world's own, then `changed`."""
    values = {parameter.name: parameter.default for parameter in PARAMETERS}
    for name, value in {**world.parameters, **(changed or {})}.items():
        if name not in values:
            raise EconomyError(
                f"parameter '{name}' is not known.{did_you_mean(name, values)} "
                f"Known parameters: {', '.join(sorted(values))}."
            )
        values[name] = float(value)
    return values


def _check_world(world: World) -> None:
    """Refuse duplicate ids, missing references and unknown terms, naming the culprit."""
    ids = [entity.id for entity in world.entities]
    for entity_id in ids:
        if ids.count(entity_id) > 1:
            raise EconomyError(f"{world.economy}: entity '{entity_id}' is defined more than once.")
    known = set(ids)
    for entity in world.entities:
        if entity.parent and entity.parent not in known:
            raise EconomyError(
                f"{world.economy}: entity '{entity.id}' has parent '{entity.parent}', which is "
                f"not an entity.{did_you_mean(entity.parent, known)}"
            )
    for contract in world.contracts:
        _check_contract(world, contract, known)
    _check_tables(world)


def _check_contract(world: World, contract: Contract, known: set[str]) -> None:
    where = f"{world.economy}: contract {contract.kind} {contract.payer} -> {contract.payee}"
    for side in (contract.payer, contract.payee):
        if side not in known:
            raise EconomyError(f"{where}: '{side}' is not an entity.{did_you_mean(side, known)}")
    if not np.isfinite(contract.amount) or contract.amount < 0:
        raise EconomyError(
            f"{where}: amount is {contract.amount}, expected a finite number >= 0 (USD bn)."
        )
    allowed = terms_of(contract.kind)
    for name, value in contract.terms.items():
        if name not in allowed:
            raise EconomyError(
                f"{where}: term '{name}' is not known for this kind.{did_you_mean(name, allowed)}"
            )
        term = allowed[name]
        if not term.low <= value <= term.high:
            raise EconomyError(
                f"{where}: term '{name}' is {value}, expected {term.low} to {term.high} "
                f"({term.unit})."
            )
    if world.purse_of(contract.payer) == world.purse_of(contract.payee):
        raise EconomyError(
            f"{where}: payer and payee share the purse '{world.purse_of(contract.payer)}'. "
            "Use by a firm's own parent is a sale with own_use = 1 and pays = 0."
        )


def _check_tables(world: World) -> None:
    kinds = {
        EntityKind.LINE: [line.id for line in world.lines],
        EntityKind.FIRM: [firm.id for firm in world.firms],
        EntityKind.POOL: [pool.id for pool in world.pools],
    }
    for kind, listed in kinds.items():
        declared = [entity.id for entity in world.of_kind(kind)]
        if sorted(listed) != sorted(declared):
            odd = sorted(set(listed) ^ set(declared)) or sorted(listed)
            raise EconomyError(
                f"{world.economy}: the table of {kind.value}s and the entities of that kind "
                f"differ in {', '.join(odd)}."
            )
    labels = [entity.label or entity.id for entity in world.of_kind(EntityKind.OUTSIDE)]
    for label in REQUIRED_ACCOUNTS:
        if label not in labels:
            raise EconomyError(
                f"{world.economy}: no outside account is labelled '{label}'. Add an entity of "
                "kind outside with this id or label."
            )


@dataclass(frozen=True)
class _Names:
    """Positions of ids along each axis."""

    line: dict[str, int]
    firm: dict[str, int]
    node: dict[str, int]
    purse: dict[str, int]
    accounts: dict[str, int]
    firm_of_line: Index
    market_of_line: Index
    market_ids: tuple[str, ...]

    @classmethod
    def of(cls, world: World) -> _Names:
        """Number the world's entities in the world's order."""
        line = _numbered(line.id for line in world.lines)
        firm = _numbered(firm.id for firm in world.firms)
        order = [*firm, *(e.id for e in world.of_kind(EntityKind.SEGMENT))]
        order += [pool.id for pool in world.pools]
        order += [e.id for e in world.of_kind(EntityKind.OUTSIDE)]
        node = _numbered(order)
        by_id = world.by_id
        markets = [by_id[name].market or by_id[name].tier for name in line]
        market = _numbered(dict.fromkeys(markets))
        return cls(
            line=line,
            firm=firm,
            node=node,
            purse={e.id: node[world.purse_of(e.id)] for e in world.entities},
            accounts={
                e.label or e.id: node[e.id] for e in world.of_kind(EntityKind.OUTSIDE)
            },
            firm_of_line=np.array([firm[world.purse_of(name)] for name in line], dtype=np.int64),
            market_of_line=np.array([market[name] for name in markets], dtype=np.int64),
            market_ids=tuple(market),
        )


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


class _Rows:
    """The world's contracts as matrices."""

    def __init__(self, names: _Names, world: World) -> None:
        self.names = names
        self.world = world

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

    def sale_volumes(self) -> list[tuple[Contract, float]]:
        """Return each sale with its volume: the amount paid, or the imputed volume of free use."""
        return [
            (sale, sale.amount if sale.terms.get("pays", 1.0) else sale.terms.get("volume", 0.0))
            for sale in self.world.contracts_of(ContractKind.SALE)
        ]

    def volumes(self) -> Array:
        """Return each line's volume in the base quarter (line,)."""
        volume = np.zeros(len(self.names.line))
        for sale, amount in self.sale_volumes():
            volume[self.names.line[sale.payee]] += amount
        for kind in (ContractKind.INPUT, ContractKind.CAPEX):
            volume += self.matrix(kind, self.names.line, self.names.line).sum(axis=0)
        return volume + self.matrix(ContractKind.PROGRAM, self.names.firm, self.names.line).sum(0)

    def flows(self) -> Array:
        """Return the flows of row 0 between purses (kind, node, node)."""
        count = len(self.names.node)
        out = np.zeros((len(FLOW_KINDS), count, count))
        for contract in self.world.contracts:
            payer, payee = self.names.purse[contract.payer], self.names.purse[contract.payee]
            out[KIND[contract.kind.value], payer, payee] += contract.amount
        return out

    def sales_by_line(self) -> Array:
        """Return what each purse paid for each line's output at row 0 (node, line)."""
        out = np.zeros((len(self.names.node), len(self.names.line)))
        for contract in self.world.contracts:
            if contract.payee in self.names.line:
                payer, line = self.names.purse[contract.payer], self.names.line[contract.payee]
                out[payer, line] += contract.amount
        return out

    def by_firm(self, kind: ContractKind, *, incoming: bool) -> Array:
        """Return the amounts of `kind` that firms receive (incoming) or pay (firm,)."""
        flows = self.flows()[KIND[kind.value]]
        firms = len(self.names.firm)
        return flows.sum(axis=0)[:firms] if incoming else flows.sum(axis=1)[:firms]


def _per_unit(amounts: Array, volume: Array) -> Array:
    """Divide amounts (line, ...) by the line's volume; zero where there is no volume."""
    safe = np.where(volume > 0, volume, 1.0)
    return np.asarray(np.where((volume > 0)[:, None], amounts / safe[:, None], 0.0))


def _sales(world: World, names: _Names) -> Sales:
    sales = list(world.contracts_of(ContractKind.SALE))
    defaults = {name: term.default for name, term in terms_of(ContractKind.SALE).items()}

    def term(name: str) -> Array:
        return np.array([sale.terms.get(name, defaults[name]) for sale in sales], dtype=float)

    pays = term("pays")
    line = np.array([names.line[sale.payee] for sale in sales], dtype=np.int64)
    segment = np.array([names.node[sale.payer] for sale in sales], dtype=np.int64)
    market = names.market_of_line[line] if len(line) else line
    keys = _numbered(dict.fromkeys(zip(segment.tolist(), market.tolist(), pays, strict=True)))  # type: ignore[arg-type]
    basket = [keys[key] for key in zip(segment.tolist(), market.tolist(), pays, strict=True)]  # type: ignore[index]
    amounts = np.array([sale.amount for sale in sales], dtype=float)
    return Sales(
        segment=segment,
        line=line,
        basket=np.array(basket, dtype=np.int64),
        volume=np.where(pays > 0, amounts, term("volume")),
        pays=pays,
        own_use=term("own_use"),
        growth=term("growth"),
        growth_end=term("growth_end"),
        half_life=term("half_life"),
        elasticity=term("elasticity"),
        conversion=term("conversion"),
        spread=term("spread"),
    )


def _terms_matrix(world: World, names: _Names, term: str) -> Array:
    out = np.zeros((len(names.line), len(names.line)))
    for contract in world.contracts_of(ContractKind.INPUT):
        out[names.line[contract.payer], names.line[contract.payee]] = contract.terms.get(term, 0.0)
    return out


def _essential(world: World, names: _Names) -> Array:
    """Return the output share lost per buyer line and market when no seller survives."""
    out = np.zeros((len(names.line), len(names.market_ids)))
    default = terms_of(ContractKind.INPUT)["essential"].default
    for contract in world.contracts_of(ContractKind.INPUT):
        row = names.line[contract.payer]
        market = names.market_of_line[names.line[contract.payee]]
        out[row, market] = max(out[row, market], contract.terms.get("essential", default))
    return out


def _revenue_share(rows: _Rows, names: _Names) -> Array:
    """Return the share of each line's paid revenue that it owes to a firm (line, firm)."""
    amounts = np.zeros((len(names.line), len(names.firm)))
    for contract in rows.world.contracts_of(ContractKind.REVENUE_SHARE):
        payee = names.purse[contract.payee]
        amounts[names.line[contract.payer], payee] += contract.amount
    return _per_unit(amounts, rows.sales_by_line().sum(axis=0))


def _plants(world: World, names: _Names, rows: _Rows) -> Plants:
    plants = [line.plant for line in world.lines]

    def of(name: str, empty: float) -> Array:
        values = [empty if plant is None else float(getattr(plant, name)) for plant in plants]
        return np.array(values, dtype=float)

    from_line = rows.matrix(ContractKind.CAPEX, names.line, names.line)
    from_outside = rows.matrix(ContractKind.CAPEX, names.line, names.node)
    plan = from_line.sum(axis=1) + from_outside.sum(axis=1)
    owned = np.array([plant is not None for plant in plants], dtype=bool)
    for number, line in enumerate(world.lines):
        if plan[number] > 0 and not owned[number]:
            raise EconomyError(f"{world.economy}: line '{line.id}' buys plant but has no plant.")
    return Plants(
        owned=owned,
        gross=of("gross", 0.0),
        net=of("net", 0.0),
        depreciation=of("depreciation", 0.0),
        life=of("life_quarters", 24.0),
        lead=of("lead_quarters", 1.0).astype(np.int64),
        capital_intensity=of("capital_intensity", 1.0),
        utilisation=of("target_utilisation", 1.0),
        under_way=of("orders_under_way", 0.0),
        plan=plan,
        plan_growth=of("plan_growth", 0.0),
        from_line=_per_unit(from_line, plan),
        from_outside=_per_unit(from_outside, plan),
    )


def _purses(world: World, names: _Names, rows: _Rows, plants: Plants) -> Purses:
    firms = world.firms
    cash = np.array([firm.cash for firm in firms], dtype=float)
    capex = np.zeros(len(firms))
    np.add.at(capex, names.firm_of_line, plants.plan)
    burn = _opening_burn(rows)
    access = np.zeros((len(firms), len(names.node)), dtype=bool)
    for number, firm in enumerate(firms):
        for name in firm.access:
            if name not in names.node:
                raise EconomyError(
                    f"{world.economy}: firm '{firm.id}' has access to '{name}', which is neither "
                    f"a pool nor a firm.{did_you_mean(name, names.node)}"
                )
            access[number, names.node[name]] = True
    other = rows.by_firm(ContractKind.OTHER_BUSINESS, incoming=True)
    other -= rows.by_firm(ContractKind.OTHER_BUSINESS, incoming=False)
    return Purses(
        cash=cash,
        floor=np.array([firm.cash_floor for firm in firms]),
        runway=_solved([firm.runway_target_quarters for firm in firms], cash, burn, (2.0, 8.0)),
        cash_per_capex=_solved([firm.cash_per_capex for firm in firms], cash, capex, (0.0, 4.0)),
        burn=burn,
        venture_funded=np.array([firm.venture_funded for firm in firms], dtype=bool),
        access=access,
        strategic_share=np.array([firm.strategic_share for firm in firms]),
        stock_pay=np.array([firm.stock_pay for firm in firms]),
        tax_rate=_tax_rate(rows, names, plants),
        payout=rows.by_firm(ContractKind.PAYOUT, incoming=False),
        payout_growth=np.array([firm.payout_growth for firm in firms]),
        other_business=other,
        other_growth=np.array([firm.other_growth for firm in firms]),
        other_beta=np.array([firm.other_beta for firm in firms]),
        other_assets=np.array([firm.other_assets for firm in firms]),
    )


def _solved(
    given: list[float | None], cash: Array, flow: Array, bounds: tuple[float, float]
) -> Array:
    """Return the given ratio, or the one that opening cash implies: cash / flow within bounds."""
    implied = np.clip(cash / np.where(flow > 0, flow, np.inf), *bounds)
    return np.array([i if g is None else g for g, i in zip(given, implied, strict=True)])


FINANCING = (ContractKind.EQUITY, ContractKind.DEBT_DRAWN)


def _opening_burn(rows: _Rows) -> Array:
    """Return each firm's cash burn before financing in the base quarter, at least 0 (firm,)."""
    flows = rows.flows()
    inflow, outflow = flows.sum(axis=1), flows.sum(axis=2)
    kept = [n for n, kind in enumerate(FLOW_KINDS) if kind != ContractKind.OTHER_CASH.value]
    own_choice = {ContractKind.PAYOUT.value, ContractKind.REPAYMENT.value}
    spent = [n for n in kept if FLOW_KINDS[n] not in own_choice]
    earned = [n for n in kept if FLOW_KINDS[n] not in {kind.value for kind in FINANCING}]
    firms = len(rows.names.firm)
    return np.asarray(np.maximum(0.0, outflow[spent].sum(0) - inflow[earned].sum(0))[:firms])


def _tax_rate(rows: _Rows, names: _Names, plants: Plants) -> Array:
    """Return tax paid over positive pre-tax result of the base quarter, at most 0.5 (firm,)."""
    tax = rows.by_firm(ContractKind.TAX, incoming=False)
    profit = opening_profit(rows.flows(), names.firm_of_line, plants.depreciation, len(names.firm))
    return np.asarray(np.clip(tax / np.where(profit > 0, profit, np.inf), 0.0, 0.5))


COST_KINDS = (
    ContractKind.INPUT,
    ContractKind.COST,
    ContractKind.PROGRAM,
    ContractKind.REVENUE_SHARE,
    ContractKind.INTEREST,
)
SALES_KINDS = (
    ContractKind.SALE,
    ContractKind.INPUT,
    ContractKind.PROGRAM,
    ContractKind.CAPEX,
    ContractKind.REVENUE_SHARE,
    ContractKind.OTHER_BUSINESS,
)


def opening_profit(
    flows: Array, firm_of_line: Index, depreciation: Array, firms: int
) -> Array:
    """Return pre-tax result before stock pay from flows (kind, node, node): (firm,)."""
    earned = sum(flows[KIND[kind.value]].sum(axis=0)[:firms] for kind in SALES_KINDS)
    spent = sum(flows[KIND[kind.value]].sum(axis=1)[:firms] for kind in COST_KINDS)
    spent = spent + flows[KIND[ContractKind.OTHER_BUSINESS.value]].sum(axis=1)[:firms]
    worn = np.zeros(firms)
    np.add.at(worn, firm_of_line, depreciation)
    return np.asarray(earned - spent - worn)


def _pools(world: World, names: _Names, rows: _Rows) -> Pools:
    flows = rows.flows()
    given = flows[KIND["debt_drawn"]].sum(axis=1) + flows[KIND["equity"]].sum(axis=1)
    supply = [
        given[names.node[pool.id]] if pool.base_supply is None else pool.base_supply
        for pool in world.pools
    ]
    for pool in world.pools:
        if pool.instrument not in ("equity", "debt"):
            raise EconomyError(
                f"{world.economy}: pool '{pool.id}' has instrument '{pool.instrument}', expected "
                "'equity' or 'debt'."
            )

    def of(name: str) -> Array:
        return np.array([float(getattr(pool, name)) for pool in world.pools])

    return Pools(
        is_equity=np.array([pool.instrument == "equity" for pool in world.pools], dtype=bool),
        supply=np.array(supply, dtype=float),
        rate=of("rate"),
        maturity=of("maturity_quarters"),
        growth=of("growth"),
        half_life=of("half_life"),
        asset_leverage=of("asset_leverage"),
        income_leverage=of("income_leverage"),
    )


def _debts(world: World, names: _Names, rows: _Rows) -> dict[str, Array]:
    """Return debt, effective rate and maturity (firm, pool); paid flows of row 0 rule."""
    pool = _numbered(p.id for p in world.pools)
    shape = (len(names.firm), len(pool))
    debt, rate, life = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for item in world.debts:
        at = names.firm[item.firm], pool[item.pool]
        total = debt[at] + item.amount
        weight = item.amount / total if total > 0 else 1.0
        rate[at] += weight * (item.rate - rate[at])
        life[at] += weight * (item.maturity_quarters - life[at])
        debt[at] = total
    columns = [names.node[name] for name in pool]
    flows, firms = rows.flows(), len(names.firm)
    interest = flows[KIND["interest"]][:firms, columns]
    repaid = flows[KIND["repayment"]][:firms, columns]
    safe = np.where(debt > 0, debt, 1.0)
    rate = np.where((debt > 0) & (interest > 0), interest / safe, rate)
    life = np.where((debt > 0) & (repaid > 0), debt / np.where(repaid > 0, repaid, 1.0), life)
    default_life = np.array([p.maturity_quarters for p in world.pools])
    life = np.where(life > 0, life, default_life)
    return {"debt": debt, "debt_rate": rate, "debt_maturity": np.maximum(life, 1.0)}


def _rounds(world: World, names: _Names) -> tuple[SignedRound, ...]:
    out = []
    for item in world.rounds:
        for side in (item.investor, item.firm):
            if side not in names.node:
                raise EconomyError(
                    f"{world.economy}: round '{item.id}' names '{side}', which is neither a firm "
                    f"nor a pool.{did_you_mean(side, names.node)}"
                )
        out.append(
            SignedRound(
                id=item.id,
                investor=names.node[item.investor],
                firm=names.firm[item.firm],
                amount=item.amount,
                quarter=item.quarter,
                probability=item.probability,
            )
        )
    return tuple(out)


def _class_of(world: World, names: _Names) -> Index:
    """Return the seniority class of an obligation of each kind to each node (kind, node)."""
    out = np.full((len(FLOW_KINDS), len(names.node)), 3, dtype=np.int64)
    out[:, names.accounts["labour"]] = 0
    out[:, names.accounts["tax"]] = 0
    out[:, names.accounts["default_costs"]] = 0
    pool_class = {1: 1, 2: 3, 3: 4}
    for pool in world.pools:
        out[:, names.node[pool.id]] = pool_class.get(pool.seniority, 3)
    out[KIND["arrears"], :] = 2
    out[KIND["payout"], :] = 4
    out[KIND["equity"], :] = 4
    return out
