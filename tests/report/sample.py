"""An invented result document of realistic size: forty accounts in tiers, circles, 21 quarters.

Every number here is made up for tests of the report; nothing in it is a figure about a firm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]

COUNT = 21
TIERS = ("users", "apps", "labs", "clouds", "chips", "capital")
FREEZE = 2  # the row from which capital is short

# id, name, tier, kind, growth a quarter of what it pays out of its own choice
ACCOUNTS: tuple[tuple[str, str, str, str], ...] = (
    ("consumers_paying", "Paying consumers", "users", "segment"),
    ("developers", "Developers", "users", "segment"),
    ("enterprises", "Enterprises", "users", "segment"),
    ("other_cloud_customers", "Other cloud customers", "users", "segment"),
    ("other_chip_buyers", "Other chip buyers", "users", "segment"),
    ("cursor", "Cursor", "apps", "firm"),
    ("perplexity", "Perplexity", "apps", "firm"),
    ("jasper", "Jasper", "apps", "firm"),
    ("other_apps", "Other apps", "apps", "population"),
    ("openai", "OpenAI", "labs", "firm"),
    ("anthropic", "Anthropic", "labs", "firm"),
    ("xai", "xAI", "labs", "firm"),
    ("mistral", "Mistral", "labs", "firm"),
    ("cohere", "Cohere", "labs", "firm"),
    ("amazon", "Amazon", "clouds", "parent"),
    ("aws", "AWS", "clouds", "division"),
    ("microsoft", "Microsoft", "clouds", "parent"),
    ("azure", "Azure", "clouds", "division"),
    ("alphabet", "Alphabet", "clouds", "parent"),
    ("google_cloud", "Google Cloud", "clouds", "division"),
    ("meta", "Meta", "clouds", "firm"),
    ("oracle", "Oracle", "clouds", "firm"),
    ("coreweave", "CoreWeave", "clouds", "firm"),
    ("other_neoclouds", "Other neoclouds", "clouds", "population"),
    ("nvidia", "NVIDIA", "chips", "firm"),
    ("amd", "AMD", "chips", "firm"),
    ("broadcom", "Broadcom", "chips", "firm"),
    ("foundry", "TSMC and memory", "chips", "firm"),
    ("venture", "Venture funds", "capital", "pool"),
    ("strategic_outside", "SoftBank and other strategic money", "capital", "pool"),
    ("bonds", "Bond market", "capital", "pool"),
    ("private_credit", "Private credit", "capital", "pool"),
    ("public_equity", "Stock market", "capital", "pool"),
    ("labour", "Wages", "outside", "outside"),
    ("energy", "Energy", "outside", "outside"),
    ("other_suppliers", "Other suppliers", "outside", "outside"),
    ("plant", "Buildings and networks", "outside", "outside"),
    ("tax", "Tax", "outside", "outside"),
    ("shareholders", "Shareholders", "outside", "outside"),
    ("other_business", "Parents' other business", "outside", "outside"),
)

# payer, payee, kind, amount in the base quarter, growth a quarter, strength of the freeze
PAYMENTS: tuple[tuple[str, str, str, float, float, float], ...] = (
    ("consumers_paying", "openai", "sale", 1.6, 0.07, 0.2),
    ("consumers_paying", "perplexity", "sale", 0.03, 0.06, 0.4),
    ("consumers_paying", "other_apps", "sale", 0.6, 0.06, 0.3),
    ("developers", "cursor", "sale", 0.08, 0.1, 0.4),
    ("developers", "anthropic", "sale", 0.25, 0.12, 0.2),
    ("developers", "openai", "sale", 0.35, 0.09, 0.2),
    ("enterprises", "other_apps", "sale", 0.9, 0.07, 0.3),
    ("enterprises", "jasper", "sale", 0.012, 0.01, 0.3),
    ("enterprises", "openai", "sale", 0.4, 0.1, 0.2),
    ("enterprises", "anthropic", "sale", 0.2, 0.13, 0.2),
    ("enterprises", "mistral", "sale", 0.025, 0.06, 0.2),
    ("enterprises", "cohere", "sale", 0.025, 0.04, 0.2),
    ("enterprises", "xai", "sale", 0.05, 0.08, 0.2),
    ("other_cloud_customers", "aws", "sale", 28.5, 0.03, 0.1),
    ("other_cloud_customers", "azure", "sale", 25.6, 0.035, 0.1),
    ("other_cloud_customers", "google_cloud", "sale", 12.4, 0.045, 0.1),
    ("other_cloud_customers", "oracle", "sale", 14.5, 0.02, 0.1),
    ("other_chip_buyers", "nvidia", "sale", 15.7, 0.02, 0.2),
    ("other_chip_buyers", "amd", "sale", 6.4, 0.02, 0.2),
    ("other_chip_buyers", "broadcom", "sale", 9.0, 0.02, 0.2),
    ("cursor", "anthropic", "input", 0.06, 0.1, 0.4),
    ("cursor", "openai", "input", 0.02, 0.1, 0.4),
    ("perplexity", "openai", "input", 0.02, 0.06, 0.4),
    ("jasper", "openai", "input", 0.003, 0.01, 0.3),
    ("other_apps", "openai", "input", 0.2, 0.07, 0.3),
    ("other_apps", "anthropic", "input", 0.12, 0.08, 0.3),
    ("other_apps", "aws", "input", 0.15, 0.06, 0.3),
    ("openai", "azure", "input", 1.2, 0.07, 0.4),
    ("openai", "azure", "program", 1.8, 0.06, 0.7),
    ("openai", "coreweave", "program", 0.1, 0.12, 0.7),
    ("openai", "microsoft", "revenue_share", 0.4, 0.07, 0.2),
    ("anthropic", "aws", "input", 0.4, 0.1, 0.5),
    ("anthropic", "google_cloud", "program", 0.5, 0.1, 0.6),
    ("xai", "oracle", "program", 0.2, 0.05, 0.6),
    ("mistral", "azure", "input", 0.04, 0.05, 0.5),
    ("cohere", "google_cloud", "input", 0.03, 0.03, 0.5),
    ("azure", "coreweave", "input", 0.86, 0.08, 0.5),
    ("azure", "other_neoclouds", "input", 0.6, 0.06, 0.5),
    ("aws", "nvidia", "capex", 5.2, 0.03, 0.5),
    ("aws", "broadcom", "capex", 1.1, 0.03, 0.5),
    ("azure", "nvidia", "capex", 7.4, 0.03, 0.5),
    ("google_cloud", "nvidia", "capex", 3.1, 0.03, 0.5),
    ("google_cloud", "broadcom", "capex", 3.2, 0.03, 0.4),
    ("meta", "nvidia", "capex", 6.3, 0.025, 0.4),
    ("oracle", "nvidia", "capex", 3.4, 0.04, 0.7),
    ("oracle", "amd", "capex", 0.5, 0.04, 0.7),
    ("coreweave", "nvidia", "capex", 2.2, 0.03, 0.9),
    ("other_neoclouds", "nvidia", "capex", 1.8, 0.03, 0.9),
    ("xai", "nvidia", "capex", 1.5, 0.03, 0.9),
    ("aws", "plant", "capex", 21.0, 0.025, 0.4),
    ("azure", "plant", "capex", 9.5, 0.025, 0.4),
    ("google_cloud", "plant", "capex", 14.6, 0.025, 0.4),
    ("meta", "plant", "capex", 9.7, 0.025, 0.4),
    ("oracle", "plant", "capex", 4.6, 0.03, 0.6),
    ("coreweave", "plant", "capex", 0.6, 0.03, 0.9),
    ("nvidia", "foundry", "input", 9.5, 0.025, 0.4),
    ("amd", "foundry", "input", 2.1, 0.02, 0.3),
    ("broadcom", "foundry", "input", 2.6, 0.02, 0.3),
    ("nvidia", "openai", "equity", 0.4, 0.02, 1.0),
    ("nvidia", "coreweave", "equity", 0.25, 0.0, 1.0),
    ("nvidia", "xai", "equity", 0.3, 0.0, 1.0),
    ("amazon", "anthropic", "equity", 1.3, 0.0, 0.5),
    ("alphabet", "anthropic", "equity", 0.5, 0.0, 0.5),
    ("microsoft", "openai", "equity", 0.8, 0.0, 0.5),
    ("venture", "openai", "equity", 2.1, 0.03, 0.9),
    ("venture", "anthropic", "equity", 1.0, 0.05, 0.9),
    ("venture", "xai", "equity", 1.7, 0.02, 0.9),
    ("venture", "mistral", "equity", 0.2, 0.02, 0.9),
    ("venture", "cohere", "equity", 0.1, 0.0, 0.9),
    ("venture", "cursor", "equity", 0.45, 0.02, 0.9),
    ("venture", "perplexity", "equity", 0.12, 0.01, 0.9),
    ("venture", "other_apps", "equity", 1.6, 0.02, 0.9),
    ("strategic_outside", "openai", "equity", 2.5, 0.01, 0.9),
    ("bonds", "oracle", "debt_drawn", 3.8, 0.03, 0.5),
    ("bonds", "meta", "debt_drawn", 2.0, 0.03, 0.5),
    ("bonds", "xai", "debt_drawn", 1.1, 0.02, 0.8),
    ("bonds", "coreweave", "debt_drawn", 1.1, 0.02, 0.8),
    ("private_credit", "coreweave", "debt_drawn", 1.4, 0.02, 0.9),
    ("private_credit", "other_neoclouds", "debt_drawn", 1.5, 0.02, 0.9),
    ("public_equity", "coreweave", "equity", 0.2, 0.0, 0.8),
    ("oracle", "bonds", "interest", 0.9, 0.02, 0.0),
    ("oracle", "bonds", "repayment", 1.5, 0.02, 0.0),
    ("coreweave", "private_credit", "interest", 0.27, 0.02, 0.3),
    ("coreweave", "private_credit", "repayment", 0.5, 0.02, 0.3),
    ("amazon", "bonds", "interest", 0.5, 0.01, 0.0),
    ("microsoft", "bonds", "interest", 0.6, 0.0, 0.0),
    ("other_neoclouds", "private_credit", "interest", 0.2, 0.02, 0.3),
    ("other_business", "amazon", "other_business", 17.0, 0.01, 0.1),
    ("other_business", "microsoft", "other_business", 20.0, 0.015, 0.1),
    ("other_business", "alphabet", "other_business", 27.0, 0.015, 0.1),
    ("other_business", "meta", "other_business", 25.6, 0.015, 0.1),
    ("aws", "labour", "cost", 8.0, 0.02, 0.1),
    ("azure", "labour", "cost", 7.5, 0.02, 0.1),
    ("google_cloud", "labour", "cost", 5.5, 0.02, 0.1),
    ("oracle", "labour", "cost", 6.2, 0.01, 0.1),
    ("openai", "labour", "cost", 1.4, 0.05, 0.4),
    ("anthropic", "labour", "cost", 0.6, 0.07, 0.4),
    ("other_apps", "labour", "cost", 1.4, 0.05, 0.4),
    ("cursor", "labour", "cost", 0.03, 0.05, 0.4),
    ("perplexity", "labour", "cost", 0.03, 0.04, 0.4),
    ("jasper", "labour", "cost", 0.008, 0.0, 0.3),
    ("xai", "labour", "cost", 0.3, 0.03, 0.4),
    ("nvidia", "labour", "cost", 3.4, 0.02, 0.1),
    ("amd", "labour", "cost", 2.2, 0.01, 0.1),
    ("broadcom", "labour", "cost", 2.0, 0.01, 0.1),
    ("aws", "energy", "cost", 2.0, 0.03, 0.1),
    ("azure", "energy", "cost", 1.6, 0.03, 0.1),
    ("google_cloud", "energy", "cost", 1.3, 0.03, 0.1),
    ("coreweave", "energy", "cost", 0.2, 0.03, 0.2),
    ("foundry", "other_suppliers", "cost", 9.0, 0.02, 0.3),
    ("nvidia", "other_suppliers", "cost", 4.0, 0.02, 0.3),
    ("aws", "other_suppliers", "cost", 5.0, 0.02, 0.2),
    ("nvidia", "tax", "tax", 4.8, 0.02, 0.4),
    ("amazon", "tax", "tax", 2.2, 0.01, 0.1),
    ("microsoft", "tax", "tax", 4.0, 0.01, 0.1),
    ("alphabet", "tax", "tax", 3.6, 0.01, 0.1),
    ("nvidia", "shareholders", "payout", 10.0, 0.02, 0.6),
    ("microsoft", "shareholders", "payout", 9.4, 0.01, 0.3),
    ("alphabet", "shareholders", "payout", 16.0, 0.01, 0.3),
    ("meta", "shareholders", "payout", 11.5, 0.01, 0.3),
    ("oracle", "shareholders", "payout", 1.4, 0.0, 0.6),
)

BUYS = {"other_cloud_customers": "other", "other_chip_buyers": "plant"}
FAILED = {"xai": 8, "coreweave": 6, "perplexity": 5}
COSTS = {"cursor": 1.3, "perplexity": 1.9, "openai": 2.6, "anthropic": 2.3, "xai": 9.0}
FACTS: Document = {
    f"{number:010x}": {
        "source": f"Invented yearbook, volume {number}",
        "published": f"2025-0{number}-14",
        "url": f"https://example.com/yearbook/{number}",
        "grade": "ABC"[number % 3],
        "entity": "openai",
        "metric": "revenue",
        "value": 4.3,
        "unit": "usd_bn",
        "period_start": "2025-01-01",
        "period_end": "2025-06-30",
    }
    for number in range(1, 9)
}


def quarter(row: int) -> str:
    """Return the name of a row's quarter; row 0 is 2025Q2."""
    year, number = divmod(2025 * 4 + 1 + row, 4)
    return f"{year}Q{number + 1}"


