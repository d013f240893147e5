"""The second model in numpy, all paths side by side; arrays are (path, firm) unless said.

Only paths on which somebody cannot pay are cleared, all at once and from above: everybody pays what
the last round's receipts allow. Who pays whom for inputs is never written out: what sellers receive
is what buyers order, times what they pay of it. Arrears of firms to each other are rare: a table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from fragile_model import LAWS, Economy


@dataclass(frozen=True)
class Late:
    """Arrears of firms to each other, (entry,)."""

    path: np.ndarray
    payer: np.ndarray
    payee: np.ndarray
    amount: np.ndarray

    @classmethod
    def nothing(cls) -> Late:
        """Return no arrears."""
        return cls(*np.zeros((3, 0), dtype=np.int64), np.zeros(0))

    def on(self, paths: np.ndarray) -> Late:
        """Return those of some paths, in order, numbered as they stand there."""
        at = np.minimum(np.searchsorted(paths, self.path), len(paths) - 1)
        mine = paths[at] == self.path if len(paths) else np.zeros(len(at), dtype=bool)
        return Late(at[mine], self.payer[mine], self.payee[mine], self.amount[mine])

    def paid(self, shape: tuple[int, int]) -> np.ndarray:
        """Return what each firm owes."""
        return self._summed(self.payer, self.amount, shape)

    def received(self, share: np.ndarray) -> np.ndarray:
        """Return what each firm receives when payers pay such shares."""
        return self._summed(self.payee, self.amount * share[self.path, self.payer], share.shape)

    def _summed(self, firm: np.ndarray, amount: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        place = self.path * shape[1] + firm
        return np.bincount(place, amount, shape[0] * shape[1]).reshape(shape)


@dataclass
class State:
    """All paths at the end of a quarter."""

    price: np.ndarray
    volume: np.ndarray
    normal: np.ndarray
    revenue: np.ndarray
    profit: np.ndarray
    cash: np.ndarray
    debt: np.ndarray
    drawn: np.ndarray  # of the committed line
    stress: np.ndarray
    alive: np.ndarray
    confidence: np.ndarray  # (path, 1)
    final_value: np.ndarray  # (path, 1): what users were asked to pay
    late_outside: np.ndarray  # arrears to others than firms
    late: Late


@dataclass(frozen=True)
class Bills:
    """What falls due in the quarter, and what is sure to come in."""

    resources: np.ndarray
    first: np.ndarray  # wages and tax
    late_outside: np.ndarray
    outside: np.ndarray  # other bills to others than firms
    inputs: np.ndarray
    late: Late


class Chain:
    """What does not change from quarter to quarter."""

    def __init__(self, economy: Economy, quarters: int) -> None:
        self.economy = economy
        self.inputs = economy.inputs
        self.markets = economy.markets
        self.starts = np.array([market.start for market in self.markets])
        self.opening = economy.volume
        self.opening_cost = self.inputs.sum(axis=1) + economy.variable
        self.opening_cost += economy.pass_through * economy.fixed / self.opening
        self.sizes = economy.sizes(quarters)
        self.trend = self.sizes.sum(axis=1)

    def by_market(self, values: np.ndarray) -> np.ndarray:
        """Return for each firm the sum over its market."""
        return np.add.reduceat(values, self.starts, axis=1)[:, self.economy.market]

    def start(self, paths: int) -> State:
        """Return the base quarter."""
        economy, wide = self.economy, (paths, self.economy.firms)
        nothing = np.zeros(wide)
        full = np.broadcast_to(self.opening, wide)
        return State(
            price=np.ones(wide),
            volume=full,
            normal=full,
            revenue=full,
            profit=np.broadcast_to(economy.profit, wide),
            cash=np.broadcast_to(economy.cash, wide),
            debt=np.broadcast_to(economy.debt, wide),
            drawn=nothing,
            stress=nothing,
            alive=np.ones(wide, dtype=bool),
            confidence=np.ones((paths, 1)),
            final_value=np.full((paths, 1), economy.demand.sum()),
            late_outside=nothing,
            late=Late.nothing(),
        )


@dataclass(frozen=True)
class Sourcing:
    """Who buys from whom now: as ever from the living, the rest from survivors of the market."""

    chain: Chain
    alive: np.ndarray
    weight: np.ndarray  # of each seller in its market
    elsewhere: list[np.ndarray]  # by market: units per unit sold that dead sellers made

    @classmethod
    def of(cls, chain: Chain, state: State) -> Sourcing:
        """Return who buys from whom after the last quarter."""
        weight = ratio(state.volume, chain.by_market(state.volume))
        dead = 1.0 - state.alive
        elsewhere = [dead[:, at] @ chain.inputs[:, at].T for at in chain.markets]
        return cls(chain, state.alive, weight, elsewhere)

    def on(self, paths: np.ndarray) -> Sourcing:
        """Return the same for some paths."""
        elsewhere = [units[paths] for units in self.elsewhere]
        return Sourcing(self.chain, self.alive[paths], self.weight[paths], elsewhere)

    @property
    def all_live(self) -> bool:
        """Tell whether nobody has died anywhere."""
        return bool(self.alive.all())

    def per_unit(self, price: np.ndarray) -> np.ndarray:
        """Return what inputs of a unit cost at some prices."""
        inputs = self.chain.inputs
        if self.all_live:
            return price @ inputs.T
        out = (price * self.alive) @ inputs.T
        for at, units in zip(self.chain.markets, self.elsewhere, strict=True):
            out += units * (self.weight[:, at] * price[:, at]).sum(axis=1, keepdims=True)
        return out

    def orders(self, made: np.ndarray) -> np.ndarray:
        """Return what all order from each firm when they make so much."""
        out = made @ self.chain.inputs
        if self.all_live:
            return out
        out *= self.alive
        for at, units in zip(self.chain.markets, self.elsewhere, strict=True):
            out[:, at] += self.weight[:, at] * (units * made).sum(axis=1, keepdims=True)
        return out

    def volumes(self, demand: np.ndarray) -> np.ndarray:
        """Return what is made, market after market down the chain."""
        out = demand.copy()
        for number, at in enumerate(self.chain.markets):
            before = slice(0, at.start)
            orders = out[:, before] @ self.chain.inputs[before, at]
            if not self.all_live:
                orders *= self.alive[:, at]
                units = (self.elsewhere[number][:, before] * out[:, before]).sum(axis=1)
                orders += self.weight[:, at] * units[:, None]
            out[:, at] += orders
        return out

    def units(self, path: np.ndarray, buyer: np.ndarray) -> np.ndarray:
        """Return what some buyers buy of each seller per unit sold, (entry, seller)."""
        out = self.chain.inputs[buyer] * self.alive[path]
        for at, units in zip(self.chain.markets, self.elsewhere, strict=True):
            out[:, at] += units[path, buyer, None] * self.weight[path, at]
        return out


@dataclass(frozen=True)
class Trade:
    """What firms bill each other for inputs."""

    sourcing: Sourcing
    price: np.ndarray
    volume: np.ndarray
    received: np.ndarray  # when all pay


def ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Return top / bottom, and 0 where bottom is not positive."""
    return np.divide(top, bottom, out=np.zeros(np.broadcast(top, bottom).shape), where=bottom > 0)


