"""Intervals beside the figures: on the screen and in the report; none, and how to get them."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from cardhouse.report import intervals
from cardhouse.report.page import report_html
from cardhouse.report.summary_text import payers_sentence, summary, users_sentence
from report.sample import sample_document

PAYS = "ledger.users_pay_per_dollar_of_cost"


def figure(low: float, high: float) -> dict[str, float]:
    middle = (low + high) / 2
    ends = {"low": low, "median": middle, "high": high, "mean": middle}
    return {"value": middle, **ends, "mc_error": 0.01, "draws": 500}


@pytest.fixture
def plain() -> dict[str, Any]:
    return sample_document()


@pytest.fixture
def document(plain: dict[str, Any]) -> dict[str, Any]:
    source = max(plain["trace"]["nvidia"].items(), key=lambda one: one[1])[0]
    figures = {
        f"{PAYS}.with_programs": figure(0.48, 0.64),
        f"{PAYS}.without_programs": figure(0.7, 0.9),
        f"{PAYS}.cash": figure(0.1, 0.2),
        "ledger.subsidy_usd_bn": figure(11.0, 13.0),
        f"trace.nvidia.{source}": figure(0.31, 0.42),
        "trace_round_trip_usd_bn.nvidia": figure(0.2, 1.4),
    }
    drawn = {"draws": 500, "seed": 3, "interval": 0.8, "runs": 20, "figures": figures}
    claims = [
        {**claim, "probability_draws": 500, "probability_error": 0.02}
        if claim["probability"] is not None
        else claim
        for claim in plain["claims"]
    ]
    return {**plain, "claims": claims, "uncertainty": drawn}


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def on_screen(document: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=80)
    for part in summary(document):
        console.print(part)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    return " ".join(shown.split())


class TestScreen:
    def test_users_and_payers_carry_theirs(self, document: dict[str, Any]) -> None:
        assert "cents (48 to 64) of each dollar" in users_sentence(document)
        assert "without training and research, 70 to 90; " in users_sentence(document)
        assert "counted in cash, 10 to 20)." in users_sentence(document)
        assert "% (31 to 42)" in payers_sentence(document)

    def test_claims_are_sure_or_open(self, document: dict[str, Any]) -> None:
        shown = on_screen(document)
        assert "Open, with how often they hold: " in shown
        assert " readings of the claims come out the same in at least 95% of draws. " in shown
        for one in document["claims"]:
            rulings = [each for each in one.get("by_definition", ()) if "probability" in each]
            if not rulings and 0.05 < (one["probability"] or 0.0) < 0.95:
                assert f"{one['id'].replace('_', ' ')} {one['probability']:.0%}" in shown
        assert "80% of 500 draws" in shown
        assert "seed 3" in shown.replace("\N{NO-BREAK SPACE}", " ")

    def test_without_draws_it_says_how_to_get_them(self, plain: dict[str, Any]) -> None:
        assert "--draws 500" in on_screen(plain)
        assert " to " not in users_sentence(plain)


class TestReport:
    def test_headline_payers_and_claims_carry_theirs(self, document: dict[str, Any]) -> None:
        told = words(report_html(document)).replace("\N{NO-BREAK SPACE}", " ")
        assert "48 to 64¢ in 80% of draws" in told
        assert "$11.0 to 13.0 bn in 80% of draws" in told
        assert "(31 to 42)" in told
        assert "31 to 42%" in told
        assert "$0.20 to 1.4 bn" in told
        assert re.search(r"probability that it holds \d+% \(500 draws, ±2\)", told)

    def test_without_draws_nothing_is_claimed(self, plain: dict[str, Any]) -> None:
        told = words(report_html(plain))
        assert "of draws" not in told
        assert "of the draws" not in told


def test_a_figure_that_was_not_drawn_has_none(document: dict[str, Any]) -> None:
    assert intervals.ends(document, "trace.nobody.nothing") is None
    assert intervals.billions(document, "trace.nobody.nothing") == ""
