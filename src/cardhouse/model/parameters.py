"""The behavioural parameters, one table: what each means, its range, its source, who reads it.

A source is a citation with the figure that supports the default or the range, or the word
"assumption" with the reason for it. What was cited from memory says so. The literature is listed
in docs/method/parameters.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """One behavioural parameter: its plausible range is [low, high]; symbol may be empty."""

    name: str
    symbol: str
    unit: str
    default: float
    low: float
    high: float
    meaning: str
    source: str
    used_in: str  # module.function under cardhouse.engine


PARAMETERS: tuple[Parameter, ...] = (
    # Prices and demand
    Parameter(
        name="price_speed",
        symbol="lambda",
        unit="share a quarter",
        default=0.25,
        low=0.1,
        high=0.6,
        meaning="Share of the gap between its price and its target that a seller closes.",
        source=(
            "Nakamura and Steinsson 2008, Five Facts about Prices, Quarterly Journal of Economics "
            "123: 9 to 12 % of prices change in a month, sales apart, so 25 to 32 % in a quarter; "
            "Blinder 1991, Why are Prices Sticky?, NBER working paper 3646: the median firm "
            "changes its price once a year, 3 to 4 months after a shock"
        ),
        used_in="prices.next_prices",
    ),
    Parameter(
        name="price_step",
        symbol="step",
        unit="share a quarter",
        default=0.06,
        low=0.03,
        high=0.1,
        meaning="Largest move of a price, up or down, before the pull to its market's mean.",
        source=(
            "cardhouse facts 195e30b0f6 and b80a9cfb1c (SemiAnalysis index): an H100 hour on a "
            "one-year contract cost 3.0 dollars in 2023 and 2.2 in the second half of 2024, 6 % "
            "less a quarter; that this is the most a price moves is an assumption, because list "
            "prices stand still and then jump (AWS, June 2025: -44 %, fact f4567a7ea8)"
        ),
        used_in="prices.next_prices",
    ),
    Parameter(
        name="price_utilisation",
        symbol="psi",
        unit="elasticity",
        default=0.3,
        low=0.0,
        high=0.6,
        meaning="How far the target price follows the use of plant: 1 would be in proportion.",
        source=(
            "assumption: tighter plant raises prices, but less than in proportion; only the sign "
            "is in the literature (Corrado and Mattey 1997, Capacity Utilization, Journal of "
            "Economic Perspectives 11)"
        ),
        used_in="prices._target",
    ),
    Parameter(
        name="price_pull",
        symbol="gamma_p",
        unit="share a quarter",
        default=0.07,
        low=0.0,
        high=0.3,
        meaning="Share of the log distance to its market's mean price that a seller gives up.",
        source=(
            "assumption: weak, because prices of equal quality stay apart for years: at the same "
            "measured intelligence open models cost about 90 % less and hold below 30 % of tokens "
            "(The Emerging Market for Intelligence, NBER working paper, as quoted by "
            "whoisnnamdi.com in 2026)"
        ),
        used_in="prices._pulled_to_market",
    ),
    Parameter(
        name="switching",
        symbol="s",
        unit="elasticity",
        default=1.2,
        low=1.0,
        high=3.0,
        meaning="Power with which a seller loses volume as its price rises against its rivals'.",
        source=(
            "The Emerging Market for Intelligence, NBER working paper, as reported by aione.chat "
            "on 4 January 2026: price elasticity of 1.11 between providers of one model; upper "
            "end: Broda and Weinstein 2006, Globalization and the Gains from Variety, Quarterly "
            "Journal of Economics 121: median elasticity of substitution of 2 to 3 (figure from "
            "memory, to be checked)"
        ),
        used_in="demand.final_demand",
    ),
    Parameter(
        name="substitution",
        symbol="",
        unit="share",
        default=0.7,
        low=0.3,
        high=0.95,
        meaning="Share of a dead seller's custom that survivors of its market take over.",
        source=(
            "assumption: high, because many apps use several models at once (Fradkin 2025, Demand "
            "for LLMs, arXiv 2504.15440), but not whole, because a supplier's trouble is felt by "
            "its customers (Barrot and Sauvagnat 2016, Input Specificity and the Propagation of "
            "Idiosyncratic Shocks in Production Networks); neither gives this share"
        ),
        used_in="volumes.redirect",
    ),
    # Programs
    Parameter(
        name="program_speed",
        symbol="",
        unit="share a quarter",
        default=0.5,
        low=0.2,
        high=0.8,
        meaning="Share of the gap between a budget and the one its firm's means allow that closes.",
        source=(
            "assumption: budgets follow means within a year, not at once: research is dear to "
            "adjust (Brown and Petersen 2011, Cash Holdings and R&D Smoothing, Journal of "
            "Corporate Finance 17)"
        ),
        used_in="programs.next_program_index",
    ),
    Parameter(
        name="program_floor",
        symbol="",
        unit="share",
        default=0.35,
        low=0.25,
        high=0.6,
        meaning="Share of a program budget that is kept even under full stress.",
        source=(
            "assumption: researchers stay when training runs stop, so that something between a "
            "quarter and 60 % of a program cannot be cut within a quarter"
        ),
        used_in="programs.stressed",
    ),
    Parameter(
        name="program_cash_weight",
        symbol="",
        unit="share",
        default=0.125,
        low=0.05,
        high=1.0,
        meaning="Weight of cash beside a quarter's revenue in the means that budgets follow.",
        source=(
            "assumption: a dollar of cash is planned over eight quarters; that cash carries "
            "programs is shown by Brown and Petersen 2011, Cash Holdings and R&D Smoothing, "
            "Journal of Corporate Finance 17: cash took 75 % off the swings of young firms' "
            "research in 1998-2002"
        ),
        used_in="programs.next_program_index",
    ),
    # Plans, plant and volumes
    Parameter(
        name="growth_learning",
        symbol="theta",
        unit="share a quarter",
        default=0.1,
        low=0.0,
        high=0.3,
        meaning="Weight of realised growth when a capacity owner revises its expected growth.",
        source=(
            "assumption: a memory of ten quarters, as long as the boom; gains estimated in "
            "macroeconomic models are smaller, about 0.02 a quarter (Milani 2007, Expectations, "
            "Learning and Macroeconomic Persistence, Journal of Monetary Economics 54; figure and "
            "volume from memory, to be checked)"
        ),
        used_in="plans._learned_growth",
    ),
    Parameter(
        name="order_speed",
        symbol="speed",
        unit="share a quarter",
        default=0.25,
        low=0.15,
        high=0.5,
        meaning="Share of the gap between wanted and existing or ordered capacity that is ordered.",
        source=(
            "assumption: faster than measured, because plan_momentum damps it: (1 - 0.85) x 0.25 "
            "is 4 % in the first quarter; Roberts 2003, Modeling Aggregate Investment, Federal "
            "Reserve Board 2003-48, reports that firms close 15 to 35 % of the gap in a YEAR"
        ),
        used_in="plans._order_law",
    ),
    Parameter(
        name="plan_momentum",
        symbol="omega",
        unit="share",
        default=0.85,
        low=0.7,
        high=1.0,
        meaning="Weight of the last plan carried forward, against the order law, in a capex plan.",
        source=(
            "Eberly, Rebelo and Vincent 2012, What Explains the Lagged-Investment Effect?, Journal "
            "of Monetary Economics 59: lagged investment predicts a firm's investment better than "
            "Q and cash flow together; the weight itself is an assumption"
        ),
        used_in="plans.next_capex",
    ),
    Parameter(
        name="plan_half_life",
        symbol="H",
        unit="quarters",
        default=8.0,
        low=4.0,
        high=1e9,
        meaning="Quarters in which the opening growth of capex plans fades to half.",
        source=(
            "assumption: plans are made for about two years; the upper end stands for plans that "
            "never fade"
        ),
        used_in="plans._momentum",
    ),
    Parameter(
        name="plan_cut",
        symbol="maxcut",
        unit="share a quarter",
        default=0.35,
        low=0.2,
        high=0.5,
        meaning="Largest fall of a capex plan in a quarter.",
        source=(
            "cardhouse facts b2264e7504 and 5f05e5c843: in September 2001 Qwest planned 35 % less "
            "capex for 2002 than for 2001 in one announcement; of 60 quarterly moves of capex in "
            "filings of Alphabet, Amazon, Meta, Microsoft and Oracle, 2023Q1-2026Q1, the largest "
            "fall is 31 %"
        ),
        used_in="plans.next_capex",
    ),
    Parameter(
        name="plan_rise",
        symbol="maxrise",
        unit="share a quarter",
        default=0.3,
        low=0.2,
        high=0.5,
        meaning="Largest rise of a capex plan in a quarter, unless replacement alone needs more.",
        source=(
            "cardhouse facts: of 60 quarterly moves of capex in filings of Alphabet, Amazon, Meta, "
            "Microsoft and Oracle, 2023Q1-2026Q1, 12 exceed 30 %, of which 7 at Oracle; the median "
            "is 12 %"
        ),
        used_in="plans.next_capex",
    ),
    Parameter(
        name="performance_growth",
        symbol="eta",
        unit="rate a quarter",
        default=0.05,
        low=0.0,
        high=0.12,
        meaning="Log growth of the performance that a dollar of growth capex buys.",
        source=(
            "Epoch AI 2024, Machine Learning Hardware: performance per dollar improves about 30 % "
            "a year (0.066 a quarter); Trends in GPU Price-Performance, Alignment Forum (Epoch "
            "AI 2022; publisher and year from memory, to be checked): it doubles in 2.46 years "
            "(0.070), top GPUs 2.95 (0.059), GPUs of machine learning 2.07, 1.54 to 3.13 (0.084, "
            "0.055 to 0.113); the default is lower, an assumption, because buildings and power do "
            "not get cheaper"
        ),
        used_in="plans._dollars_per_performance",
    ),
    Parameter(
        name="obsolescence",
        symbol="",
        unit="share",
        default=1.0,
        low=0.0,
        high=1.0,
        meaning=(
            "Share of the fall in the cost of performance that takes collateral value off older "
            "accelerators."
        ),
        source=(
            "Geske, Ramey and Shapiro 2004, Why Do Computers Depreciate?, NBER working paper "
            "10831: most of a used computer's loss of value is the fall in replacement cost, "
            "obsolescence comes second, and ageing by itself is negligible"
        ),
        used_in="plans._revalued",
    ),
    Parameter(
        name="overload",
        symbol="",
        unit="ratio to capacity",
        default=1.05,
        low=1.0,
        high=1.2,
        meaning="Most that a capacity owner can sell, relative to its capacity.",
        source=(
            "assumption: plant can be run a little above capacity for a quarter, at the expense "
            "of reserves and maintenance"
        ),
        used_in="volumes.deliver",
    ),
    # Contracts
    Parameter(
        name="commitments_enforced",
        symbol="",
        unit="share",
        default=1.0,
        low=0.0,
        high=1.0,
        meaning="Share of a contracted minimum that a supplier can make its customer pay.",
        source=(
            "Medina 1991, The Take-or-Pay Wars, Tulsa Law Journal 27: courts enforced gas "
            "contracts of the 1980s as written and producers won most disputes; lower values "
            "stand for renegotiation, to which the regulator urged both sides (Oklahoman, "
            "2 April 1989)"
        ),
        used_in="contracts.shortfalls",
    ),
    # Funding
    Parameter(
        name="essential_burn",
        symbol="",
        unit="share",
        default=0.35,
        low=0.2,
        high=0.6,
        meaning="Share of a runway of cash that a firm cannot do without.",
        source=(
            "assumption: about four months of cash, the time that a new round takes, where a "
            "runway is twelve, the median of startups in 2024 (Silicon Valley Bank, cardhouse "
            "fact 42e49725cc)"
        ),
        used_in="funding.needs",
    ),
    Parameter(
        name="round_trigger",
        symbol="",
        unit="share",
        default=0.5,
        low=0.3,
        high=0.8,
        meaning="Share of its runway at which a venture-funded firm comes to market for a round.",
        source=(
            "assumption: founders are advised to ask with six months of cash left, half of the "
            "median runway of 12 months in 2024 (Silicon Valley Bank, cardhouse fact 42e49725cc)"
        ),
        used_in="funding.needs",
    ),
    Parameter(
        name="stress_memory",
        symbol="",
        unit="share",
        default=0.5,
        low=0.2,
        high=0.8,
        meaning="Weight of last quarter's stress in this quarter's.",
        source="assumption: a scare halves in a quarter once money is there again",
        used_in="funding._stress",
    ),
    Parameter(
        name="growth_hurdle",
        symbol="hurdle",
        unit="rate a quarter",
        default=0.05,
        low=0.02,
        high=0.15,
        meaning="Growth of revenue below which equity pools refuse a firm that makes losses.",
        source=(
            "Feld 2015, the 40 % rule for software firms (feld.com): growth and profit margin "
            "should add up to 40 % a year, so that a firm without profit should grow 8.8 % a "
            "quarter; that pools are half as strict is an assumption"
        ),
        used_in="equity._eligible",
    ),
    Parameter(
        name="tier_spillover",
        symbol="",
        unit="share",
        default=0.25,
        low=0.0,
        high=1.0,
        meaning="Share of the equity that one tier leaves on offer which the others may take.",
        source=(
            "assumption: funds keep to a stage and a size of cheque, and only some cross over; "
            "from 0, tiers apart, to 1, one purse for all"
        ),
        used_in="equity.serve",
    ),
    Parameter(
        name="supply_exponent",
        symbol="",
        unit="elasticity",
        default=1.5,
        low=0.5,
        high=3.0,
        meaning="Power with which the money that pools give follows confidence.",
        source=(
            "assumption: more than in proportion, as venture money follows share prices (Gompers, "
            "Kovner, Lerner and Scharfstein 2008, Venture Capital Investment Cycles, Journal of "
            "Financial Economics 87): from 2000Q4 to 2002Q1 it fell from 20.5 to 6.2 bn "
            "(cardhouse facts a738811de6, 009818cb9e), the Nasdaq's mean of Friday closes from "
            "3,004 to 1,886, an elasticity of 2.6; the default is lower because debt pools have "
            "the same exponent"
        ),
        used_in="funding.pool_supply",
    ),
    Parameter(
        name="cover_limit",
        symbol="",
        unit="ratio",
        default=1.0,
        low=0.5,
        high=2.5,
        meaning="EBITDA over interest below which debt pools lend nothing new.",
        source=(
            "Banerjee and Hofmann 2018, The Rise of Zombie Firms, BIS Quarterly Review, September: "
            "a firm whose profits do not cover its interest (ratio below 1) is the mark of a "
            "zombie; Greenwald 2019, Firm Debt Covenants and the Macroeconomy: 84 % of firms with "
            "loan covenants have one on interest cover; limits in loan agreements lie mostly at "
            "2 to 3, so that lenders stop earlier at the upper end"
        ),
        used_in="funding._covers",
    ),
    Parameter(
        name="rescue_share",
        symbol="",
        unit="share",
        default=0.5,
        low=0.0,
        high=1.0,
        meaning=(
            "Share of a rescuer's surplus after its own bills that it will put into one quarter's "
            "rescue."
        ),
        source=(
            "assumption: an owner helps with half of what it can spare and keeps the rest for the "
            "next quarter; that groups lend to their weak members to avoid a default is shown by "
            "Gopalan, Nanda and Seru 2007, Affiliated Firms and Financial Support, Journal of "
            "Financial Economics, without such a share"
        ),
        used_in="resolution._rescues",
    ),
    # Payment and default
    Parameter(
        name="payment_margin",
        symbol="",
        unit="ratio",
        default=1.05,
        low=1.0,
        high=1.2,
        meaning="Ratio of means to bills below which a firm cuts spending before settlement.",
        source="assumption: a treasurer keeps a twentieth of the quarter's bills for surprises",
        used_in="discretion.within_means",
    ),
    Parameter(
        name="default_threshold",
        symbol="",
        unit="share",
        default=0.98,
        low=0.9,
        high=1.0,
        meaning="Share of what it owes in a quarter that a firm must pay to stay out of default.",
        source=(
            "assumption: a gap of 2 % of a quarter's bills is two days' delay, which suppliers "
            "bear; a missed maturity is a default whatever its size"
        ),
        used_in="resolution._clear",
    ),
    Parameter(
        name="default_costs",
        symbol="",
        unit="share",
        default=0.1,
        low=0.0,
        high=0.3,
        meaning="Share of what a failed firm has that default burns before creditors are paid.",
        source=(
            "Andrade and Kaplan 1998, How Costly is Financial (Not Economic) Distress?, Journal of "
            "Finance 53: 10 to 20 % of firm value; Davydenko, Strebulaev and Zhao 2012, A "
            "Market-Based Study of the Cost of Default, Review of Financial Studies 25: 21.7 % of "
            "assets on average, 14.7 % in renegotiations, 30.5 % in bankruptcies; the lower end, "
            "because losses on the sale of plant are counted apart"
        ),
        used_in="resolution._clear",
    ),
    Parameter(
        name="fire_sale",
        symbol="",
        unit="elasticity",
        default=0.5,
        low=0.0,
        high=2.0,
        meaning="Log fall of recovery as the share of all plant put up for sale goes from 0 to 1.",
        source=(
            "Pulvino 1998, Do Asset Fire Sales Exist?, Journal of Finance (as summarised by AQR): "
            "in slumps financial buyers paid 30 % less for aircraft, about twice the discount of "
            "other airlines; Franks, Seth, Sussman and Vig 2020, Revisiting the Asset Fire Sale "
            "Discount: half of the raw discount is worse quality, about 9 % remain; the scale is "
            "an assumption: 14 % less when 30 % of all plant is for sale"
        ),
        used_in="resolution._sale_values",
    ),
    Parameter(
        name="recovery",
        symbol="",
        unit="share",
        default=0.3,
        low=0.05,
        high=0.6,
        meaning="Share of their worth that a failed firm's plant and other assets bring when sold.",
        source=(
            "Kermani and Ma 2022, Asset Specificity of Nonfinancial Firms, Quarterly Journal of "
            "Economics: fixed assets bring 35 % of net book value in liquidation; Moody's 2003, "
            "Recovery Rates on Defaulted Corporate Bonds: about 25 % of par in 2001, lowest in "
            "telecom and steel; Moody's 2007, Ultimate Recovery Database: bonds 37 % on average, "
            "median 24 %"
        ),
        used_in="resolution._sale_values",
    ),
    Parameter(
        name="restructure_growth",
        symbol="",
        unit="rate a quarter",
        default=0.05,
        low=0.0,
        high=0.2,
        meaning="Growth above which creditors keep a failed firm as a going concern.",
        source=(
            "assumption: creditors judge like the equity that they become, so the default is that "
            "of growth_hurdle; they may ask for less: of 197 firms that left Chapter 11, over "
            "40 % went on losing money (Hotchkiss 1995, Postbankruptcy Performance and Management "
            "Turnover, Journal of Finance)"
        ),
        used_in="resolution._kept_alive",
    ),
    Parameter(
        name="restructure_haircut",
        symbol="",
        unit="share",
        default=0.5,
        low=0.2,
        high=0.8,
        meaning="Share of debt turned to equity in a restructuring.",
        source=(
            "Moody's 2007, Ultimate Recovery Database: at resolution a firm is worth 52 % of its "
            "liabilities on average, with a standard deviation of 26 %, so that 48 % of them, 22 "
            "to 74 %, are not covered"
        ),
        used_in="resolution._given_up",
    ),
    # Confidence
    Parameter(
        name="confidence_return",
        symbol="rho",
        unit="share a quarter",
        default=0.1,
        low=0.05,
        high=0.3,
        meaning="Share of its distance from 1 that confidence makes up by itself.",
        source=(
            "López-Salido, Stein and Zakrajšek 2017, Credit-Market Sentiment and the Business "
            "Cycle, Quarterly Journal of Economics 132: sentiment turns within about two years; "
            "0.1 a quarter is a half-life of 6.6 quarters"
        ),
        used_in="confidence.next_confidence",
    ),
    Parameter(
        name="confidence_growth",
        symbol="phi_g",
        unit="ratio",
        default=0.5,
        low=0.0,
        high=1.0,
        meaning="Rise of confidence per unit of growth of final demand above what was expected.",
        source=(
            "assumption: ten points of surprise move confidence by five; that investors "
            "extrapolate is in Greenwood and Shleifer 2014, Expectations of Returns and Expected "
            "Returns, Review of Financial Studies 27"
        ),
        used_in="confidence.next_confidence",
    ),
    Parameter(
        name="confidence_default",
        symbol="phi_d",
        unit="ratio",
        default=2.0,
        low=0.0,
        high=5.0,
        meaning="Fall of confidence per unit of the chain's revenue that defaults.",
        source=(
            "assumption: the default of a tenth of the chain takes a fifth of confidence; only "
            "the sign is in the literature (Jorion and Zhang 2009, Credit Contagion from "
            "Counterparty Risk, Journal of Finance 64)"
        ),
        used_in="confidence.next_confidence",
    ),
    Parameter(
        name="confidence_unmet",
        symbol="phi_x",
        unit="ratio",
        default=0.3,
        low=0.0,
        high=1.0,
        meaning="Fall of confidence per unit of firms' essential money that nobody gave.",
        source="assumption: rounds that fail are noticed, but less than defaults",
        used_in="confidence.next_confidence",
    ),
)
"""Behavioural parameters with their ranges; economies and studies may override defaults."""
