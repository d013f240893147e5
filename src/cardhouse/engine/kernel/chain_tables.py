"""Who is connected to whom in a chain, as the tables that the compiled laws read; made once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cardhouse.engine.arrays import HISTORY, NO_CLAIM, SECURED, Chain
from cardhouse.engine.chain_purses import MEASURES
from cardhouse.engine.funding import NO_LIMIT
from cardhouse.engine.kernel.kinds import Indices
from cardhouse.engine.kernel.tables import Tables
from cardhouse.engine.programs import opening_budget
from cardhouse.engine.sums import shares


def chain_tables(chain: Chain) -> Tables:
    """Return the tables of a chain, to which those of a run are added."""
    tables = Tables()
    at = Owners.of(chain)
    _sizes(tables, chain)
    _lines(tables, chain, at)
    _sales(tables, chain)
    _edges(tables, chain)
    _plants(tables, chain, at)
    _firms(tables, chain)
    _pools(tables, chain)
    _loans(tables, chain)
    _equity(tables, chain)
    _rounds(tables, chain)
    _contracts(tables, chain)
    _links(tables, chain)
    return tables


@dataclass(frozen=True)
class Owners:
    """Lines that own plant, and each line's place among them (-1: none)."""

    owned: np.ndarray
    of_line: np.ndarray

    @classmethod
    def of(cls, chain: Chain) -> Owners:
        """Return the owners of plant of a chain."""
        owned = np.flatnonzero(chain.plants.owned)
        of_line = np.full(len(chain.line_ids), -1, dtype=np.int64)
        of_line[owned] = np.arange(len(owned))
        return cls(owned, of_line)


def _sizes(t: Tables, chain: Chain) -> None:
    lines, firms, nodes, pools = chain.shape
    t.size("lines", lines)
    t.size("firms", firms)
    t.size("nodes", nodes)
    t.size("pools", pools)
    t.size("markets", len(chain.market_ids))
    t.size("sales", len(chain.sales.line))
    t.size("baskets", int(chain.sales.basket.max(initial=-1)) + 1)
    t.size("loans", len(chain.loans.amount))
    t.size("owned", int(chain.plants.owned.sum()))
    t.size("parts", chain.plants.share.shape[0])
    t.size("cells", chain.plants.share.shape[0] * int(chain.plants.owned.sum()))
    t.size("bindings", chain.bindings.count)
    t.size("credits", len(chain.credit.link))
    t.size("guarantees", len(chain.guarantees.cap))
    t.size("backs", len(chain.buy_backs.cap))
    t.size("backs_kept", HISTORY - 1)
    t.size("credit_lines", len(chain.credit_lines.limit))
    t.size("leased", len(chain.leased.link))
    t.size("leases", len(chain.leases.line))
    t.size("shares", len(chain.shares.line))
    t.size("strategics", len(chain.strategic.firm))
    t.size("rounds", len(chain.rounds))
    t.size("links", chain.links.count)
    t.size("equity_pools", int(chain.pools.is_equity.sum()))
    t.size("tiers", int(chain.purses.tier.max(initial=-1)) + 1)


def _lines(t: Tables, chain: Chain, at: Owners) -> None:
    t.index("line_firm", chain.firm_of_line)
    t.index("line_market", chain.market_of_line)
    t.index("owned_of_line", at.of_line)
    t.index("owned_line", at.owned)
    t.number("fixed_cost", chain.fixed_cost.sum(axis=1))
    t.number("variable_cost", chain.variable_cost.sum(axis=1))
    t.number("pass_through", chain.pass_through)
    t.number("price_follows", chain.price_follows_cost)
    follows = chain.price_follows_cost > 0
    rivals = np.bincount(chain.market_of_line, follows, len(chain.market_ids))
    t.index("priced_alone", follows & (rivals[chain.market_of_line] == 1))
    t.number("most_volume", [1e15 * max(float(chain.volume.sum()), 1e-300)])
    firms = len(chain.firm_ids)
    by_firm = [np.flatnonzero(chain.firm_of_line == firm).tolist() for firm in range(firms)]
    t.index_lists("firm_line", "firm_first", by_firm)


