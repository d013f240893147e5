"""A run in tables: drivers, what time alone does, rows of state, record and work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from scipy.special import ndtri

from cardhouse.engine.arrays import HISTORY, Chain
from cardhouse.engine.demand import (
    base_size,
    driver_log_growth,
    expected_final_demand,
)
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.kernel.chain_tables import Owners
from cardhouse.engine.kernel.kinds import Indices, Numbers
from cardhouse.engine.kernel.tables import Last, Part, Tables, key_of
from cardhouse.engine.per_chain import PerChain
from cardhouse.engine.plans import USED_UP, ages_kept, plant_lives
from cardhouse.engine.quarter import Record
from cardhouse.engine.simulate import opening_record
from cardhouse.engine.state import State, opening_state
from cardhouse.engine.sums import grown, ratio
from cardhouse.model.parameters import PARAMETERS

SUMS = ("bills", "costs", "from_firms", "from_outside")
ON_LINKS = (
    ("maturing", "repay_link"), ("loan_interest", "interest_link"), ("drawn", "drawn_link"),
    ("equity", "equity_link"),
)  # fmt: skip
"""What is written where it is due: name, and the first of its links."""

PATH_ROWS = (
    "row_mode", "any_dead", "quarter_now", "arrears_known", "arrears_billed", "arrears_before",
    "arrears_new", "any_gone", "total", "most", "moved", "orphaned", "moving", "change", "largest",
    "burst", "bursts", "bursts_again", "over", "lessened", "asked_all", "basket_size",
    "basket_log", "basket_pull", "serving", "have", "ordered", "cheaper", "fade", "fall", "mood",
    "burn_row",
    "trouble", "nothing", "demand_index", "asking", "served_rows", "anything_lessened", "cuts",
    "substitution", "recovery", "default_costs", "commitments_enforced", "stands_ahead",
    "stands_level", "part_anew", "unread",
)  # fmt: skip

STATE_ROWS: Sequence[tuple[str, str, bool]] = (
    ("price", "price", False),
    ("charged", "charged", False),
    ("volume", "volume", False),
    ("paid_volume", "paid_volume", False),
    ("own_volume", "own_volume", False),
    ("paid_final", "paid_final", False),
    ("final_value", "final_value", False),
    ("normal_volume", "normal_volume", False),
    ("capacity", "capacity", True),
    ("pipeline", "pipeline", True),
    ("net_plant", "net_plant", True),
    ("plant_worth", "plant_worth", True),
    ("plan", "plan", True),
    ("expected_growth", "expected_growth", True),
    ("program_index", "program_index", False),
    ("revenue", "revenue", False),
    ("profit", "profit", False),
    ("worn", "worn", False),
    ("cash", "cash", False),
    ("loan", "loans", False),
    ("loan_rate", "loan_rate", False),
    ("arrears", "arrears", False),
    ("payables", "payables", False),
    ("bought", "bought", False),
    ("bound_inputs", "bound_inputs", False),
    ("shares_paid", "shares_paid", False),
    ("bought_back", "bought_back", False),
    ("backed_volume", "backed_volume", False),
    ("line_drawn", "line_drawn", False),
    ("guarantee_paid", "guarantee_paid", False),
    ("purchases", "purchases", False),
    ("stress", "stress", False),
    ("alive", "alive", False),
    ("restructured", "restructured", False),
    ("confidence", "confidence", False),
    ("explosive", "explosive", False),
)
"""Rows of the state: name, field of `State`, and whether only lines that own plant have them."""

RECORD_ROWS: Sequence[tuple[str, str, bool]] = (
    ("revenue_now", "revenue", False),
    ("line_cost", "line_cost", False),
    ("program_spent", "programs", False),
    ("line_worn", "depreciation", True),
    ("capex", "capex", False),
    ("leased_loan", "leased", False),
    ("raised", "raised", False),
    ("failed", "failed", False),
    ("outcome", "outcome", False),
    ("cause", "cause", False),
    ("round_of", "round", False),
    ("owed", "owed", False),
    ("paid_share", "paid_share", False),
    ("unserved", "unserved", False),
    ("unmet", "unmet", False),
)
"""Rows of the record: name, field of `Record`, and whether only owners of plant have them."""

LINK_ROWS = (
    ("paid", "paid"),
    ("claims", "claims"),
    ("bought_now", "bought"),
    ("lost", "lost"),
)
"""Rows of the record by link, which exist where books of every link are kept."""


def run_tables(
    tables: Tables, chain: Chain, drivers: Drivers, *, links: bool, shocked: bool = False
) -> Tables:
    """Return the tables of a run.

    ``links`` asks for books of every link to be kept; ``shocked`` makes room for shocks.
    """
    t, owned = tables.copy(), Owners.of(chain).owned
    state = opening_of(chain, ages_kept(chain, drivers))
    t.size("quarters", drivers.quarters)
    t.size("keep_links", int(links))
    for name in (one.name for one in PARAMETERS):
        t.work(f"p_{name}", 1)
    t.size("shocked", int(shocked))
    for name, count in (("demand", "sales"), ("supply", "pools"), ("price", "lines")):
        t.work(f"shock_{name}", (drivers.quarters + 1) * t.places[count] * shocked)
    t.size("first_work", t.used["work"])
    _drivers(t, drivers)
    _demand(t, chain, drivers, state)
    last, moved = _parts.of(chain), key_of(drivers.input_use, drivers.use_as_input)
    t.again(last, "inputs", moved, lambda t: _inputs(t, chain, drivers))

    def others(t: Tables) -> None:
        _guidance(t, chain, drivers, owned)
        _wear(t, chain, drivers, owned)
        _trends(t, chain, drivers)
        _round_shares(t, chain, drivers)
        _minima(t, chain, drivers)
        _states(t, state, owned)
        _records(t, chain, owned, links=links)
        _works(t)
        _desk(t)
        t.number("opening_state", np.concatenate(t.opening))

    moved = key_of(drivers.plant_life, drivers.letters_paid)
    t.again(last, "others", (links, t.places["answers"], *moved), others)
    return t


_parts: PerChain[Last[Part]] = PerChain(lambda _: Last())
_sizes: PerChain[Last[tuple[Numbers, Numbers]]] = PerChain(lambda _: Last())
_openings: PerChain[dict[int, State]] = PerChain(lambda _: {})
_expected: PerChain[dict[int, Numbers]] = PerChain(lambda _: {})
_opening_records: PerChain[Record] = PerChain(
    lambda chain: opening_record(chain, opening_state(chain, 1))
)


def opening_of(chain: Chain, ages: int) -> State:
    """Return the state of row 0 on one path, with so many vintages; kept while the chain lives."""
    known = _openings.of(chain)
    if ages not in known:
        known[ages] = opening_state(chain, 1, ages)
    return known[ages]


def _demand(t: Tables, chain: Chain, drivers: Drivers, state: State) -> None:
    """Add demand at base prices, how it answers to prices, and what business outside brings."""
    sales = chain.sales
    baskets = int(sales.basket.max(initial=-1)) + 1
    members = [np.flatnonzero(sales.basket == basket).tolist() for basket in range(baskets)]
    t.again(
        _parts.of(chain),
        "answers",
        key_of(drivers.willingness),
        lambda t: _answers(t, chain, drivers, members),
    )
    sizes, _ = demand_sizes(chain, drivers, state)
    t.number("size", sizes)
    known = _expected.of(chain)
    if drivers.quarters not in known:
        known[drivers.quarters] = expected_final_demand(chain, drivers.quarters)
    expected = known[drivers.quarters]
    before, after = expected[:-1], expected[1:]
    steps = np.where(before > 0, after / np.where(before > 0, before, 1.0), 1.0)
    t.number("trend_growth", np.concatenate([[1.0], steps]))
    t.number("expected_demand", expected)
    _other_business(t, chain, drivers)


def _inputs(t: Tables, chain: Chain, drivers: Drivers) -> None:
    """Add use of inputs per unit sold by quarter and edge."""
    count = t.places["inputs"]
    buyer, seller = (t.indices_of(name)[:count] for name in ("edge_buyer", "edge_seller"))
    growth, opening = chain.intensity_growth[buyer, seller], chain.intensity[buyer, seller]
    quarters = np.arange(drivers.quarters + 1.0)[:, None]
    moved = _since_opening(drivers.input_use)[:, buyer]
    moved = moved + _since_opening(drivers.use_as_input)[:, seller]
    t.number("grown", opening * grown(growth * quarters + moved))


def _since_opening(rates: Numbers) -> Numbers:
    """Return rates (quarter, line) added up since row 0, whose own counts for nothing."""
    return np.concatenate([np.zeros_like(rates[:1]), np.cumsum(rates[1:], axis=0)])


def _guidance(t: Tables, chain: Chain, drivers: Drivers, owned: Indices) -> None:
    """Add growth of capex that was guided, by quarter and owner of plant; NaN where none was."""
    rows, guidance = drivers.quarters + 1, chain.plants.guidance
    guided = np.full((rows, len(owned)), np.nan)
    told = min(len(guidance), rows - 1)
    guided[1 : told + 1] = guidance[:told, owned]
    t.number("guided", guided)


def _trends(t: Tables, chain: Chain, drivers: Drivers) -> None:
    """Add trends of payouts and of the supply of pools."""
    pools, purses = chain.pools, chain.purses
    quarters = np.arange(drivers.quarters + 1.0)[:, None]
    t.number("payout_trend", purses.payout * grown(purses.payout_growth * quarters))
    flat = np.zeros_like(pools.growth)
    growth = driver_log_growth(pools.growth, flat, pools.half_life, quarters)
    t.number("pool_trend", pools.supply * grown(growth))


def _round_shares(t: Tables, chain: Chain, drivers: Drivers) -> None:
    """Add the share of each round that is paid at its date: its odds, or the lever of letters."""
    odds = np.array([one.probability for one in chain.rounds], dtype=float)
    letters = drivers.letters_paid[:, None]
    t.number("round_share", np.where((odds < 0.5) & ~np.isnan(letters), letters, odds))


def _minima(t: Tables, chain: Chain, drivers: Drivers) -> None:
    """Add minima of what binds buyers: of each quarter, and of a lead time ahead."""
    b, rows = chain.bindings, drivers.quarters + 1
    asked, today, ahead = np.zeros((3, rows, b.count))
    if b.count:
        told = len(b.minimum)
        lead = np.rint(chain.plants.mean_lead).astype(np.int64)[b.seller]
        for quarter in range(rows):
            if quarter < told:
                letters = drivers.letters_paid[quarter]
                honoured = 0.0 if np.isnan(letters) else letters
                asked[quarter] = b.minimum[quarter] + honoured * b.letters[quarter]
                today[quarter] = b.minimum[quarter]
            found = b.minimum[np.minimum(quarter + lead, told - 1), np.arange(b.count)]
            ahead[quarter] = np.where(quarter + lead < told, found, 0.0)
    t.number("minimum_asked", asked)
    t.number("today", today)
    t.number("ahead", ahead)


def _drivers(t: Tables, drivers: Drivers) -> None:
    for one in fields(Drivers):
        t.number(f"d_{one.name}", np.asarray(getattr(drivers, one.name), dtype=float))
    better = np.concatenate([[0.0], np.cumsum(drivers.performance_growth[1:])])
    t.number("performance_time", better)


def _answers(t: Tables, chain: Chain, drivers: Drivers, members: list[list[int]]) -> None:
    """Add kinds of response to price: sales of a basket that bend alike share one."""
    sales = chain.sales
    pays = (sales.pays > 0).tolist()
    own = (one.tolist() for one in (sales.elasticity, sales.conversion, sales.spread))
    terms_of = list(zip(*own, strict=True))
    wills = [one.tobytes() for one in np.ascontiguousarray(drivers.willingness.T)]
    kinds: list[int] = []  # a sale that stands for each kind
    of_sale = np.full(len(sales.line), -1, dtype=np.int64)
    first = [0]
    for basket in members:
        known: dict[tuple[float, float, float, bytes], int] = {}
        for sale in basket:
            if pays[sale]:
                terms = (*terms_of[sale], wills[sale])
                if terms not in known:
                    known[terms] = len(kinds)
                    kinds.append(sale)
                of_sale[sale] = known[terms]
        first.append(len(kinds))
    conversion = sales.conversion[kinds]
    t.size("answers", len(kinds))
    t.index("basket_answer", first)
    t.index("sale_answer", of_sale)
    t.number("answer_conversion", conversion)
    t.number("answer_spread", sales.spread[kinds])
    t.number("answer_elasticity", sales.elasticity[kinds])
    t.number("answer_middle", ndtri(1.0 - np.where(conversion > 0, conversion, 0.5)))
    t.number("log_willingness", np.log(drivers.willingness[:, kinds]))


def demand_sizes(chain: Chain, drivers: Drivers, state: State) -> tuple[Numbers, Numbers]:
    """Return demand at base prices and log growth (quarter, sale), the same on every path."""
    key = key_of(drivers.demand_growth, drivers.demand_ceiling, drivers.demand_level)
    last = _sizes.of(chain)
    known = last.get("demand", key)
    return known or last.put("demand", key, _demand_sizes(chain, drivers, state))


def _demand_sizes(chain: Chain, drivers: Drivers, state: State) -> tuple[Numbers, Numbers]:
    sales, quarters = chain.sales, np.arange(drivers.quarters + 1.0)[:, None]
    trend = driver_log_growth(sales.growth, sales.growth_end, sales.half_life, quarters)
    steps = np.diff(trend, axis=0) * drivers.demand_growth[1:]
    growths = np.cumsum(np.concatenate([state.log_growth, steps]), axis=0)
    grown_ = base_size(chain, growths[1:], drivers.demand_ceiling[1:]) * drivers.demand_level[1:]
    return np.concatenate([sales.volume[None], grown_]), growths


def _other_business(t: Tables, chain: Chain, drivers: Drivers) -> None:
    """Add business outside the lines: its trend by quarter and link, what moves it, its parts."""
    purses, links, firms = chain.purses, chain.links, len(chain.firm_ids)
    where = links.of("other_business")
    earns = links.to_firm[where]
    firm = np.where(earns, links.payee[where], links.payer[where])
    opening = chain.opening[where]
    side = firm + firms * earns
    quarters = np.arange(drivers.quarters + 1.0)[:, None]
    trend = purses.other_business * grown(purses.other_growth * quarters)
    t.number("other_trend", trend[:, firm])
    t.number("other_beta", purses.other_beta[firm])
    t.number("other_part", ratio(opening, np.bincount(side, opening, 2 * firms)[side]))


def _wear(t: Tables, chain: Chain, drivers: Drivers, owned: Indices) -> None:
    """Add lives used up by new plant, and what plant of row 0 writes off, retires and serves."""
    plants = chain.plants
    lives = plant_lives(chain, drivers.plant_life[1:])[:, :, owned]
    start = np.zeros((1, *plants.life[:, owned].shape))
    clock = np.concatenate([start, np.cumsum(1.0 / lives, axis=0)])
    t.number("clock", clock)
    opening, vintages = plants.opening_life[:, owned], plants.vintages[:, :, owned]
    speed = plants.life[:, owned] / opening
    used = np.arange(vintages.shape[1])[None, :, None] / opening[:, None, :]
    ages = used + (speed * clock)[:, :, None]  # (quarter, part, vintage, owner), in lives
    share = np.diff(np.minimum(ages, 1.0), axis=0)
    serves = ages[:-1] < 1.0 - USED_UP
    ends = serves & (ages[1:] >= 1.0 - USED_UP)
    filed = np.zeros_like(opening)
    filed[0] = plants.depreciation[owned]  # row 0 writes off what was filed, told of one part
    nothing = np.zeros((1, len(owned)))
    t.number("worn_0", np.concatenate([filed[None], (vintages * share).sum(axis=2)]))
    t.number("ending_0", np.concatenate([nothing, (vintages * ends).sum(axis=(1, 2))]))
    t.number("serving_0", np.concatenate([nothing, (vintages * serves).sum(axis=(1, 2))]))


def _states(t: Tables, state: State, owned: Indices) -> None:
    for name, attribute, owners in STATE_ROWS:
        values = np.asarray(getattr(state, attribute), dtype=float)[0]
        t.state(name, values[..., owned] if owners else values)
    back = np.arange(HISTORY)
    t.number("opening_volumes", state.volume_history[0][(-back) % HISTORY][:, owned])
    t.number("opening_revenues", state.revenue_history[0][(-back) % HISTORY])


def _records(t: Tables, chain: Chain, owned: Indices, *, links: bool) -> None:
    record = _opening_records.of(chain)
    t.size("first_record", t.used["work"])
    opening = []
    for name, attribute, owners in RECORD_ROWS:
        values = np.asarray(getattr(record, attribute), dtype=float)[0]
        values = values[..., owned] if owners else values
        t.work(name, values.size)
        opening.append(values.ravel())
    for name, attribute in LINK_ROWS:
        t.work(name, chain.links.count if links else 0)
        if links:
            opening.append(getattr(record, attribute)[0])
    t.size("records", t.used["work"] - t.places["first_record"])
    t.number("opening_record", np.concatenate(opening))


def _works(t: Tables) -> None:
    p = t.places
    lines, firms, markets, owned = p["lines"], p["firms"], p["markets"], p["owned"]
    for name in PATH_ROWS:
        t.work(name, 1)
    for name in SUMS:
        t.work(name, firms)
    t.size("sums", len(SUMS) * firms)
    t.work("standing", len(SUMS) * firms)
    sizes = {
        lines: (
            "fixed", "line_rent", "given", "variable", "normal", "service", "served", "markup",
            "full", "target", "logs", "opening_service", "log_price", "ces", "leaning", "possible",
            "outside", "made", "made_first", "made_offered", "filled", "offer", "further", "makes",
            "line_revenue", "line_inputs", "line_sales", "busy", "made_anew", "billed_anew",
            "short_of",
        ),
    }  # fmt: skip
    for count, names in sizes.items():
        for name in names:
            t.work(name, count)
    for name in (
        "shared", "capex_spent", "repaid", "other_net", "capex_later",
        "interest", "line_value", "burden", "dead_firm", "growth", "earns", "in_kind", "collateral",
        "owing", "lent_to", "asks", "asks_now", "left", "essential_need", "own_programs", "loose",
        "stressed",
        "from_lines", "new_stress", "score", "eligible", "ask", "heard", "signed_to", "given_to",
        "rolled_to", "borrowed", "drawn_by", "spend_capex", "spend_programs", "spend_payout",
        "leased_value", "program_terms", "payout", "profit_now", "sure", "paid_out",
        "default_costs_paid", "liquidation", "removed", "strategic_lever", "trouble_firm",
        "programs_anew", "capex_anew", "payout_anew", "summed_anew",
    ):  # fmt: skip
        t.work(name, firms)
    for name in ("kept", "new_kept", "gave"):
        t.work(name, firms + 1)
    for name in (
        "market_weight",
        "market_logs",
        "dead_market",
        "full_market",
        "living",
        "excess",
        "room_left",
    ):
        t.work(name, markets)
    for name in (
        "line_dead", "retired", "plant_inside", "plant_price", "plant_price_then", "under",
        "promised", "law", "asked_of", "replacement", "unit_cost", "plan_terms",
        "plant_outside_paid", "bought_so_far",
    ):  # fmt: skip
        t.work(name, owned)
    t.work("part_worn", p["cells"])
    t.work("capex_then", (p["quarters"] + 1) * owned)
    t.work("volume_then", HISTORY * owned)
    t.work("revenue_then", HISTORY * firms)
    for rows, final, backed in (
        ("want", "demand", "backed"),
        ("serve", "serve_final", "serve_backed"),
        ("again", "again_final", "again_backed"),
    ):
        t.work(rows, p["edges"])
        t.work(final, p["sales"])
        t.work(backed, p["backs"])  # right behind final demand: laws count on it
    t.work("answer", p["answers"])
    t.work("sized", p["sales"])
    t.work("earmarked", p["program_edges"])
    t.work("still_bound", p["program_edges"])
    for name in ("found", "asked_group"):
        t.work(name, p["input_groups"])
    t.work("live_end", p["groups"])
    for name in ("minimum", "shortfall", "bound_anew"):
        t.work(name, p["bindings"])
    t.work("falls_due", p["loans"])
    for name in (
        "due_pool", "room", "leasable", "lent", "leased_share", "asked", "rolled", "new_debt",
    ):  # fmt: skip
        t.work(name, p["facilities"])
    for name in (
        "promised_equity", "signed", "first_given", "first_equity", "late_equity",
        "strategic_given", "wanted_equity",
    ):  # fmt: skip
        t.work(name, p["equities"])
    for name in ("supply", "lent_by_pool", "total_by_pool"):
        t.work(name, p["pools"])
    for name in ("offer_tier", "spent_tier"):
        t.work(name, p["tiers"] * p["equity_pools"])
    for name in ("offer_common", "shared_offer"):
        t.work(name, p["equity_pools"])
    t.work("invest_limit", p["investors"])
    t.work("round_paid", p["rounds"])
    t.work("line_draw", p["credit_lines"])
    t.work("rent", p["leases"])
    for name in ("share_rate", "share_money"):
        t.work(name, p["shares"])
    t.work("back_money", p["backs"])
    t.work("strategic_money", p["strategics"])
    t.work("guarantee_money", p["guarantees"])
    for name in ("credit_bought", "put_off"):
        t.work(name, p["credits"])
    t.work("lessor_pays", p["leased"])
    t.work("due", p["links"])
    for name, link in ON_LINKS:
        t.size(name, p["due"] + p[link])


def _desk(t: Tables) -> None:
    p = t.places
    firms, loans = p["firms"], p["loans"]
    for name in (
        "z_keep",
        "z_below",
        "z_worth_all",
        "z_recovery",
        "z_reached_count",
        "z_short_count",
        "z_valued",
    ):
        t.desk(name, 1)
    for name in (
        "z_owed", "z_expected", "z_sure", "z_failed", "z_forced", "z_cause", "z_order", "z_called",
        "z_helped", "z_worth", "z_stays", "z_now", "z_means", "z_inflow", "z_short", "z_default",
        "z_paid", "z_whole", "z_proceeds", "z_rest", "z_unpledged", "z_offered", "z_together",
        "z_gap", "z_able", "z_gone", "z_who", "z_marginal", "z_senior", "z_place", "z_firm",
        "z_score", "z_spare", "z_other", "z_got", "z_alive", "z_is_reached", "z_reached",
        "z_shorts",
    ):  # fmt: skip
        t.desk(name, firms)
    for name in ("z_ratio", "z_due"):
        t.desk(name, 5 * firms)
    t.desk("z_claims_end", firms)
    for name in ("z_claimant", "z_claim_cell", "z_claim"):
        t.desk(name, 2 * p["claim_links"])
    for name in ("z_cover", "z_asked_loan", "z_late"):
        t.desk(name, loans)
    t.desk("z_pledged", p["lines"])
    t.desk("z_line_worth", p["owned"])
    for name in ("z_guaranteed", "z_asked", "z_capped", "z_unbacked"):
        t.desk(name, p["guarantees"])
    t.desk("z_may", p["rescues"])
    t.desk("z_wanted", p["equities"])
    for name in ("z_ahead", "z_level"):
        t.desk(name, p["equity_pools"])