def _loop(amount: float, *legs: tuple[str, str], financial: bool) -> Document:
    """Return a loop of legs (payer, kind)."""
    ids = [payer for payer, _ in legs]
    names = {name: told for name, told, _, _ in ACCOUNTS}
    return {
        "entities": ids,
        "names": [names[one] for one in ids],
        "usd_bn": amount,
        "financial": financial,
        "legs": [
            {"payer": payer, "payee": payee, "financial": kind == "equity", "kinds": {kind: amount}}
            for (payer, kind), payee in zip(legs, [*ids[1:], ids[0]], strict=True)
        ],
    }


VENDOR = _loop(
    0.4, ("nvidia", "equity"), ("openai", "program"), ("microsoft", "capex"), financial=True
)
TRADE = _loop(0.02, ("microsoft", "input"), ("coreweave", "input"), financial=False)
ROUND_TRIPS: Document = {
    name: {
        "loops": [VENDOR, TRADE],
        "smaller": {"loops": 3, "usd_bn": 0.001},
        "by_seller": {
            "nvidia": {"usd_bn": 0.4, "financial_usd_bn": 0.4},
            "microsoft": {"usd_bn": 0.42, "financial_usd_bn": 0.4},
        },
    }
    for name in ("base", "cumulated")
}
COMMITTED: Document = {
    "promises": [],
    "by_payer": {},
    "loops": [
        {
            **VENDOR,
            "usd_bn": 10.0,
            "promised_all_round": False,
            "legs": [
                {**{key: leg[key] for key in ("payer", "payee", "financial")}, "parts": [part]}
                for leg, part in zip(
                    VENDOR["legs"],
                    (
                        {"what": "equity", "strength": "letter", "usd_bn": 10.0},
                        {"what": "program", "strength": "firm", "usd_bn": 10.0},
                        {"what": "capex", "strength": "unpromised", "usd_bn": 10.0},
                    ),
                    strict=True,
                )
            ],
        }
    ],
    "smaller": {"loops": 0, "usd_bn": 0.0},
}


