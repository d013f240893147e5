"""A world compiled to arrays: topology, coefficients and the flows of row 0."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

import numpy as np

from cardhouse.engine.arrays import HISTORY, Array, Chain, Index, Mask, Sales
from cardhouse.engine.chain_contracts import (
    compile_bindings,
    compile_buy_backs,
    compile_credit,
    compile_guarantees,
    compile_leased,
    compile_leases,
    compile_shares,
    compile_strategic,
)
from cardhouse.engine.chain_links import compile_links
from cardhouse.engine.chain_plants import compile_plants
from cardhouse.engine.chain_purses import (
    compile_credit_lines,
    compile_loans,
    compile_pools,
    compile_purses,
    compile_rounds,
    compile_stakes,
)
from cardhouse.engine.links import FLOW_KINDS, KIND
from cardhouse.engine.names import Names, Rows, numbered, sale_volume
from cardhouse.engine.sums import per_unit
from cardhouse.engine.world_checks import check_world
from cardhouse.errors import EconomyError, did_you_mean
from cardhouse.model.parameters import PARAMETERS, Parameter
from cardhouse.model.vocabulary import ContractKind, terms_of
from cardhouse.model.world import Contract, World

SALE_TERMS = {name: term.default for name, term in terms_of(ContractKind.SALE).items()}


def compile_chain(world: World) -> Chain:
    """Return `world` in arrays, with the coefficients that its base-quarter flows imply.

    Raises
    ------
    EconomyError
        When an entity, line or contract is inconsistent; the message names it.
    """
    check_world(world)
    parameters_of(world)
    names = Names.of(world)
    rows = Rows(names, world)
    volume = rows.volumes()
    inputs = rows.matrix(ContractKind.INPUT, names.line, names.line)
    plants = compile_plants(world, names, rows, volume)
    sales, loans = _sales(world, names), compile_loans(world, names, rows)
    links, opening = compile_links(world, names, sales, loans)
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
        sales=sales,
        intensity=per_unit(inputs, volume),
        intensity_growth=_intensity_growth(world, names),
        essential=_essential(world, names),
        variable_cost=per_unit(rows.costs(fixed=False), volume),
        fixed_cost=rows.costs(fixed=True),
        program_line=rows.matrix(ContractKind.PROGRAM, names.firm, names.line),
        program_outside=rows.matrix(ContractKind.PROGRAM, names.firm, names.node),
        shares=compile_shares(world, names, rows),
        leases=compile_leases(world, names),
        plants=plants,
        purses=compile_purses(world, names, rows, plants),
        pools=compile_pools(world, names, rows),
        loans=loans,
        links=links,
        bindings=compile_bindings(world, names, links),
        credit=compile_credit(world, names, links),
        guarantees=compile_guarantees(world, names),
        buy_backs=compile_buy_backs(world, names),
        credit_lines=compile_credit_lines(world, names),
        leased=compile_leased(world, names, links),
        strategic=compile_strategic(world, names),
        rounds=compile_rounds(world, names),
        stakes=compile_stakes(world, names),
        volume=volume,
        price_follows_cost=np.array([float(line.price_follows_cost) for line in world.lines]),
        pass_through=np.array([line.fixed_pass_through for line in world.lines]),
        opening_growth=np.array([line.opening_growth for line in world.lines]),
        opening=opening,
        sales_by_line=rows.sales_by_line,
    )


def parameters_of(world: World, changed: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return behavioural parameters: defaults, the world's own, then `changed`.

    Raises
    ------
    EconomyError
        When a name is not known, or a value is not a number that the parameter can take.
    """
    values = {name: parameter.default for name, parameter in _KNOWN.items()}
    for name, value in {**world.parameters, **(changed or {})}.items():
        check_parameter(name, value)
        values[name] = float(value)
    return values


_KNOWN: dict[str, Parameter] = {parameter.name: parameter for parameter in PARAMETERS}


