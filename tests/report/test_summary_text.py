"""The summary on one screen: right numbers in plain sentences, within 80 columns."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cardhouse.report.summary_text import (
    HOW_LIKELY,
    claims_sentence,
    defaults_sentence,
    headline,
    last_seller,
    losses_sentence,
    movers_sentence,
    nobody_fails,
    payers_sentence,
    profit_sentence,
    promises_sentence,
    subsidy_sentence,
    summary,
    users_sentence,
)


def seller(name: str, revenue: list[float], tier: str = "chips") -> dict[str, Any]:
    return {"id": name, "name": name.upper(), "tier": tier, "kind": "firm", "revenue": revenue}


def tier(name: str, revenue: float) -> dict[str, Any]:
    series = ("full_cost", "operating_result", "capex", "raised")
    return {"tier": name, "revenue": [revenue] * 2, **{one: [1.5, 2.5] for one in series}}


@pytest.fixture
def document() -> dict[str, Any]:
    return {
        "manifest": {
            "scenario_title": "Capital stops",
            "subject": "AI",
            "facts_version": "2026-10",
            "as_of": "2026-10-01",
        },
        "quarters": ["2025Q2", "2025Q3"],
        "entities": [seller("amd", [3.0, 3.0]), seller("nvidia", [46.7, 40.0])],
        "tiers": [tier("labs", 10.0), tier("chips", 50.0), tier("capital", 0.0)],
        "ledger": {
            "users_pay_per_dollar_of_cost": {"with_programs": 0.434, "without_programs": 0.61}
        },
        "trace": {"nvidia": {"users": 0.6, "venture": 0.3, "bonds": 0.1}},
        "claims": [
            {"id": "one", "verdict": "holds"},
            {"id": "other_one", "verdict": "holds"},
            {"id": "last", "verdict": "undetermined"},
        ],
        "fragility": {
            "defaults": [
                {"entity": "late", "name": "Late", "quarter": "2025Q3"},
                {"entity": "early", "name": "Early", "quarter": "2025Q2"},
            ]
        },
        "baseline": {"entities": [{"id": "nvidia", "revenue": [46.7, 50.0]}]},
    }


def on_screen(document: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=80)
    for part in summary(document, Path("runs/ai")):
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_headline_compares_the_last_seller_with_the_baseline(document: dict[str, Any]) -> None:
    told = headline(document)
    assert told == (
        "Capital stops: NVIDIA's sales are 20% below the baseline in 2025Q3; "
        "on the central path 2 firms fail."
    )


def test_headline_tells_the_widest_gap_and_the_end(document: dict[str, Any]) -> None:
    document["quarters"] = ["2025Q2", "2025Q3", "2025Q4"]
    document["entities"][1]["revenue"] = [46.7, 40.0, 50.5]
    document["baseline"]["entities"][0]["revenue"] = [46.7, 50.0, 50.0]
    assert "are at most 20% below the baseline (2025Q3), 1% above the baseline in 2025Q4;" in (
        headline(document)
    )


def test_headline_of_the_baseline_tells_the_course(document: dict[str, Any]) -> None:
    document["baseline"] = None
    document["fragility"]["defaults"] = []
    assert headline(document).endswith(
        "NVIDIA sells $46.7 bn in 2025Q2 and $40.0 bn in 2025Q3; on the central path no firm fails."
    )
    told = defaults_sentence(document)
    assert told == f"Defaults on the central path until 2025Q3: none. {HOW_LIKELY}"
    assert "cardhouse ensemble" in nobody_fails(document)


def test_a_firm_that_fails_twice_counts_once_and_small_ones_apart(
    document: dict[str, Any],
) -> None:
    first = {"entity": "late", "name": "Late", "quarter": "2025Q2", "outcome": "restructured"}
    document["fragility"]["defaults"][1] = first
    apps = seller("other_apps", [1.0, 1.0], "apps")
    apps |= {"kind": "population", "name": "Other apps", "members": 9, "defaults": [0, 2]}
    document["entities"].append(apps)
    assert headline(document).endswith("on the central path one firm fails; of 9 other apps 2 do.")
    told = f"{FIRST}: Late 2025Q2 (restructured), Late 2025Q3. {HOW_LIKELY}"
    assert defaults_sentence(document) == told


def test_no_difference_is_called_none(document: dict[str, Any]) -> None:
    document["baseline"]["entities"][0]["revenue"] = [46.7, 40.0]
    assert "as in the baseline" in headline(document)


def test_the_last_seller_is_the_largest_of_the_last_layer_that_sells(
    document: dict[str, Any],
) -> None:
    found = last_seller(document)
    assert found is not None
    assert found["id"] == "nvidia"
    document["entities"] = []
    assert last_seller(document) is None
    assert headline(document) == "Capital stops: 2025Q2 to 2025Q3."
    assert payers_sentence(document) == ""


def test_users_pay_cents_of_a_dollar(document: dict[str, Any]) -> None:
    assert users_sentence(document) == (
        "In 2025Q2 users pay 43 cents of each dollar the chain costs "
        "(61 cents without training and research)."
    )


def test_payers_come_largest_first_and_add_up(document: dict[str, Any]) -> None:
    assert payers_sentence(document) == (
        "Who ultimately pays NVIDIA in 2025Q2: users 60%, venture 30%, bonds 10%."
    )
    document["trace"]["nvidia"] = {f"s{number}": 0.1 for number in range(10)}
    assert payers_sentence(document).endswith("others 50%.")


FIRST = "First defaults on the central path"


def test_defaults_come_in_order(document: dict[str, Any]) -> None:
    assert defaults_sentence(document) == f"{FIRST}: Early 2025Q2, Late 2025Q3. {HOW_LIKELY}"
    document["fragility"]["defaults"] *= 5
    assert defaults_sentence(document).endswith(f"and 4 more. {HOW_LIKELY}")


def test_losses_are_added_over_defaults_and_told_by_holder(document: dict[str, Any]) -> None:
    first, second = document["fragility"]["defaults"]
    first["loss_by_holder"] = {"amd": 0.3, "other_suppliers": 0.001}
    second["loss_by_holder"] = {"amd": 0.2, "nvidia": 0.1}
    assert losses_sentence(document) == (
        "Lost by AMD $0.50 bn, NVIDIA $0.10 bn. Nobody falls after them."
    )
    first["travels"] = [{"entity": "amd"}]
    assert losses_sentence(document).endswith("1 pulled others down.")


def test_no_default_loses_nothing_and_paid_creditors_are_told(document: dict[str, Any]) -> None:
    assert "owners bear the loss" in losses_sentence(document)
    document["fragility"]["defaults"] = []
    assert losses_sentence(document) == ""


def test_claims_are_counted_and_few_are_named(document: dict[str, Any]) -> None:
    assert claims_sentence(document) == (
        "Of 3 claims of the thesis 2 hold (one, other one), 1 stays undetermined (last)."
    )
    document["claims"] = [{"id": f"n{at}", "verdict": "holds"} for at in range(9)]
    assert claims_sentence(document) == "Of 9 claims of the thesis 9 hold."


def test_what_customers_leave_is_split_by_source(document: dict[str, Any]) -> None:
    assert subsidy_sentence(document) == ""
    by_source = {"amd": 1.0, "not_in_cash": 6.0, "cash": 3.0}
    document["ledger"] |= {"subsidy_usd_bn": 10.0, "subsidy_by_source": by_source}
    assert subsidy_sentence(document) == (
        "Customers do not pay $10.0 bn of the cost in 2025Q2; it falls on wear and pay in shares "
        "(no cash) 60%, their own cash 30%, AMD 10%."
    )


def test_small_sources_stand_together_so_that_shares_add_up(document: dict[str, Any]) -> None:
    by_source = {"amd": 1.0, "not_in_cash": 5.2, "cash": 2.2, "nvidia": 1.0, "bonds": 0.6}
    document["ledger"] |= {"subsidy_usd_bn": 10.0, "subsidy_by_source": by_source}
    told = subsidy_sentence(document)
    assert told.endswith("others 6%.")
    assert sum(int(part) for part in re.findall(r"(\d+)%", told)) == 100


def test_what_users_fall_short_of_is_told_apart_from_subsidies(document: dict[str, Any]) -> None:
    """Two numbers that differ stand with the reason, where parents use what their firms make."""
    document["ledger"] |= {
        "subsidy_usd_bn": 18.0,
        "subsidy_by_source": {"cash": 18.0},
        "subsidy_sold_use_usd_bn": 11.0,
        "users_receipts_usd_bn": 25.0,
        "use_cost_usd_bn": {"with_programs": 45.0, "sold_use": 31.0},
    }
    document["ledger"]["users_pay_per_dollar_of_cost"]["sold_use"] = 25.0 / 31.0
    told = subsidy_sentence(document)
    assert "It is $11.0 bn without groups' own use." in told
    assert "not the $20.0 bn by which users fall short" in told
    assert "81 cents without groups' own use" in users_sentence(document)
    document["ledger"]["use_cost_usd_bn"]["sold_use"] = 45.0
    assert "own use" not in subsidy_sentence(document) + users_sentence(document)


def test_unknown_buyers_are_no_known_customers(document: dict[str, Any]) -> None:
    people = [
        {"id": "people", "name": "People", "tier": "users", "kind": "segment", "buys": "use"},
        {"id": "renters", "name": "Renters", "tier": "users", "kind": "segment", "buys": "use"},
        {"id": "others", "name": "Others", "tier": "users", "kind": "segment", "buys": "plant"},
    ]
    document["entities"] += [{**one, "revenue": []} for one in people]
    document["trace"]["nvidia"] = {
        "others": 0.6,
        "venture": 0.38,
        "renters": 0.017,
        "people": 0.003,
    }
    assert payers_sentence(document) == (
        "Who ultimately pays NVIDIA in 2025Q2: Others 60% (their own money unknown), venture 38%, "
        "Renters 2%. Users of AI pay 2% (Renters 1.7%, the rest 0.3%)."
    )


def test_profit_is_told_with_its_range_over_perimeters(document: dict[str, Any]) -> None:
    document["fragility"] |= {
        "profit_share_ai": {"amd": 0.1, "nvidia": 0.9},
        "loss_making_share_ai": {"firms": 0.75, "revenue": 0.25, "users_spending": None},
    }
    figures = [
        {"name": f"share of profit: NVIDIA, {perimeter}", "value": share}
        for perimeter, share in {"AI": 0.9, "divisions": 0.52, "groups": 0.27}.items()
    ]
    document["claims"].append({"id": "chips_take_profit", "verdict": "in_part", "figures": figures})
    assert "in 2025Q2 (by perimeter 27% to 90%: claim chips take profit);" in (
        profit_sentence(document)
    )


def test_who_takes_the_profit_is_told_where_it_is_known(document: dict[str, Any]) -> None:
    assert profit_sentence(document) == ""
    document["fragility"] |= {
        "profit_share_ai": {"amd": 0.1, "nvidia": 0.9},
        "loss_making_share_ai": {"firms": 0.75, "revenue": 0.25, "users_spending": None},
    }
    assert profit_sentence(document) == (
        "NVIDIA takes 90% of the operating profit of the AI business in 2025Q2; 75% of the firms "
        "in it lose money on it, with 25% of its sales."
    )


def test_own_money_that_comes_back_is_told(document: dict[str, Any]) -> None:
    document["trace_round_trip_usd_bn"] = {"nvidia": 0.14}
    assert payers_sentence(document).endswith("Of it $0.14 bn was its own money come back.")


def test_the_screen_is_80_columns_and_says_what_it_is(document: dict[str, Any]) -> None:
    told = on_screen(document)
    assert max(len(line.rstrip()) for line in told.splitlines()) <= 80
    assert "…" not in told
    assert "not a forecast" in told
    assert "runs/ai/report.html" in told
    assert len(told.splitlines()) <= 24


def flow(payer: str, *amount: float, kind: str = "capex") -> dict[str, Any]:
    return {"payer": payer, "payee": "nvidia", "kind": kind, "amount": list(amount)}


class TestMovers:
    """Who buys more and less than in the baseline: purchases alone, after the base quarter."""

    def test_come_widest_first(self, document: dict[str, Any]) -> None:
        baseline = {"flows": [flow("a", 9.0, 30.0), flow("b", 9.0, 10.0), flow("c", 0.0, 5.0)]}
        flows = [flow("a", 1.0, 10.0), flow("b", 1.0, 14.0), flow("c", 0.0, 5.0)]
        flows.append(flow("d", 0.0, 99.0, kind="equity"))
        told = movers_sentence({**document, "flows": flows, "baseline": baseline})
        assert told == (
            "What its buyers pay it until 2025Q3, against the baseline, USD bn: a -20.0, b +4.0."
        )

    def test_are_silent_where_nothing_moves(self, document: dict[str, Any]) -> None:
        flows = [flow("a", 9.0, 30.0)]
        assert movers_sentence({**document, "flows": flows, "baseline": {"flows": flows}}) == ""
        assert movers_sentence({**document, "flows": flows}) == ""


class TestPromises:
    """What the dead had promised to buy; what survives, or was only meant, is not told."""

    def test_of_those_gone_are_told(self, document: dict[str, Any]) -> None:
        def promise(payer: str, amount: float, **more: str) -> dict[str, Any]:
            row = {"payer": payer, "payee": "amd", "kind": "program", "strength": "firm"}
            return {**row, "promised": amount, **more}

        failed = [
            {"entity": "gone", "quarter": "2025Q3", "outcome": "liquidated"},
            {"entity": "alive", "quarter": "2025Q3", "outcome": "restructured"},
        ]
        promises = [
            promise("gone", 30.0),
            promise("gone", 8.0, strength="letter"),
            promise("gone", 7.0, kind="equity"),
            promise("alive", 50.0),
        ]
        told = promises_sentence(
            {**document, "fragility": {"defaults": failed}, "committed": {"promises": promises}}
        )
        assert told == (
            "Those gone had promised, at 2025Q2, $30.0 bn of purchases: from AMD $30.0 bn."
        )

    def test_are_silent_where_nobody_promised(self, document: dict[str, Any]) -> None:
        assert promises_sentence(document) == ""


def test_the_end_of_the_run_stands_beside_its_beginning(document: dict[str, Any]) -> None:
    pays = {"users_pay_per_dollar_of_cost": {"with_programs": [0.434, 0.5]}}
    usual = {"users_pay_per_dollar_of_cost": {"with_programs": [0.434, 0.6]}}
    told = users_sentence({**document, "ledger_by_quarter": pays, "baseline": usual})
    assert told.endswith("; in 2025Q3 50 cents, in the baseline 60 cents.")
    assert users_sentence({**document, "ledger_by_quarter": pays}).endswith("; in 2025Q3 50 cents.")