def sample_document(*, freeze: bool = True, count: int = COUNT) -> Document:
    """Return an invented document, with its baseline when capital is frozen."""
    flows = _flows(count, freeze=freeze)
    document = {
        "schema": "cardhouse/run/1",
        "manifest": _manifest(freeze=freeze),
        "quarters": [quarter(row) for row in range(count)],
        "entities": _entities(flows, count, freeze=freeze),
        "tiers": [_tier(tier, flows, count) for tier in TIERS],
        "flows": flows,
        "ledger": _ledger(),
        "ledger_by_quarter": {"ai": {**_by_tier(count), "cumulated": _by_tier(count)}},
        **_trace(count),
        "round_trips": ROUND_TRIPS,
        "committed": COMMITTED,
        "claims": CLAIMS,
        "fragility": _fragility(count, freeze=freeze),
        "checks": {"money_residual_max": 3e-13, "accounts_residual_max": 2e-12},
        "accounts": {"moves": MOVES, "estimated_share_of_flows": 0.31},
        "facts": FACTS,
        "baseline": None,
    }
    if freeze:
        calm = sample_document(freeze=False, count=count)
        document["baseline"] = {name: calm[name] for name in ("entities", "tiers", "flows")}
    return document


def _manifest(*, freeze: bool) -> Document:
    return {
        "version": "0.1.0",
        "facts_version": "2026-10",
        "facts_digest": "5d41402abc4b2a76",
        "economy": "ai",
        "base_quarter": "2025Q2",
        "as_of": "2026-10-01",
        "scenario": "capital-freeze" if freeze else "baseline",
        "scenario_title": "Capital stops" if freeze else "Baseline",
        "scenario_words": (
            "From the second quarter and for two years there is almost no new venture money, "
            "private credit or junk debt, no vendor finance, few new shares and half the bonds."
            if freeze
            else "Everything goes on as planned and as known."
        ),
        "levers": {"substitution": 0.6} if freeze else {},
        "seed": None,
        "digest": "9f86d081884c7d65",
    }


