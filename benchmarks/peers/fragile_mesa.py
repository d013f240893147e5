"""The second model in mesa: firms and the lender are agents, a quarter is a sequence of deeds.

Buyers come before their sellers, so that orders and payments go down the chain in one pass.
"""

from __future__ import annotations

import math

import mesa
import numpy as np
from fragile_model import LAWS, Economy

FIRST, LATE, TRADE = range(3)  # classes of bills: wages and tax; arrears; all others


class Firm(mesa.Agent):
    """A firm that sells in one market and buys from firms of later ones."""

    def __init__(self, model: Chain, number: int) -> None:
        super().__init__(model)
        economy = model.economy
        self.number = number
        for name in (
            "elasticity", "variable", "fixed", "pass_through", "tax_rate", "cash", "floor",
            "runway", "debt",
        ):  # fmt: skip
            setattr(self, name, float(getattr(economy, name)[number]))
        self.line_left = float(economy.line[number])
        self.price = self.price_before = 1.0
        self.volume = self.volume_before = self.normal = self.revenue = model.opening[number]
        self.revenue_before = self.revenue
        self.profit = model.opening_profit[number]
        self.stress = self.essential = self.borrowed = 0.0
        self.alive, self.failed = True, False
        self.contracts: list[tuple[Market, list[tuple[Firm, float]]]] = []
        self.sources: list[tuple[Firm, float]] = []
        self.late_outside = 0.0
        self.late: list[tuple[Firm, float]] = []
        self.opening_cost = 0.0

    def agree(self, sellers: list[tuple[Firm, float]]) -> None:
        """Make contracts, market by market; remember what a unit costs at the base quarter."""
        markets: dict[Market, list[tuple[Firm, float]]] = {}
        for seller, units in sellers:
            markets.setdefault(seller.market, []).append((seller, units))
        self.contracts = list(markets.items())
        self.opening_cost = sum(units for _, units in sellers) + self.variable
        self.opening_cost += self.pass_through * self.fixed / self.normal

    def choose_sources(self) -> None:
        """Buy from the living as ever; what the dead sold comes from survivors of their market."""
        self.sources = []
        for market, sellers in self.contracts:
            lost = 0.0
            for seller, units in sellers:
                if seller.alive:
                    self.sources.append((seller, units))
                else:
                    lost += units
            if lost > 0.0 and market.volume > 0.0:
                for seller in market.firms:
                    if seller.alive:
                        units = lost * seller.volume_before / market.volume
                        self.sources.append((seller, units))

    def set_price(self) -> None:
        """Move the price towards cost with the opening margin; under stress, to full cost."""
        self.normal = max(self.volume_before, LAWS.retreat * self.normal)
        service = sum(units * seller.price_before for seller, units in self.sources)
        service += self.variable
        if self.normal > 0.0:
            service += self.pass_through * self.fixed / self.normal
        target = service / self.opening_cost
        if self.stress > 0.0:
            burden = self.model.lender.rate * self.debt + (1.0 - self.pass_through) * self.fixed
            full = service + burden / self.volume_before
            target += self.stress * max(full - target, 0.0)
        move = 1.0 + LAWS.price_speed * (target / self.price_before - 1.0)
        step = LAWS.price_step
        self.price = self.price_before * min(max(move, 1.0 - step), 1.0 + step)

    def sell(self) -> None:
        """Serve users and firms before it in the chain, and order what that takes."""
        self.volume = self.demand + self.orders
        for seller, units in self.sources:
            seller.orders += units * self.volume

    def write_bills(self) -> None:
        """Write all that falls due."""
        self.inputs = [
            (seller, units * self.volume * seller.price) for seller, units in self.sources
        ]
        self.revenue = self.price * self.volume
        other, fixed = self.variable * self.volume, self.fixed if self.alive else 0.0
        bought = sum(amount for _, amount in self.inputs)
        self.profit_before, self.profit = self.profit, self.revenue - bought - other - fixed
        interest = self.model.lender.rate * self.debt
        self.due = self.debt / self.model.lender.life
        tax = self.tax_rate * max(0.0, self.profit - interest)
        self.first = other + tax
        self.outside = fixed + interest + self.due
        self.bills = [
            self.first,
            self.late_outside + sum(amount for _, amount in self.late),
            self.outside + bought,
        ]
        self.expected = self.revenue + self.late_to_come
        self.received = 0.0

    def ask(self) -> None:
        """Work out what money is wanted, and what cannot be done without."""
        owed = sum(self.bills)
        runway = self.runway * max(0.0, owed - self.due - self.expected)
        gap = owed - self.cash - self.expected
        self.wanted = max(0.0, max(runway, self.floor) + gap) if self.alive else 0.0
        safety = max(LAWS.essential_burn * runway, self.floor)
        self.essential = max(0.0, safety + gap) if self.alive else 0.0

    def open_till(self) -> None:
        """Put together what there is before other firms pay."""
        self.resources = self.cash + self.price * self.demand + self.borrowed
        self.called = 0.0

    def pay(self) -> None:
        """Pay, class by class, out of what has come in."""
        means = self.resources + self.received
        dues = [self.bills[FIRST], self.bills[LATE], self.bills[TRADE] + self.called]
        enough = sum(dues) * (1.0 - LAWS.rounding)
        self.fails = self.failed or means < LAWS.default_threshold * enough
        left = (1.0 - LAWS.default_costs) * means if self.fails else means
        self.left = left - sum(dues)
        self.shares = [1.0, 1.0, 1.0]
        if left < enough:
            self.left = 0.0
            for rank, due in enumerate(dues):
                if due > 0.0:
                    self.shares[rank] = min(left, due) / due
                    left -= min(left, due)
        for payee, amount in self.inputs:
            payee.received += self.shares[TRADE] * amount
        for payee, amount in self.late:
            payee.received += self.shares[LATE] * amount

    def close_books(self) -> None:
        """Keep what is left, carry small gaps as arrears, or go."""
        missing = max(0.0, self.essential - self.borrowed)
        self.missing = missing
        if self.essential > 0.0:
            missing = min(missing / self.essential, 1.0)
        memory = LAWS.stress_memory
        self.stress = memory * self.stress + (1.0 - memory) * missing
        self.debt = max(0.0, self.debt - self.due) + self.borrowed
        self.price_before, self.volume_before = self.price, self.volume
        self.cash = max(0.0, self.left)
        gaps = [1.0 - share if share < 1.0 - LAWS.rounding else 0.0 for share in self.shares]
        self.late_outside = gaps[FIRST] * self.first + gaps[LATE] * self.late_outside
        self.late_outside += gaps[TRADE] * self.outside
        late = [(payee, gaps[LATE] * amount) for payee, amount in self.late]
        late += [(payee, gaps[TRADE] * amount) for payee, amount in self.inputs]
        self.late = [(payee, amount) for payee, amount in late if amount > 0.0 and payee.alive]
        if not self.alive:
            self.cash = self.debt = self.stress = self.revenue = self.profit = 0.0
            self.volume = self.volume_before = self.normal = self.late_outside = 0.0
            self.late = []

    def announce_arrears(self) -> None:
        """Let creditors know what is late."""
        for payee, amount in self.late:
            payee.late_to_come += amount

    def reset(self) -> None:
        """Begin a quarter."""
        self.orders = self.late_to_come = self.borrowed = 0.0
        self.failed = False
        self.revenue_before = self.revenue