def _sales(t: Tables, chain: Chain) -> None:
    sales = chain.sales
    t.index("sale_line", sales.line)
    t.number("sale_pays", sales.pays)
    t.number("sale_own", sales.own_use)
    baskets = int(sales.basket.max(initial=-1)) + 1
    members = [np.flatnonzero(sales.basket == basket).tolist() for basket in range(baskets)]
    t.index_lists("basket_sale", "basket_first", members)
    sold = np.zeros(len(chain.line_ids), dtype=np.int64)
    sold[sales.line[sales.pays > 0]] = 1
    t.index("line_sold", sold)
    competes = np.zeros(len(chain.line_ids), dtype=np.int64)
    competes[[sales.line[one] for of in members if len(of) > 1 for one in of]] = 1
    t.index("line_competes", competes & sold)


@dataclass(frozen=True)
class _Edge:
    """A seller that a buyer may buy from, before edges are grouped."""

    buyer: int  # line, or firm for programs
    firm: int
    seller: int
    link: int
    opening: float
    bound: bool

    @property
    def used(self) -> bool:
        """Whether something flows in row 0, or may by a contract."""
        return self.opening > 0 or self.bound


def _edges(t: Tables, chain: Chain) -> None:
    links, market = chain.links, chain.market_of_line
    tables = (
        ("input", links.buyer_line, chain.intensity),
        ("program", links.payer, chain.program_line),
        ("capex", links.buyer_line, chain.plants.from_line),
    )
    bound = set(zip(chain.bindings.buyer.tolist(), chain.bindings.seller.tolist(), strict=True))
    bound |= {(one.firm, one.earmark) for one in chain.rounds if one.earmark >= 0}
    edges: list[_Edge] = []
    groups: list[list[_Edge]] = []
    counts = []
    for name, buyers, table in tables:
        found: dict[tuple[int, int], list[_Edge]] = defaultdict(list)
        where = links.of(name)
        for link in range(where.start, where.stop):
            buyer, seller = int(buyers[link]), int(links.seller_line[link])
            firm, opening = int(links.payer[link]), float(table[buyer, seller])
            binds = name == "program" and (firm, seller) in bound
            edge = _Edge(buyer, firm, seller, link, opening, binds)
            found[buyer, int(market[seller])].append(edge)
        for key in sorted(found):
            groups.append(sorted(found[key], key=lambda one: (not one.used, one.link)))
            edges.extend(groups[-1])
        counts.append((len(edges), len(groups)))
    (inputs, input_groups), (upto, program_groups), _ = counts
    t.size("edges", len(edges))
    t.size("inputs", inputs)
    t.size("program_edges", upto - inputs)
    t.size("groups", len(groups))
    t.size("input_groups", input_groups)
    t.size("program_groups", program_groups - input_groups)
    first = np.cumsum([0, *(len(one) for one in groups)])
    t.index("group_first", first)
    used = [sum(one.used for one in group) for group in groups]
    t.index("group_used", first[:-1] + used)
    t.index("group_market", [market[group[0].seller] for group in groups])
    t.index("group_buyer", [group[0].buyer for group in groups])
    t.index("group_firm", [group[0].firm for group in groups])
    t.index("edge_seller", [one.seller for one in edges])
    t.index("edge_buyer", [one.buyer for one in edges])
    t.index("edge_group", [number for number, group in enumerate(groups) for _ in group])
    t.index("edge_link", [one.link for one in edges])
    t.number("edge_opening", [one.opening for one in edges])
    buyers_of_groups = [group[0].buyer for group in groups[:input_groups]]
    t.index("line_groups", np.searchsorted(buyers_of_groups, np.arange(len(chain.line_ids) + 1)))
    heads = groups[:input_groups]
    t.number("essential", [chain.essential[g[0].buyer, market[g[0].seller]] for g in heads])
    sells = np.zeros(len(chain.market_ids), dtype=np.int64)
    sells[[market[one.seller] for one in edges[:inputs]]] = 1
    t.index("market_inputs", sells)
    _bound_edges(t, chain, edges, groups)
    _input_order(t, chain, edges[:inputs])