def _flows(count: int, *, freeze: bool) -> list[Document]:
    return [
        {
            "payer": payer,
            "payee": payee,
            "kind": kind,
            "amount": [
                _amount(row, base, growth, hit if freeze else 0.0)
                * _alive(payer, payee, row, freeze)
                for row in range(count)
            ],
            "estimated": number % 4 == 0,
        }
        for number, (payer, payee, kind, base, growth, hit) in enumerate(PAYMENTS)
    ]


def _amount(row: int, base: float, growth: float, hit: float) -> float:
    cut = 1.0 - hit * min(1.0, max(0, row - FREEZE + 1) / 4)
    return base * (1.0 + growth) ** (row * 0.7) * cut


def _alive(payer: str, payee: str, row: int, freeze: bool) -> float:
    gone = any(end in FAILED and row > FAILED[end] for end in (payer, payee))
    return 0.0 if freeze and gone else 1.0


def _sum(
    flows: list[Document], count: int, side: str, ids: set[str], kinds: set[str]
) -> list[float]:
    chosen = [flow for flow in flows if flow[side] in ids and (not kinds or flow["kind"] in kinds)]
    return [sum(flow["amount"][row] for flow in chosen) for row in range(count)]


SALES = {"sale", "input", "program", "capex", "revenue_share"}
NEW_MONEY = {"equity", "debt_drawn"}