def check_parameter(name: str, value: float) -> None:
    """Refuse what is no parameter, and what one cannot mean; the plausible range is only advice.

    Raises
    ------
    EconomyError
        When the name is not known, or the value is not a number that the parameter can take.
    """
    if name not in _KNOWN:
        raise EconomyError(
            f"parameter '{name}' is not known.{did_you_mean(name, _KNOWN)} "
            f"Known parameters: {', '.join(sorted(_KNOWN))}."
        )
    parameter = _KNOWN[name]
    most = 1.0 if parameter.unit.startswith("share") else np.inf
    if not (isfinite(value) and 0.0 <= value <= most):
        raise EconomyError(
            f"parameter '{parameter.name}' is {value}, expected a number from 0"
            f"{'' if most == np.inf else ' to 1'} ({parameter.unit}; plausible "
            f"{parameter.low:g} to {parameter.high:g})."
        )


def _sales(world: World, names: Names) -> Sales:
    """Return final demand by link: the world's sales, then links without volume to rivals."""
    sales = list(world.contracts_of(ContractKind.SALE))
    keys = [_basket_key(sale, names) for sale in sales]
    basket = numbered(dict.fromkeys(keys))
    rivals = _rival_links(sales, keys, names)
    links = [(sale, names.line[sale.payee]) for sale in sales] + rivals
    rows = [sale for sale, _ in links]

    def term(name: str) -> Array:
        return np.array([sale.terms.get(name, SALE_TERMS[name]) for sale in rows], dtype=float)

    volume = [sale_volume(sale) for sale in sales] + [0.0] * len(rivals)
    groups = [basket[_basket_key(sale, names)] for sale in rows]
    return Sales(
        segment=np.array([names.node[sale.payer] for sale in rows], dtype=np.int64),
        line=np.array([line for _, line in links], dtype=np.int64),
        basket=np.array(groups, dtype=np.int64),
        volume=np.array(volume, dtype=float),
        pays=term("pays"),
        own_use=term("own_use"),
        growth=term("growth"),
        growth_end=term("growth_end"),
        half_life=term("half_life"),
        ceiling=term("ceiling"),
        elasticity=term("elasticity"),
        conversion=term("conversion"),
        spread=term("spread"),
    )


BasketKey = tuple[str, int, bool, bool]


def _basket_key(sale: Contract, names: Names) -> BasketKey:
    """Return what makes sales one basket: segment, market, and whether it is paid or own use."""
    market = int(names.market_of_line[names.line[sale.payee]])
    free = not sale.terms.get("pays", 1.0)
    return sale.payer, market, free, bool(sale.terms.get("own_use", 0.0))


def _rival_links(
    sales: list[Contract], keys: list[BasketKey], names: Names
) -> list[tuple[Contract, int]]:
    """Return, for each basket, the sellers of its market that it does not buy from yet.

    A rival's link carries the terms of the basket's first sale. Own use never moves.
    """
    first = {key: sale for sale, key in reversed(list(zip(sales, keys, strict=True)))}
    taken = {(key, names.line[sale.payee]) for sale, key in zip(sales, keys, strict=True)}
    return [
        (sale, int(line))
        for key, sale in first.items()
        if not key[3]
        for line in np.flatnonzero(names.market_of_line == key[1])
        if (key, int(line)) not in taken
    ]


def _intensity_growth(world: World, names: Names) -> Array:
    """Return the growth of use per unit (buyer line, seller line)."""
    out = np.zeros((len(names.line), len(names.line)))
    for contract in world.contracts_of(ContractKind.INPUT):
        at = names.line[contract.payer], names.line[contract.payee]
        out[at] = contract.terms.get("intensity_growth", 0.0)
    return out


def _essential(world: World, names: Names) -> Array:
    """Return the output share lost per buyer line and market when no seller survives."""
    out = np.zeros((len(names.line), len(names.market_ids)))
    default = terms_of(ContractKind.INPUT)["essential"].default
    for contract in world.contracts_of(ContractKind.INPUT):
        at = names.line[contract.payer], names.market_of_line[names.line[contract.payee]]
        out[at] = max(out[at], contract.terms.get("essential", default))
    return out


__all__ = [
    "FLOW_KINDS",
    "HISTORY",
    "KIND",
    "Array",
    "Chain",
    "Index",
    "Mask",
    "compile_chain",
    "parameters_of",
]