def new_prices(chain: Chain, state: State, inputs: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Move prices towards cost, and towards the mean of the market."""
    economy = chain.economy
    standing = ratio(economy.pass_through * economy.fixed, normal)
    service = inputs + economy.variable + standing
    interest = np.where(state.volume > 0, economy.rate * state.debt, 0.0)
    unpassed = (1.0 - economy.pass_through) * economy.fixed
    full = service + ratio(interest + unpassed * (state.volume > 0), state.volume)
    target = service / chain.opening_cost
    target = target + state.stress * np.maximum(full - target, 0.0)
    move = 1.0 + LAWS.price_speed * (target / state.price - 1.0)
    moved = state.price * np.clip(move, 1.0 - LAWS.price_step, 1.0 + LAWS.price_step)
    logs = np.log(np.maximum(moved, LAWS.lowest_price))
    total = chain.by_market(state.volume)
    mean = ratio(chain.by_market(state.volume * logs), total)
    pull = np.where(total > 0, LAWS.price_pull, 0.0)
    return np.maximum(np.exp((1.0 - pull) * logs + pull * mean), LAWS.lowest_price)


def final_demand(chain: Chain, state: State, size: np.ndarray, price: np.ndarray) -> np.ndarray:
    """Split what users want over sellers; some of the custom of the dead moves to survivors."""
    power = 1.0 - LAWS.switching
    living = size * state.alive
    total = chain.by_market(living)
    index = chain.by_market(ratio(living, total) * price**power)
    basket = np.where(total > 0, np.where(index > 0, index, 1.0) ** (1.0 / power), price)
    wanted = size * basket**-chain.economy.elasticity * (price / basket) ** -LAWS.switching
    if state.alive.all():
        return wanted
    kept = wanted * state.alive
    orphaned = chain.by_market(wanted - kept)
    return kept + LAWS.substitution * ratio(orphaned, chain.by_market(kept)) * kept


def lend(
    economy: Economy, state: State, owed: np.ndarray, expected: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what firms borrow, what of it on lines, and the essential money that they need."""
    due = state.debt / economy.life
    runway = economy.runway * np.maximum(0.0, owed - due - expected)
    gap = owed - state.cash - expected
    wanted = np.maximum(0.0, np.maximum(runway, economy.floor) + gap) * state.alive
    safety = np.maximum(LAWS.essential_burn * runway, economy.floor)
    essential = np.maximum(0.0, safety + gap) * state.alive
    is_open = state.confidence >= economy.closes_below
    supply = economy.supply * state.confidence**LAWS.supply_exponent * is_open
    most = economy.income_leverage * np.maximum(0.0, 4.0 * state.profit)
    room = np.maximum(0.0, most - (state.debt - due))
    rolled = np.minimum(due * state.alive, room)
    rolled *= np.minimum(1.0, ratio(supply, rolled.sum(axis=1, keepdims=True)))
    left = np.maximum(0.0, wanted - rolled)
    from_line = np.minimum(left, (economy.line - state.drawn) * state.alive * is_open)
    left = np.maximum(0.0, left - from_line)
    supply = np.maximum(0.0, supply - rolled.sum(axis=1, keepdims=True))
    covers = state.profit >= LAWS.cover_limit * economy.rate * state.debt
    room = np.where(covers, np.maximum(0.0, room - rolled - from_line), 0.0)
    new = np.minimum(left, room)
    new *= np.minimum(1.0, ratio(supply, new.sum(axis=1, keepdims=True)))
    return rolled + from_line + new, from_line, essential


@dataclass
class Cleared:
    """What is paid on some paths when some cannot pay in full."""

    first: np.ndarray  # shares paid of each class
    late: np.ndarray
    trade: np.ndarray
    left: np.ndarray
    failed: np.ndarray


@dataclass(frozen=True)
class Case:
    """Some paths to be cleared."""

    sourcing: Sourcing
    made: np.ndarray
    price: np.ndarray
    resources: np.ndarray
    dues: list[np.ndarray]  # of wages and tax; arrears; all others
    late: Late

    def on(self, paths: np.ndarray, called: np.ndarray) -> Case:
        """Return the same for some paths, with debt that falls due."""
        first, second, third = (due[paths] for due in self.dues)
        return Case(
            sourcing=self.sourcing.on(paths),
            made=self.made[paths],
            price=self.price[paths],
            resources=self.resources[paths],
            dues=[first, second, third + called],
            late=self.late.on(paths),
        )

    def inflow(self, late: np.ndarray, trade: np.ndarray) -> np.ndarray:
        """Return what firms receive from each other when such shares are paid."""
        received = self.price * self.sourcing.orders(self.made * trade)
        return received + self.late.received(late) if len(self.late.path) else received

    def unpaid(self, late: np.ndarray, trade: np.ndarray) -> Late:
        """Return what is left when such shares are not paid."""
        path, payer = np.nonzero(trade)
        units = self.sourcing.units(path, payer)
        amounts = units * (trade * self.made)[path, payer, None] * self.price[path]
        entry, payee = np.nonzero(amounts)
        old = self.late.amount * late[self.late.path, self.late.payer]
        return Late(
            np.concatenate([path[entry], self.late.path]),
            np.concatenate([payer[entry], self.late.payer]),
            np.concatenate([payee, self.late.payee]),
            np.concatenate([amounts[entry, payee], old]),
        )


def clear(case: Case, failed: np.ndarray) -> Cleared:
    """Pay classes in order, pro rata within each, until nothing moves."""
    due = sum(case.dues)
    enough = due * (1.0 - LAWS.rounding)
    short = np.zeros_like(failed)
    ratios = np.ones((3, *due.shape))
    while True:
        means = case.resources + case.inflow(ratios[1], ratios[2])
        failed = failed | (means < LAWS.default_threshold * enough)
        budget = np.where(failed, (1.0 - LAWS.default_costs) * means, means)
        short = short | (budget < enough)
        after, before = np.ones_like(ratios), 0.0
        for number, own in enumerate(case.dues):
            np.divide(budget - before, own, out=after[number], where=short & (own > 0))
            before = before + own
        after = np.clip(after, 0.0, 1.0)
        if np.abs(after - ratios).max(initial=0.0) <= 1e-15:
            left = np.where(failed, 0.0, np.maximum(0.0, budget - due))
            return Cleared(*after, left, failed)
        ratios = after


def settle(
    state: State, bills: Bills, trade: Trade, debt: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Late]:
    """Pay all bills; return cash, who failed, and arrears to others and to firms."""
    second = bills.late_outside + bills.late.paid(debt.shape)
    dues = [bills.first, second, bills.outside + bills.inputs]
    late_from = bills.late.received(np.ones(debt.shape))
    due, means = sum(dues), bills.resources + trade.received + late_from
    cash = np.maximum(0.0, means - due)
    failed, late_outside = np.zeros_like(state.alive), np.zeros_like(cash)
    at = np.flatnonzero((means < due * (1.0 - LAWS.rounding)).any(axis=1))
    whole = Case(trade.sourcing, trade.volume, trade.price, bills.resources, dues, bills.late)
    case = whole.on(at, np.zeros((len(at), 1)))
    found = clear(case, failed[at])
    go = np.flatnonzero(found.failed.any(axis=1))
    while len(go):
        gone = found.failed[go]
        again = clear(case.on(go, debt[at[go]] * gone), gone)
        for name, values in vars(again).items():
            getattr(found, name)[go] = values
        go = go[(again.failed & ~gone).any(axis=1)]
    failed[at], cash[at] = found.failed, found.left
    gaps = [
        np.where(share < 1.0 - LAWS.rounding, 1.0 - share, 0.0) * ~found.failed
        for share in (found.first, found.late, found.trade)
    ]
    late_outside[at] = gaps[0] * bills.first[at] + gaps[1] * bills.late_outside[at]
    late_outside[at] += gaps[2] * bills.outside[at]
    late = case.unpaid(gaps[1], gaps[2])
    path = at[late.path]
    stays = (late.amount > 0.0) & (state.alive & ~failed)[path, late.payee]
    columns = path, late.payer, late.payee, late.amount
    return cash, failed, late_outside, Late(*(column[stays] for column in columns))


def run_quarter(
    chain: Chain, state: State, quarter: int, shock: np.ndarray
) -> tuple[State, np.ndarray]:
    """Return the state after a quarter, and who failed in it."""
    economy = chain.economy
    sourcing = Sourcing.of(chain, state)
    normal = np.maximum(state.volume, LAWS.retreat * state.normal)
    price = new_prices(chain, state, sourcing.per_unit(state.price), normal)
    demand = final_demand(chain, state, chain.sizes[quarter] * shock, price)
    volume = sourcing.volumes(demand)
    inputs = sourcing.per_unit(price) * volume
    revenue = price * volume
    other, fixed = economy.variable * volume, economy.fixed * state.alive
    profit = revenue - inputs - other - fixed
    interest, due = economy.rate * state.debt, state.debt / economy.life
    tax = economy.tax_rate * np.maximum(0.0, profit - interest)
    late_to = state.late.paid(volume.shape)
    late_from = state.late.received(np.ones(volume.shape))
    outside = fixed + interest + due
    owed = inputs + other + tax + outside + state.late_outside + late_to
    borrowed, from_line, essential = lend(economy, state, owed, revenue + late_from)
    debt = np.maximum(0.0, state.debt - due) + borrowed
    bills = Bills(
        resources=state.cash + price * demand + borrowed,
        first=other + tax,
        late_outside=state.late_outside,
        outside=outside,
        inputs=inputs,
        late=state.late,
    )
    trade = Trade(sourcing, price, volume, price * (volume - demand))
    cash, failed, late_outside, late = settle(state, bills, trade, debt)
    alive = state.alive & ~failed
    missing = np.maximum(0.0, essential - borrowed)
    stress = LAWS.stress_memory * state.stress
    stress = stress + (1.0 - LAWS.stress_memory) * np.minimum(ratio(missing, essential), 1.0)
    final_value = (price * demand).sum(axis=1, keepdims=True)
    asked = np.maximum(essential, borrowed).sum(axis=1, keepdims=True)
    unmet = ratio(missing.sum(axis=1, keepdims=True), asked)
    after = State(
        price=price,
        volume=volume * alive,
        normal=normal * alive,
        revenue=revenue * alive,
        profit=profit * alive,
        cash=cash,
        debt=debt * alive,
        drawn=state.drawn + from_line,
        stress=stress * alive,
        alive=alive,
        confidence=new_confidence(chain, state, quarter, failed, final_value, unmet),
        final_value=final_value,
        late_outside=late_outside,
        late=late,
    )
    return after, failed


def new_confidence(
    chain: Chain,
    state: State,
    quarter: int,
    failed: np.ndarray,
    final_value: np.ndarray,
    unmet: np.ndarray,
) -> np.ndarray:
    """Return the confidence of lenders, (path, 1)."""
    growth = np.where(state.final_value > 0, ratio(final_value, state.final_value), 1.0)
    surprise = growth - chain.trend[quarter] / chain.trend[quarter - 1]
    revenue = state.revenue.sum(axis=1, keepdims=True)
    lost = ratio((state.revenue * failed).sum(axis=1, keepdims=True), revenue)
    c = state.confidence + LAWS.confidence_return * (1.0 - state.confidence)
    c = c + LAWS.confidence_growth * surprise - LAWS.confidence_default * lost
    return np.clip(c - LAWS.confidence_unmet * unmet, 0.0, LAWS.most_confidence)


def run(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cash, revenue and failures, each (quarter, path, firm)."""
    chain = Chain(economy, len(shocks) - 1)
    state = chain.start(shocks.shape[1])
    cash, revenue = np.empty((2, *shocks.shape))
    failed = np.zeros(shocks.shape, dtype=bool)
    cash[0], revenue[0] = state.cash, state.revenue
    for quarter in range(1, len(shocks)):
        state, failed[quarter] = run_quarter(chain, state, quarter, shocks[quarter])
        cash[quarter], revenue[quarter] = state.cash, state.revenue
    return cash, revenue, failed


def run_single(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the same, one path after the other."""
    each = [run(economy, shocks[:, path : path + 1]) for path in range(shocks.shape[1])]
    return tuple(np.concatenate(parts, axis=1) for parts in zip(*each, strict=True))
