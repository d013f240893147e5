"""The overlay: a run's falls move the index by their weight; backwards, a fall that does it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import jsonschema
import pytest

from cardhouse.errors import InputError
from cardhouse.facts import FactTable, load_facts
from cardhouse.studies.gauges import FACTS, gauge_document
from cardhouse.studies.overlay import overlay_document, snapshot
from cardhouse.studies.schemas import published_schemas


@pytest.fixture(scope="module")
def facts() -> FactTable:
    return load_facts(tables=FACTS)


def row(name: str, result: float, *, dies: bool = False, quarters: int = 6) -> dict[str, Any]:
    return {
        "id": name,
        "operating_result": [result] * quarters,
        "revenue": [10.0] * quarters,
        "default_quarter": "2026Q1" if dies else None,
    }


def document(moved: list[dict[str, Any]], usual: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "manifest": {"scenario": "made-up"},
        "quarters": [f"2026Q{quarter}" for quarter in (1, 2, 3, 4)] + ["2027Q1", "2027Q2"],
        "entities": moved,
        "baseline": {"entities": usual},
    }


def told(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in found["firms"]}


def test_the_snapshot_is_the_index_and_its_ai_firms(facts: FactTable) -> None:
    found = snapshot(facts)
    assert found is not None
    assert found.day.isoformat() == "2026-08-14"
    assert {"nvidia", "microsoft", "alphabet", "amazon", "oracle"} <= set(found.firms)
    assert found.index.values.sum() == pytest.approx(67774)
    assert found.index.price_to_book == pytest.approx(5.958)
    assert found.index.weights[0] == pytest.approx(0.0805, abs=5e-4)  # NVIDIA's weight, a fact


def test_a_fall_of_results_moves_the_index_by_the_firm_s_weight(facts: FactTable) -> None:
    found = overlay_document(
        document(
            [row("nvidia", 10.0), row("oracle", 4.0)], [row("nvidia", 20.0), row("oracle", 4.0)]
        ),
        facts,
    )
    jsonschema.Draft202012Validator(published_schemas()["overlay"]).validate(found)
    firms = told(found)
    assert firms["nvidia"]["value_change"] == -0.5
    assert firms["nvidia"]["book_change"] == -50.0  # five quarters after the base, 10 less each
    assert firms["oracle"]["value_change"] == firms["oracle"]["contribution"] == 0.0
    assert found["price_change"] == pytest.approx(-0.5 * firms["nvidia"]["weight"], rel=1e-12)
    after = 67774 * (1 + found["price_change"]) / (67774 / 5.958 - 50.0)
    assert found["price_to_book"]["after"] == pytest.approx(after, rel=1e-9)
    assert set(found["not_in_run"]) == set(firms) - {"nvidia", "oracle"}


def test_the_worst_quarter_stands_beside_the_last(facts: FactTable) -> None:
    """Results are halved in one quarter: of three quarters' sum a sixth, by the end nothing."""
    lower = {
        **row("nvidia", 20.0, quarters=9),
        "operating_result": [20.0] * 2 + [10.0] + [20.0] * 6,
    }
    asked = document([lower], [row("nvidia", 20.0, quarters=9)])
    asked["quarters"] += ["2027Q3", "2027Q4", "2028Q1"]
    found = overlay_document(asked, facts)
    assert found["price_change"] == 0.0
    worst = found["worst"]
    assert worst["quarter"] == "2026Q3"
    assert told(worst)["nvidia"]["value_change"] == pytest.approx(-1 / 6)
    assert worst["price_change"] == pytest.approx(-told(worst)["nvidia"]["weight"] / 6)


def test_a_failure_counts_from_its_quarter_on_and_the_worst_is_never_better_than_the_last(
    facts: FactTable,
) -> None:
    fallen = {**row("oracle", 4.0), "default_quarter": "2026Q4"}
    found = overlay_document(document([fallen], [row("oracle", 4.0)]), facts)
    assert found["worst"]["price_change"] <= found["price_change"]
    assert found["worst"]["quarter"] == "2026Q4"
    assert told(found["worst"])["oracle"]["value_change"] == -1.0


def test_a_firm_in_default_is_worth_nothing(facts: FactTable) -> None:
    found = overlay_document(document([row("oracle", 4.0, dies=True)], [row("oracle", 4.0)]), facts)
    firm = told(found)["oracle"]
    assert firm["value_change"] == -1.0
    assert firm["book_change"] == -firm["book"]


def test_without_profits_revenue_decides(facts: FactTable) -> None:
    lower = {**row("oracle", -2.0), "revenue": [8.0] * 6}
    found = overlay_document(document([lower], [row("oracle", -1.0)]), facts)
    assert told(found)["oracle"]["value_change"] == pytest.approx(-0.2)


def test_a_rerating_takes_the_same_share_of_every_firm(facts: FactTable) -> None:
    same = [row("nvidia", 20.0)]
    found = overlay_document(document(same, same), facts, rerating=-0.25)
    assert {one["value_change"] for one in found["firms"]} == {-0.25}
    assert found["price_change"] == pytest.approx(-0.25 * found["weight"]["before"], rel=1e-12)


@pytest.mark.parametrize(
    ("rerating", "baseline", "day", "words"),
    [
        (-2.0, True, None, "--rerating is -2.0"),
        (0.0, False, None, "the baseline moves nothing"),
        (0.0, True, "2020-01-01", "no snapshot of the index"),
    ],
)
def test_what_cannot_be_answered_is_told(
    facts: FactTable, rerating: float, baseline: bool, day: str | None, words: str
) -> None:
    known = facts if day is None else facts.known_at(dt.date.fromisoformat(day))
    asked = document([row("nvidia", 1.0)], [row("nvidia", 1.0)])
    with pytest.raises(InputError, match=words):
        overlay_document(
            asked if baseline else {**asked, "baseline": None}, known, rerating=rerating
        )


def test_backwards_is_what_the_weight_says() -> None:
    panel = gauge_document()
    weight = panel["ai_firms"]["weight"]
    found = {(one["gauge"], one["to"]): one for one in panel["backwards"]}
    books = found["price_to_book", "peak"]
    assert books["fall"] == pytest.approx((1 - 5.06 / 5.44) / weight, rel=1e-12)
    assert books["index_fall"] == pytest.approx(1 - 5.06 / 5.44, rel=1e-12)
    assert found["price_to_book", "median"]["fall"] > 1  # even their loss would not do
    assert ("price_to_book_bank", "median") not in found  # two readings have no median