class Market:
    """Sellers of the same thing."""

    def __init__(self, firms: list[Firm]) -> None:
        self.firms = firms
        for firm in firms:
            firm.market = self

    @property
    def living(self) -> list[Firm]:
        """Return who is alive."""
        return [firm for firm in self.firms if firm.alive]

    def look_back(self) -> None:
        """Add up last quarter's volumes."""
        self.volume = sum(firm.volume_before for firm in self.firms)

    def pull_prices(self) -> None:
        """Pull prices towards their mean, which weighs by last quarter's volumes."""
        logs = [math.log(max(firm.price, LAWS.lowest_price)) for firm in self.firms]
        pull = LAWS.price_pull if self.volume > 0.0 else 0.0
        mean = 0.0
        if self.volume > 0.0:
            mean = sum(f.volume_before * log for f, log in zip(self.firms, logs, strict=True))
            mean /= self.volume
        for firm, log in zip(self.firms, logs, strict=True):
            firm.price = max(math.exp((1.0 - pull) * log + pull * mean), LAWS.lowest_price)

    def ask_users(self, sizes: list[float]) -> None:
        """Split what users want over sellers; some of the custom of the dead moves on."""
        power = 1.0 - LAWS.switching
        total = sum(sizes[firm.number] for firm in self.living)
        index = 0.0
        for firm in self.living:
            index += sizes[firm.number] / total * firm.price**power
        orphaned = kept = 0.0
        for firm in self.firms:
            basket = index ** (1.0 / power) if total > 0.0 else firm.price
            wanted = sizes[firm.number] * basket**-firm.elasticity
            wanted *= (firm.price / basket) ** -LAWS.switching
            firm.demand = wanted if firm.alive else 0.0
            orphaned += wanted - firm.demand
            kept += firm.demand
        if orphaned > 0.0 and kept > 0.0:
            for firm in self.living:
                firm.demand += LAWS.substitution * orphaned / kept * firm.demand