def _entities(flows: list[Document], count: int, *, freeze: bool) -> list[Document]:
    return [_entity(one, flows, count, freeze=freeze) for one in ACCOUNTS]


def _entity(
    account: tuple[str, str, str, str], flows: list[Document], count: int, *, freeze: bool
) -> Document:
    name, title, tier, kind = account
    parents = {"aws": "amazon", "azure": "microsoft", "google_cloud": "alphabet"}
    parts = [part for part, parent in parents.items() if parent == name]
    ids = {name, *parts}
    purse = kind in ("firm", "parent", "population")
    revenue = _sum(flows, count, "payee", ids, SALES)
    costs = [
        paid * COSTS.get(name, 1.0) + 0.1 * got
        for paid, got in zip(
            _sum(flows, count, "payer", ids, {"input", "program", "cost"}), revenue, strict=True
        )
    ]
    failed = FAILED.get(name) if freeze else None
    status = [
        "gone" if failed is not None and row > failed
        else "in_default" if row == failed
        else "stressed" if freeze and failed is not None and row >= failed - 2
        else "restructured" if freeze and name == "other_neoclouds" and row > 9
        else "active"
        for row in range(count)
    ]  # fmt: skip
    return {
        "id": name, "name": title, "tier": tier, "market": tier, "kind": kind,
        "parent": parents.get(name, ""), "includes": parts,
        "revenue": revenue, "full_cost": costs,
        "operating_result": [got - cost for got, cost in zip(revenue, costs, strict=True)],
        "cash_result": [0.8 * (got - cost) for got, cost in zip(revenue, costs, strict=True)],
        "cash": [4.0 + 0.1 * row for row in range(count)] if purse else [],
        "debt": [2.0] * count if purse else [],
        "raised": _sum(flows, count, "payee", ids, NEW_MONEY),
        "price": [1.0] * count,
        "status": status if purse else [None] * count,
        "default_quarter": None if failed is None else quarter(failed),
        "ai": True,
        **({"buys": BUYS.get(name, "use")} if kind == "segment" else {}),
    }  # fmt: skip