def _bound_edges(t: Tables, chain: Chain, edges: list[_Edge], groups: list[list[_Edge]]) -> None:
    """Add the binding that stands behind each edge of programs, and the groups that have one."""
    b, inputs = chain.bindings, t.places["inputs"]
    pairs = zip(b.buyer.tolist(), b.seller.tolist(), strict=True)
    known = {pair: number for number, pair in enumerate(pairs)}
    upto = inputs + t.places["program_edges"]
    bound = [
        known.get((one.firm, one.seller), -1) if inputs <= place < upto else -1
        for place, one in enumerate(edges)
    ]
    t.index("edge_binding", bound)
    first = t.places["input_groups"]
    last = first + t.places["program_groups"]
    t.index(
        "group_bound",
        [
            first <= number < last and any((one.firm, one.seller) in known for one in group)
            for number, group in enumerate(groups)
        ],
    )


def _input_order(t: Tables, chain: Chain, edges: list[_Edge]) -> None:
    """Add who buys from each line, and an order of lines in which buyers come first."""
    buyer = np.array([one.buyer for one in edges], dtype=np.int64)
    seller = np.array([one.seller for one in edges], dtype=np.int64)
    lines = len(chain.line_ids)
    by_seller: list[list[int]] = [[] for _ in range(lines)]
    for place in sorted(range(len(edges)), key=lambda one: edges[one].buyer):
        by_seller[edges[place].seller].append(place)
    t.index_lists("orders_edge", "orders_first", by_seller)
    order, first, circles = circles_apart(lines, buyer, seller)
    t.index("line_order", order)
    t.index("line_place", np.argsort(order))
    t.size("made_groups", len(circles))
    t.index("made_begin", first)
    t.index("made_circle", circles)


def circles_apart(
    lines: int, buyer: np.ndarray, seller: np.ndarray
) -> tuple[Indices, Indices, Indices]:
    """Return lines with buyers before sellers but in circles, which stand together.

    Beside them: where each group begins (one more than there are), and whether it is a circle.
    """
    ones = np.ones(len(buyer))
    count, of = connected_components(
        coo_array((ones, (buyer, seller)), shape=(lines, lines)), connection="strong"
    )
    across = of[buyer] != of[seller]
    groups, _ = buyers_first(count, of[buyer][across], of[seller][across])
    sizes = np.bincount(of, minlength=count)[groups]
    circles = sizes > 1
    circles[np.isin(groups, of[buyer[buyer == seller]])] = True
    place = np.argsort(groups)
    order = np.argsort(place[of], kind="stable")
    return order, np.concatenate([[0], np.cumsum(sizes)]), circles.astype(np.int64)


def buyers_first(lines: int, buyer: np.ndarray, seller: np.ndarray) -> tuple[list[int], bool]:
    """Return lines so that buyers come before their sellers, and whether circles prevent it."""
    waiting = np.zeros(lines, dtype=np.int64)
    sellers: list[list[int]] = [[] for _ in range(lines)]
    for one, other in zip(buyer.tolist(), seller.tolist(), strict=True):
        waiting[other] += 1
        sellers[one].append(other)
    order = [line for line in range(lines) if waiting[line] == 0]
    for line in order:
        for other in sellers[line]:
            waiting[other] -= 1
            if waiting[other] == 0:
                order.append(other)  # the list grows while it is walked: that is the algorithm
    rest = [line for line in range(lines) if waiting[line] > 0]
    return order + rest, bool(rest)


