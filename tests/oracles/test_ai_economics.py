"""Published arithmetic of AI spending, reproduced to the digit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cardhouse.analysis.investment import (
    END_USER_GROSS_MARGIN,
    datacenter_spend,
    revenue_needed,
)

CASES = json.loads(Path(__file__).with_name("ai_economics_arithmetic.json").read_text("utf-8"))
every_case = pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["id"])


@every_case
def test_spending_and_the_revenue_it_needs(case: dict[str, Any]) -> None:
    given, expected = case["inputs"], case["expected"]
    spend = datacenter_spend(given["nvidia_run_rate_bn"], given["datacenter_multiplier"])
    assert spend == expected["datacenter_spend_bn"]
    needed = revenue_needed(spend, given["end_user_gross_margin"])
    assert needed == expected["revenue_required_bn"]


@every_case
def test_the_published_hole_is_what_assumed_revenue_leaves(case: dict[str, Any]) -> None:
    needed = case["expected"]["revenue_required_bn"]
    assert needed - case["implied"]["ai_revenue_assumed_bn"] == case["published"]["hole_bn"]


@every_case
def test_the_margin_of_the_ledger_is_the_published_one(case: dict[str, Any]) -> None:
    assert case["inputs"]["end_user_gross_margin"] == END_USER_GROSS_MARGIN