def _tier(tier: str, flows: list[Document], count: int) -> Document:
    ids = {name for name, _, at, _ in ACCOUNTS if at == tier}
    revenue = _sum(flows, count, "payee", ids, SALES)
    costs = _sum(flows, count, "payer", ids, {"input", "program", "cost"})
    lift = {"apps": 1.25, "labs": 1.9}.get(tier, 1.0)
    costs = [lift * cost for cost in costs] if tier not in ("users", "capital") else [0.0] * count
    return {
        "tier": tier,
        "revenue": revenue if tier not in ("users", "capital") else [0.0] * count,
        "full_cost": costs,
        "operating_result": [got - cost for got, cost in zip(revenue, costs, strict=True)],
        "cash_result": [0.9 * (got - cost) for got, cost in zip(revenue, costs, strict=True)],
        "capex": _sum(flows, count, "payer", ids, {"capex"}),
        "raised": _sum(flows, count, "payee", ids, NEW_MONEY),
        "loss_making_firms": [3] * count,
    }


def _ledger() -> Document:
    firms = [
        ("openai", "labs", 2.6, 6.9), ("anthropic", "labs", 0.65, 1.9), ("xai", "labs", 0.05, 1.2),
        ("cursor", "apps", 0.08, 0.12), ("perplexity", "apps", 0.03, 0.07),
        ("other_apps", "apps", 1.5, 2.0), ("mistral", "labs", 0.03, 0.1),
        ("coreweave", "clouds", 1.2, 1.4),
    ]  # fmt: skip
    return {
        "users_pay_per_dollar_of_cost": {
            "with_programs": 0.434, "without_programs": 0.61, "cash": 0.31
        },
        "subsidy_by_source": {
            "venture": 3.4, "strategic_outside": 1.6, "bonds": 0.5, "amazon": 0.7,
            "private_credit": 0.3, "cash": 0.6, "not_in_cash": 2.1,
        },
        "subsidy_by_firm": [
            {
                "firm": firm, "tier": tier, "revenue": revenue, "full_cost": cost,
                "subsidy": cost - revenue, "cash_part": 0.7 * (cost - revenue),
                "noncash_part": 0.3 * (cost - revenue),
                "by_source": {"venture": 0.5 * (cost - revenue), "cash": 0.2 * (cost - revenue)},
            }
            for firm, tier, revenue, cost in firms
        ],
        "back_of_envelope": [
            {
                "id": name, "name": title, "published": bool(facts), "facts": facts,
                "run_rate_usd_bn": rate, "multiplier": 2.0, "gross_margin": 0.5,
                "spend_usd_bn": 2 * rate, "revenue_needed_usd_bn": 4 * rate,
                "revenue_usd_bn": 75.0, "hole_usd_bn": 4 * rate - 75.0,
            }
            for name, title, rate, facts in (
                ("yearbook", "An invented yearbook", 50.0, ["0000000001", "0000000002"]),
                ("accounts", "These accounts", 198.0, []),
            )
        ],
        "people": [
            {
                "id": "openai_consumers", "name": "OpenAI, consumers", "lines": ["openai"],
                "segments": ["consumers_paying"], "revenue_usd_bn": 1.6, "service_usd_bn": 1.8,
                "full_cost_usd_bn": 4.8,
                "users": {"value": 640.0, "low": 580.0, "high": 700.0, "facts": ["0000000003"]},
                "payers": {"value": 26.0, "low": 23.0, "high": 29.0, "facts": ["0000000004"]},
                "per_user_year": _year(10.0, 11.0, 30.0),
                "per_payer_year": _year(246.0, 150.0, 740.0),
                "free_user_year": {"service": 5.4},
                "gap_by_source_per_person_year": {
                    "venture": 12.0, "amazon": 2.0, "not_in_cash": 6.0
                },
                "uncertain": "users: weekly",
            },
            {
                "id": "cursor", "name": "Cursor", "lines": ["cursor"], "segments": [],
                "revenue_usd_bn": 0.08, "service_usd_bn": 0.1, "full_cost_usd_bn": 0.12,
                "users": None,
                "payers": {"value": 0.6, "low": 0.6, "high": 0.6, "facts": ["0000000005"]},
                "per_user_year": None, "per_payer_year": _year(533.0, 666.0, 800.0),
                "free_user_year": None,
                "gap_by_source_per_person_year": {"venture": 200.0, "cash": 67.0},
                "uncertain": "users are not counted",
            },
        ],
        "best_price": {
            "held": "Free users are held as they are.",
            "segments": [
                {
                    "id": "consumers_paying_openai", "segment": "consumers_paying",
                    "line": "openai", "name": "OpenAI", "conversion": 0.05, "spread": 1.0,
                    "today": _priced(240.0, 0.05, 1.6, 1.8),
                    "best": {
                        **_priced(63.0, 0.38, 3.0, 7.9), "price_low": 63.0, "price_high": 87.0
                    },
                    "most_kept": _priced(280.0, 0.04, 1.3, 1.2),
                }
            ],
            "elastic": [
                {"id": "enterprises", "lines": ["openai"], "elasticity": 0.8,
                 "takings": "rise with every price: no price brings the most"}
            ],
        },
        "revenue_needed_usd_bn": 62.0,
        "implied_expected_growth": {
            "aws_ai": 0.066, "azure_core": {"value": 0.05, "low": 0.04, "high": 0.06}
        },
    }  # fmt: skip