def _plants(t: Tables, chain: Chain, at: Owners) -> None:
    plants, owned = chain.plants, at.owned
    for name, values in (
        ("opening_capacity", plants.capacity),
        ("utilisation", plants.utilisation),
        ("capital_intensity", plants.capital_intensity),
        ("mean_lead", plants.mean_lead),
        ("plan_growth", plants.plan_growth),
        ("opening_plan", plants.plan),
        ("plant_outside", plants.from_outside.sum(axis=1)),
        ("at_once", np.where(plants.lead == 1, plants.share, 0.0).sum(axis=0)),
    ):
        t.number(name, values[owned])
    t.number("part_share", plants.share[:, owned])
    t.number("ages_fast", plants.ages_fast[:, owned])
    slots = max(int(plants.lead.max(initial=1)) - 1, 1)
    t.size("slots", slots)
    slot = np.arange(slots)[:, None, None]
    t.number(
        "slot_share", np.where(slot == plants.lead - 2, plants.share, 0.0).sum(axis=1)[:, owned]
    )
    sellers = [np.flatnonzero(plants.from_line[line] > 0).tolist() for line in owned]
    t.index_lists("plant_line", "plant_first", sellers)
    pairs = zip(owned.tolist(), sellers, strict=True)
    t.number("plant_share", [plants.from_line[line, one] for line, of in pairs for one in of])
    links = chain.links
    where = links.of("capex_outside")
    line, payee = links.buyer_line[where], links.payee[where]
    t.size("outside_plants", where.stop - where.start)
    t.size("outside_plant_link", where.start)
    t.index("outside_plant_owner", at.of_line[line])
    t.number("outside_plant_mix", shares(plants.from_outside, axis=1)[line, payee])


def _firms(t: Tables, chain: Chain) -> None:
    purses = chain.purses
    for name in (
        "floor", "runway", "cash_per_capex", "other_assets", "tax_rate", "strategic_share",
        "strategic_of_revenue",
    ):  # fmt: skip
        t.number(name, getattr(purses, name))
    t.number("opening_cash", purses.cash)
    t.number("program_budget", opening_budget(chain))
    t.index("venture_funded", purses.venture_funded)
    t.index("restructures", purses.restructures)
    t.index("tier", purses.tier)
    where = chain.links.of("other_business")
    t.size("others", where.stop - where.start)
    t.size("other_link", where.start)


def _pools(t: Tables, chain: Chain) -> None:
    pools = chain.pools
    t.number("closes_below", pools.closes_below)
    for name in ("asset_leverage", "income_leverage"):
        values = getattr(pools, name)
        t.number(name, np.where(values >= NO_LIMIT, np.inf, values))
    equity = np.flatnonzero(pools.is_equity)
    t.index("equity_pool", equity)
    t.number("window", pools.windows[equity])
    of_node = np.full(len(chain.node_ids), -1, dtype=np.int64)
    of_node[chain.pool_nodes] = np.arange(len(chain.pool_nodes))
    t.index("pool_of_node", of_node)


def _loans(t: Tables, chain: Chain) -> None:
    loans, purses, pools = chain.loans, chain.purses, chain.pools
    new = np.flatnonzero(loans.is_new)
    new = new[np.lexsort((loans.pool[new], loans.firm[new]))]
    facility = np.full(len(loans.amount), -1, dtype=np.int64)
    facility[new] = np.arange(len(new))
    firm, pool = loans.firm[new], loans.pool[new]
    access = purses.access[firm, chain.pool_nodes[pool]] if len(new) else np.zeros(0, dtype=bool)
    t.size("facilities", len(new))
    t.index("facility_loan", new)
    t.index("facility_firm", firm)
    t.index("facility_pool", pool)
    t.index("may_borrow", access & pools.is_debt[pool])
    t.index("may_lease", access & pools.is_lease[pool])
    t.index("lends", pools.is_debt[pool])
    starts = np.flatnonzero(np.diff(firm, prepend=-1))
    t.size("borrowers", len(starts))
    t.index("borrower_first", [*starts, len(new)])
    t.index("loan_firm", loans.firm)
    t.index("loan_facility", facility[loans.new_of[loans.firm, loans.pool]])
    t.index("loan_bullet", loans.bullet)
    t.index("loan_collateral", loans.collateral)
    t.index("loan_secured", loans.seniority == SECURED)
    _secured_loans(t, chain)
    t.number("loan_life", loans.life)
    t.number("loan_cost", loans.rate)
    bullets = np.flatnonzero(loans.bullet > 0)
    t.size("bullets", len(bullets))
    t.index("bullet_loan", bullets)
    lines = chain.credit_lines
    t.index("line_of_firm", lines.firm)
    t.index("line_of_pool", lines.pool)
    t.index("line_facility", facility[loans.new_of[lines.firm, lines.pool]])
    t.number("line_limit", lines.limit)
    t.number("line_last", lines.last)