class Lender(mesa.Agent):
    """The pool that lends to all firms."""

    def __init__(self, model: Chain) -> None:
        super().__init__(model)
        economy = model.economy
        self.rate, self.life, self.supply = economy.rate, economy.life, economy.supply
        self.leverage, self.closes_below = economy.income_leverage, economy.closes_below
        self.confidence = 1.0

    def lend(self) -> None:
        """Roll over what matures, honour lines, then lend anew; pro rata where it runs short."""
        is_open = self.confidence >= self.closes_below
        supply = self.supply * self.confidence**LAWS.supply_exponent if is_open else 0.0
        firms = self.model.firms
        for firm in firms:
            most = self.leverage * max(0.0, 4.0 * firm.profit_before)
            firm.room = max(0.0, most - (firm.debt - firm.due))
            firm.asks = min(firm.due, firm.room) if firm.alive else 0.0
        supply -= self.serve(supply)
        for firm in firms:
            firm.room = max(0.0, firm.room - firm.borrowed)
            firm.wanted = max(0.0, firm.wanted - firm.borrowed)
            if is_open and firm.alive:
                draw = min(firm.wanted, firm.line_left)
                firm.line_left -= draw
                firm.borrowed += draw
                firm.wanted -= draw
                firm.room = max(0.0, firm.room - draw)
            covers = firm.profit_before >= LAWS.cover_limit * self.rate * firm.debt
            firm.asks = min(firm.wanted, firm.room) if covers else 0.0
        self.serve(max(0.0, supply))

    def serve(self, supply: float) -> float:
        """Lend what is asked, as far as there is money; return what was lent."""
        asked = sum(firm.asks for firm in self.model.firms)
        share = min(1.0, supply / asked) if asked > 0.0 else 0.0
        for firm in self.model.firms:
            firm.borrowed += share * firm.asks
        return share * asked

    def look_around(self) -> None:
        """Gain confidence by growth and time, lose it by failure and want."""
        model, firms = self.model, self.model.firms
        value = sum(firm.price * firm.demand for firm in firms)
        growth = value / model.final_value if model.final_value > 0.0 else 1.0
        model.final_value = value
        surprise = growth - model.trend[model.quarter] / model.trend[model.quarter - 1]
        revenue = sum(firm.revenue_before for firm in firms)
        lost = sum(firm.revenue_before for firm in firms if firm.failed)
        asked = sum(max(firm.essential, firm.borrowed) for firm in firms)
        missing = sum(firm.missing for firm in firms)
        c = self.confidence + LAWS.confidence_return * (1.0 - self.confidence)
        c += LAWS.confidence_growth * surprise
        c -= LAWS.confidence_default * lost / revenue if revenue > 0.0 else 0.0
        c -= LAWS.confidence_unmet * missing / asked if asked > 0.0 else 0.0
        self.confidence = min(max(c, 0.0), LAWS.most_confidence)


class Chain(mesa.Model):
    """The chain of firms on one path of shocks (quarter, firm)."""

    def __init__(self, economy: Economy, shocks: np.ndarray) -> None:
        super().__init__()
        self.economy = economy
        self.opening, self.opening_profit = economy.volume.tolist(), economy.profit.tolist()
        sizes = economy.sizes(len(shocks) - 1)
        self.trend = sizes.sum(axis=1).tolist()
        self.sizes = (sizes * shocks).tolist()
        self.final_value = float(economy.demand.sum())
        self.quarter = 0
        self.lender = Lender(self)
        self.firms = [Firm(self, number) for number in range(economy.firms)]
        self.markets = [Market(self.firms[at]) for at in economy.markets]
        contracts: list[list[tuple[Firm, float]]] = [[] for _ in self.firms]
        for buyer, seller, units in zip(
            economy.buyer, economy.seller, economy.intensity, strict=True
        ):
            contracts[buyer].append((self.firms[seller], float(units)))
        for firm, sellers in zip(self.firms, contracts, strict=True):
            firm.agree(sellers)
        self.workers = self.agents_by_type[Firm]

    def step(self) -> None:
        """Live through one quarter."""
        self.quarter += 1
        for market in self.markets:
            market.look_back()
        for deed in ("reset", "announce_arrears", "choose_sources", "set_price"):
            self.workers.do(deed)
        for market in self.markets:
            market.pull_prices()
            market.ask_users(self.sizes[self.quarter])
        for deed in ("sell", "write_bills", "ask"):
            self.workers.do(deed)
        self.lender.lend()
        self.workers.do("open_till")
        self.settle()
        self.workers.do("close_books")
        self.lender.look_around()

    def settle(self) -> None:
        """Let all pay, buyers before sellers, until nobody new fails; whose debt falls due."""
        self.workers.do("pay")
        while new := [firm for firm in self.firms if firm.fails and not firm.failed]:
            for firm in new:
                firm.failed = True
                firm.called = max(0.0, firm.debt - firm.due) + firm.borrowed
            self.workers.set("received", 0.0)
            self.workers.do("pay")
        for firm in self.firms:
            if firm.failed:
                firm.alive = False


def run(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cash, revenue and failures, each (quarter, path, firm)."""
    out = np.empty((3, *shocks.shape))
    for path in range(shocks.shape[1]):
        model = Chain(economy, shocks[:, path])
        for quarter in range(len(shocks)):
            if quarter:
                model.step()
            for number, name in enumerate(("cash", "revenue", "failed")):
                out[number, quarter, path] = [getattr(firm, name) for firm in model.firms]
    return out[0], out[1], out[2] > 0.0