def _year(revenue: float, service: float, full: float) -> Document:
    return {
        "revenue": revenue, "revenue_low": 0.9 * revenue, "revenue_high": 1.1 * revenue,
        "service": service, "full_cost": full, "gap": full - revenue,
    }  # fmt: skip


def _priced(price: float, share: float, revenue: float, service: float) -> Document:
    return {
        "price": price, "paying_share": share, "revenue": revenue, "cost_of_service": service,
        "full_cost": service + 3.0, "covers_service": revenue >= service,
        "covers_full_cost": False,
    }  # fmt: skip


def _by_tier(count: int) -> Document:
    one = {name: [1.5] * count for name in ("subsidy", "cash_part", "result", "cash_result")}
    return {"by_tier": {"labs": {**one, "by_source": {"venture": [1.0] * count}}}}


def _trace(count: int) -> Document:
    shares: Mapping[str, Mapping[str, float]] = {
        "nvidia": {
            "other_business": 0.37, "other_chip_buyers": 0.34, "other_cloud_customers": 0.11,
            "bonds": 0.07, "private_credit": 0.05, "venture": 0.03, "consumers_paying": 0.02,
            "opening_cash": 0.01,
        },
        "aws": {"other_cloud_customers": 0.93, "venture": 0.03, "enterprises": 0.04},
        "azure": {"other_cloud_customers": 0.86, "venture": 0.08, "consumers_paying": 0.06},
        "openai": {"consumers_paying": 0.55, "enterprises": 0.22, "developers": 0.13,
                   "venture": 0.10},
        "coreweave": {"other_cloud_customers": 0.6, "venture": 0.2, "consumers_paying": 0.2},
        "foundry": {"other_chip_buyers": 0.45, "other_business": 0.35, "bonds": 0.2},
    }  # fmt: skip
    return {
        "trace": {sink: dict(by) for sink, by in shares.items()},
        "trace_by_quarter": {
            sink: {source: [share] * count for source, share in by.items()}
            for sink, by in shares.items()
        },
        "trace_round_trip_usd_bn": {"nvidia": 0.61, "aws": 0.2, "azure": 0.55, "openai": 0.0},
        "trace_bounds": {
            sink: {s: [0.6 * share, min(1.0, 1.5 * share)] for s, share in by.items()}
            for sink, by in shares.items()
        },
    }