def _secured_loans(t: Tables, chain: Chain) -> None:
    """Add which loans stand before others up to their collateral, and whose collateral it is."""
    secured = np.flatnonzero(chain.loans.seniority == SECURED)
    collateral = chain.loans.collateral[secured]
    pledged = np.unique(collateral[collateral >= 0])
    owners = chain.loans.firm[secured], chain.firm_of_line[pledged]
    for name, values in (
        ("secured_loan", secured),
        ("pledged_line", pledged),
        ("pledging_firm", np.unique(np.concatenate(owners))),
    ):
        t.index(name, values)
    t.size("secured", len(secured))
    t.size("pledged", len(pledged))
    t.size("pledging", len(np.unique(np.concatenate(owners))))


def _equity(t: Tables, chain: Chain) -> None:
    links, purses, firms = chain.links, chain.purses, len(chain.firm_ids)
    where = links.of("equity")
    payer, payee = links.payer[where], links.payee[where]
    count = len(payer)
    place_of_pool = np.full(len(chain.node_ids), -1, dtype=np.int64)
    equity_nodes = chain.pool_nodes[chain.pools.is_equity]
    place_of_pool[equity_nodes] = np.arange(len(equity_nodes))
    place = place_of_pool[payer]
    t.size("equities", count)
    t.size("equity_link", where.start)
    t.index("equity_firm", payee)
    t.index("equity_giver", np.minimum(payer, firms))
    t.index("equity_place", place)
    may = purses.access[payee, payer] if count else np.zeros(0, dtype=bool)
    asks = (place >= 0) & may
    seek = [[] for _ in range(firms)]  # type: list[list[int]]
    gives = [[] for _ in range(firms)]  # type: list[list[int]]
    for number in range(count):
        if asks[number]:
            seek[payee[number]].append(number)
        if payer[number] < firms:
            gives[payer[number]].append(number)
    t.index_lists("seek_equity", "seek_first", seek)
    pools = len(equity_nodes)
    asked = [
        [number for number in range(count) if asks[number] and place[number] == pool]
        for pool in range(pools)
    ]
    t.index_lists("asked_equity", "asked_first", asked)
    seekers = [firm for firm in range(firms) if seek[firm]]
    t.size("seekers", len(seekers))
    t.index("seeker", seekers)
    t.index_lists("gives_equity", "gives_first", gives)
    _strategic(t, chain, np.flatnonzero((payer < firms) & may & (payer != payee)), payer, payee)
    _rescuers(t, chain, payer, payee)


def _strategic(
    t: Tables, chain: Chain, pairs: np.ndarray, payer: np.ndarray, payee: np.ndarray
) -> None:
    """Add strategic investors, and who may ask them."""
    purses, links = chain.purses, chain.links
    investors = sorted(set(payer[pairs].tolist()))
    courters = sorted(set(payee[pairs].tolist()))
    t.size("investors", len(investors))
    t.index("investor", investors)
    of_investor = [[int(one) for one in pairs if payer[one] == firm] for firm in investors]
    t.index_lists("invest_equity", "invest_first", of_investor)
    t.size("courters", len(courters))
    t.index("courter", courters)
    of_courter = [[int(one) for one in pairs if payee[one] == firm] for firm in courters]
    t.index_lists("court_equity", "court_first", of_courter)
    flat = [one for of in of_courter for one in of]
    t.index("court_investor", [investors.index(int(payer[one])) for one in flat])
    t.number("court_multiple", [purses.strategic_of_purchases[payer[one]] for one in flat])
    t.number("court_gave", [purses.gave[payer[one], payee[one]] for one in flat])
    sells = links.seller_line >= 0
    seller = np.where(sells, chain.firm_of_line[np.maximum(links.seller_line, 0)], -1)
    bought = [
        np.flatnonzero(sells & (links.payer == payee[one]) & (seller == payer[one])).tolist()
        for one in flat
    ]
    t.index_lists("court_link", "court_links", bought)
    strategic = chain.strategic
    known = {(int(a), int(b)): n for n, (a, b) in enumerate(zip(payer, payee, strict=True))}
    both = list(zip(strategic.investor.tolist(), strategic.firm.tolist(), strict=True))
    t.index("strategic_investor", strategic.investor)
    t.index("strategic_firm", strategic.firm)
    t.index("strategic_equity", [known[pair] for pair in both])
    t.number("in_step", strategic.in_step)
    trade = links.kinds("input", "program", "capex")
    mine = [
        np.flatnonzero(trade & (links.payer == firm) & (links.payee == investor)).tolist()
        for investor, firm in both
    ]
    t.index_lists("strategic_link", "strategic_first", mine)


def _rescuers(t: Tables, chain: Chain, payer: np.ndarray, payee: np.ndarray) -> None:
    known = {(int(a), int(b)): n for n, (a, b) in enumerate(zip(payer, payee, strict=True))}
    start = chain.links.of("equity").start
    found = [
        (int(firm), int(owner), start + known[int(owner), int(firm)])
        for firm, owner in zip(*np.nonzero(chain.purses.rescuers), strict=True)
    ]
    t.size("rescues", len(found))
    for column, name in enumerate(("rescued", "rescuer", "rescue_link")):
        t.index(name, [row[column] for row in found])


def _rounds(t: Tables, chain: Chain) -> None:
    links, rounds = chain.links, chain.rounds
    where = links.of("equity")
    ends = zip(links.payer[where].tolist(), links.payee[where].tolist(), strict=True)
    known = {pair: number for number, pair in enumerate(ends)}
    programs = links.of("program")
    by_link = {
        (int(links.payer[link]), int(links.seller_line[link])): link
        for link in range(programs.start, programs.stop)
    }
    edge_of_link = {int(link): edge for edge, link in enumerate(t.indices_of("edge_link"))}
    t.index("round_investor", [one.investor for one in rounds])
    t.index("round_firm", [one.firm for one in rounds])
    t.index("round_quarter", [one.quarter for one in rounds])
    t.index("round_equity", [known[one.investor, one.firm] for one in rounds])
    t.index(
        "round_edge",
        [
            edge_of_link[by_link[one.firm, one.earmark]] if one.earmark >= 0 else -1
            for one in rounds
        ],
    )
    tests = [one.condition for one in rounds]
    t.index("round_measure", [MEASURES.index(one.measure) if one else -1 for one in tests])
    t.index("round_at_least", [bool(one and one.at_least) for one in tests])
    t.number("round_bound", [one.bound if one else 0.0 for one in tests])
    t.number("round_amount", [one.amount for one in rounds])


def _contracts(t: Tables, chain: Chain) -> None:
    links = chain.links
    shared, leases = chain.shares, chain.leases
    t.size("share_link", links.of("revenue_share").start)
    t.index("share_line", shared.line)
    t.index("share_firm", shared.firm)
    t.number("share_part", shared.share)
    t.number("share_cap", shared.cap)
    t.number("share_last", shared.last)
    t.size("lease_link", links.of("lease").start)
    t.index("lease_line", leases.line)
    t.number("lease_rent", leases.rent)
    t.number("lease_last", leases.last)
    backs, credit, guarantees = chain.buy_backs, chain.credit, chain.guarantees
    t.size("back_link", links.of("buy_back").start)
    t.index("back_buyer", backs.buyer)
    t.index("back_seller", backs.seller)
    t.number("back_cap", backs.cap)
    t.number("back_last", backs.last)
    of_link = np.full(links.count, -1, dtype=np.int64)
    leads = np.zeros(len(credit.link), dtype=np.int64)
    for number, link in enumerate(credit.link.tolist()):
        leads[number] = of_link[link] < 0
        of_link[link] = max(of_link[link], number)
    t.index("credit_link", credit.link)
    t.index("credit_of_link", of_link)
    t.index("credit_leads", leads)
    t.index("credit_quarters", credit.quarters)
    t.index("credit_is_plant", links.kinds("capex")[credit.link])
    t.number("credit_share", credit.share)
    t.size("credit_slots", int(credit.quarters.max(initial=1)))
    t.size("guarantee_link", links.of("guarantee").start)
    t.index("guarantor", guarantees.guarantor)
    t.index("creditor", guarantees.creditor)
    t.index("debtor", guarantees.debtor)
    t.number("guarantee_cap", guarantees.cap)
    leased = chain.leased
    t.size("leased_link", links.of("leased").start)
    t.index("leased_capex", leased.capex)
    place = {
        (int(a), int(b)): n
        for n, (a, b) in enumerate(
            zip(t.indices_of("facility_firm"), t.indices_of("facility_pool"), strict=True)
        )
    }
    pairs = zip(leased.firm.tolist(), leased.pool.tolist(), strict=True)
    t.index("leased_facility", [place[pair] for pair in pairs])
    t.number("leased_part", leased.share)
    _bindings(t, chain)