def _fragility(count: int, *, freeze: bool) -> Document:
    lost: Mapping[str, Mapping[str, float]] = {
        "perplexity": {"openai": 0.01, "venture": 0.02},
        "coreweave": {"private_credit": 4.1, "bonds": 2.2, "nvidia": 0.6, "energy": 0.1},
        "xai": {"bonds": 2.6, "nvidia": 0.8, "oracle": 0.3},
    }
    names = {name: title for name, title, *_ in ACCOUNTS}
    return {
        "defaults": [
            {
                "entity": firm, "name": names[firm], "quarter": quarter(row),
                "owed": 1.6 * sum(lost[firm].values()), "paid": 0.6 * sum(lost[firm].values()),
                "loss_by_holder": dict(lost[firm]), "cause": "bills due, no new money",
            }
            for firm, row in sorted(FAILED.items(), key=lambda one: one[1])
            if freeze and row < count
        ],
        "maturities": [
            {"year": 2025 + number, "amount": amount}
            for number, amount in enumerate((4.0, 9.5, 14.0, 22.5, 18.0, 31.0))
        ],
        "profit_share": {"nvidia": 0.52, "azure": 0.2, "aws": 0.18, "google_cloud": 0.1},
        "profit_herfindahl": 0.35,
        "loss_making_share": {"firms": 0.62, "revenue": 0.07, "users_spending": 0.11},
        "runway_quarters": {
            "openai": 7.1, "anthropic": 9.4, "xai": 2.3, "cursor": 11.0, "perplexity": 4.2,
            "coreweave": 0.8, "nvidia": None, "oracle": None,
        },
    }  # fmt: skip


CLAIMS: list[Document] = [
    {
        "id": "user_price",
        "claim": "Most end users pay $20 to $200 a year, which does not cover cost",
        "verdict": "in_part",
        "probability": 0.71,
        "figures": [
            {"name": "average user", "value": 6.7, "unit": "USD a year", "facts": ["0000000001"]},
            {"name": "average payer", "value": [220, 260], "unit": "USD a year",
             "facts": ["0000000002", "0000000003"]},
            {"name": "paying users", "value": 0.03, "unit": "share"},
        ],
        "for": ["The average user pays 6.7 dollars a year.", "Free users are 97 % of all."],
        "against": ["List prices are per month, not per year."],
        "facts": ["0000000001", "0000000002", "0000000003"],
    },
    {
        "id": "clouds_thin_margin",
        "claim": "Clouds live on thin margins",
        "verdict": "does_not_hold",
        "probability": None,
        "by_definition": [
            {"definition": "all business, as filed", "verdict": "does_not_hold"},
            {"definition": "those who only rent out accelerators", "verdict": "holds"},
        ],
        "figures": [
            {"name": "margin", "value": "33 to 41 %", "facts": ["0000000004"], "when": "2025-06"},
            {"name": "loans to sales, then", "value": 0.23, "unit": "share", "when": "2000-12",
             "facts": ["0000000006"]},
            {"name": "loans to sales, now", "value": 0.03, "unit": "share", "facts": []},
        ],
        "for": ["Pure rental of accelerators earns about nothing."],
        "against": ["Whole segments earn 21 to 41 % of sales."],
        "facts": ["0000000004"],
    },
    {
        "id": "chips_take_profit",
        "claim": "Profit concentrates at the maker of accelerators",
        "verdict": "holds",
        "probability": 0.97,
        "figures": [{"name": "share of operating profit", "value": 0.52, "unit": "share"}],
        "for": ["Its operating income exceeds that of three clouds together."],
        "against": [],
        "facts": [],
    },
    {
        "id": "house_of_cards",
        "claim": "The chain is a house of cards",
        "verdict": "undetermined",
        "probability": 0.4,
        "figures": [],
        "for": ["Three firms fail without new money."],
        "against": ["Most spending is paid from other business."],
        "facts": [],
    },
]  # fmt: skip

MOVES: list[Document] = [
    {
        "fact": f"{number:010x}", "what": what, "observed": observed, "balanced": balanced,
        "in_sd": in_sd, "source": f"Invented yearbook, volume {number}",
        "url": f"https://example.com/yearbook/{number}",
    }
    for number, what, observed, balanced, in_sd in (
        (5, "azure inference cost, nine months", 8.67, 5.2, -4.4),
        (6, "openai gross margin, first half", 0.43, 0.36, -1.2),
        (7, "nvidia other buyers", 15.7, 17.1, 0.6),
        (8, "anthropic revenue, first half", 1.3, 1.2, -0.3),
    )
]  # fmt: skip