def _bindings(t: Tables, chain: Chain) -> None:
    """Add what binds buyers, and the links on which each binding's purchases are booked."""
    b, links = chain.bindings, chain.links
    count = b.count
    t.size("shortfall_link", links.of("shortfall").start)
    t.index("binding_buyer", b.buyer)
    t.index("binding_seller", b.seller)
    t.index("notice", np.minimum(b.notice, HISTORY - 1))
    t.number("take_or_pay", b.take_or_pay)
    mine = [b.link[b.of == number].tolist() for number in range(count)]
    t.index_lists("binding_link", "binding_first", mine)
    is_input = links.kinds("input")
    t.index("binding_is_input", [is_input[link] for of in mine for link in of])


def _links(t: Tables, chain: Chain) -> None:
    links, firms = chain.links, len(chain.firm_ids)
    t.index("link_payer", links.payer)
    t.index("link_payee", links.payee)
    t.index("link_buyer", links.buyer_line)
    t.index("link_seller", links.seller_line)
    t.index("link_class", links.seniority)
    secured = (links.seniority == SECURED) & (links.loan >= 0)
    t.index("link_secured", np.where(secured, links.loan, -1))
    for name, group in (
        ("sale_link", "sale"),
        ("interest_link", "interest"),
        ("repay_link", "repayment"),
        ("drawn_link", "debt_drawn"),
        ("tax_link", "tax"),
        ("payout_link", "payout"),
        ("liquidation_link", "liquidation"),
        ("costs_link", "default_costs"),
        ("arrears_link", "arrears"),
    ):
        t.size(name, links.of(group).start)
    where = links.of("arrears")
    t.size("pairs", where.stop - where.start)
    ends = zip(links.payer[where].tolist(), links.payee[where].tolist(), strict=True)
    pair = {ends_: number for number, ends_ in enumerate(ends)}
    both = zip(links.payer.tolist(), links.payee.tolist(), strict=True)
    t.index("link_pair", [pair.get(one, -1) for one in both])
    claims = np.flatnonzero(links.seniority != NO_CLAIM)
    t.size("claim_links", len(claims))
    t.index("claim_link", claims)
    pays: list[list[int]] = [[] for _ in range(firms)]
    for link in claims.tolist():
        pays[links.payer[link]].append(link)
    t.index_lists("pays_link", "pays_first", pays)
    _outside(t, chain)


def _outside(t: Tables, chain: Chain) -> None:
    """Add what is bought from outside accounts: programs, and costs of lines."""
    links = chain.links
    where = links.of("program_outside")
    t.size("outside_programs", where.stop - where.start)
    t.size("outside_program_link", where.start)
    t.number("outside_program", chain.program_outside[links.payer[where], links.payee[where]])
    where = links.of("cost")
    line, payee = links.buyer_line[where], links.payee[where]
    t.size("outside_costs", where.stop - where.start)
    t.size("outside_cost_link", where.start)
    t.number("cost_per_unit", chain.variable_cost[line, payee])
    t.number("cost_fixed", chain.fixed_cost[line, payee])
