"""The mirror: both times sourced on one axis, the run behind them, and every gap told."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cardhouse.analysis.mirror import last_day
from cardhouse.errors import InputError
from cardhouse.facts import COLUMNS, FactTable, load_dictionaries, load_facts
from cardhouse.studies.fact_choice import read_term
from cardhouse.studies.mirror import (
    FIRST,
    LAST,
    TABLE,
    facts_for_mirror,
    load_indicators,
    mirror_document,
)
from cardhouse.studies.mirror_facts import points_of
from cardhouse.studies.mirror_run import values_of
from cardhouse.studies.schemas import published_schemas

BUILDERS = ("amazon", "microsoft", "alphabet", "meta", "oracle")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def facts() -> FactTable:
    return load_facts()


def entity(name: str, tier: str, kind: str = "firm", **more: Any) -> Row:
    series = {"revenue": 10.0, "capex": 4.0, "operating_result": 2.0}
    rows = {column: [value * (1 + at / 10) for at in range(5)] for column, value in series.items()}
    return {"id": name, "tier": tier, "kind": kind, "default_quarter": None, **rows, **more}


def flow(payer: str, payee: str, kind: str, amount: float) -> Row:
    return {"payer": payer, "payee": payee, "kind": kind, "amount": [amount] * 5}


@pytest.fixture
def run() -> Row:
    """Return an invented run in which every cell of the table finds something."""
    rows = [
        entity("apps", "apps", "population", members=100, defaults=[0, 5, 0, 0, 5]),
        *(entity(name, "labs") for name in ("openai", "anthropic")),
        *(entity(name, "clouds", "parent") for name in BUILDERS),
        *(entity(name, "clouds", "division") for name in ("aws", "azure", "google_cloud")),
        entity("nvidia", "chips", operating_result=[6.0, 6.0, 9.0, 9.0, 9.0]),
        *(entity(name, "capital", "pool") for name in ("venture", "bonds")),
    ]
    usual = [{**row, "operating_result": [6.0] * 5} for row in rows if row["id"] == "nvidia"]
    quarters = ["2026Q1", "2026Q2", "2026Q3", "2026Q4", "2027Q1"]
    failed = {"entity": "openai", "quarter": "2026Q3", "owed": 7.0}
    rows[1] = {**rows[1], "default_quarter": "2026Q3"}
    return {
        "schema": "cardhouse/run/1",
        "manifest": {
            "base_quarter": "2026Q1", "as_of": "2026-10-31", "scenario": "made-up",
            "economy": "ai", "quarters": 4,
        },
        "quarters": quarters,
        "entities": rows,
        "tiers": [
            {"tier": "apps", "loss_making_firms": [1.0] * 5},
            {"tier": "labs", "loss_making_firms": [2.0, 2.0, 1.0, 1.0, 0.0]},
        ],
        "flows": [
            flow("venture", "openai", "equity", 3.0),
            flow("nvidia", "openai", "equity", 1.0),
            flow("bonds", "amazon", "debt_drawn", 2.0),
            flow("bonds", "openai", "debt_drawn", 1.0),
        ],
        "fragility": {"defaults": [failed]},
        "baseline": {"entities": usual},
    }  # fmt: skip


@pytest.fixture
def mirror(run: Row, facts: FactTable) -> Row:
    return mirror_document(run, facts)


def rows_of(mirror: Row) -> dict[str, Row]:
    return {row["id"]: row for row in mirror["indicators"]}


def test_it_obeys_its_schema(mirror: Row) -> None:
    jsonschema.Draft202012Validator(published_schemas()["mirror"]).validate(mirror)


def test_the_table_asks_for_what_the_dictionaries_know() -> None:
    words = load_dictionaries()
    for one in load_indicators().values():
        assert one.scale in ("level", "start")
        assert one.run_start in ("", "facts", "run")
        assert bool(one.run) != bool(one.no_run) or one.run.startswith("!overlay")
        assert len(one.words) <= 22, "the overview has no more room"
        for cell in (one.then, one.now):
            if cell and not cell.startswith("!"):
                for half in cell.removeprefix("1 - ").split(" / "):
                    for part in half.split(" + "):
                        term = read_term(part)
                        assert term.metric in words.metrics
                        assert set(term.entities) <= set(words.entities)


def test_the_table_is_read_whole() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        assert len(load_indicators()) == len(list(csv.DictReader(file))) >= 15


def test_every_figure_has_its_facts_and_stands_where_they_say(
    mirror: Row, facts: FactTable
) -> None:
    zeros = {"then": 8000, "now": 2026 * 4}
    for row in mirror["indicators"]:
        for side, zero in zeros.items():
            for point in row[side]["points"]:
                assert point["facts"]
                fact = facts.by_id[point["facts"][0]]
                assert mirror["facts"][fact.id]["url"]
                assert fact.basis != "guidance"
                away = fact.period_end - last_day(zero + point["last"])
                assert abs(away.days) <= 62, (row["id"], fact.id)
                assert point["last"] >= FIRST
                assert point["first"] <= LAST


def test_the_thesis_s_figures_stand_at_the_peak(mirror: Row) -> None:
    rows = rows_of(mirror)
    at = mirror["columns"].index(0)
    assert rows["price_to_book"]["then"]["columns"][at] == 5.06
    assert rows["price_to_book_bank"]["then"]["columns"][at] == 5.1
    assert rows["price_to_book_bank"]["now"]["points"][0]["value"] == 5.3
    assert rows["cape"]["then"]["columns"][at] == pytest.approx(43.22)
    later = mirror["columns"].index(8)
    assert rows["ipo_count"]["then"]["columns"][later] == pytest.approx(86, abs=0.1)


def test_what_nobody_told_is_a_gap(mirror: Row) -> None:
    gaps = {(gap["indicator"], gap["side"]) for gap in mirror["gaps"]}
    assert {
        ("ipo_count", "now"), ("ipo_proceeds", "now"), ("junk_default_rate", "now"),
        ("failed_firms", "now"), ("price_to_book_sum", "then"), ("cape", "run"),
    } <= gaps  # fmt: skip
    for row in mirror["indicators"]:
        for side in ("then", "now"):
            assert bool(row[side]["points"]) or (row["id"], side) in gaps
        assert row["run"] is not None or (row["id"], "run") in gaps
    assert all(gap["words"] for gap in mirror["gaps"])


def test_flows_are_a_year_s_pace_and_years_give_way_to_quarters(facts: FactTable) -> None:
    found = points_of("revenue@nvidia:_", facts)
    assert {one.quarters for one in found if one.first > 2023 * 4} == {1}
    (first,) = [one for one in found if one.first == 2026 * 4]
    assert first.value == pytest.approx(81.615 * 365.25 / 91)


def test_a_run_that_starts_elsewhere_than_the_facts_is_told(mirror: Row) -> None:
    bonds = rows_of(mirror)["builders_bonds"]
    assert bonds["apart"]["run"] == pytest.approx(8.0)
    assert bonds["apart"]["fact"] == pytest.approx(159 * 365.25 / 151)
    assert "grade C" in bonds["apart"]["words"]
    assert bonds["run"]["relative"][0] == pytest.approx(8.0 / bonds["apart"]["fact"])
    assert rows_of(mirror)["venture_money"]["run"]["relative"][0] == 1.0


def told(run: Row, facts: FactTable, cell: str) -> list[float]:
    found = values_of(cell, run, facts)
    assert found is not None
    return found


def test_figures_of_the_run_by_hand(run: Row, facts: FactTable) -> None:
    assert told(run, facts, "flow:equity:venture") == [12.0] * 5
    assert told(run, facts, "flow:debt_drawn") == [12.0] * 5
    assert told(run, facts, "entity:capex:amazon|meta / entity:revenue:aws") == pytest.approx(
        [0.8] * 5
    )
    losers = told(run, facts, "tier:loss_making_firms:apps|labs / count:apps|labs")
    assert losers == pytest.approx([1.0, 1.0, 2 / 3, 2 / 3, 1 / 3])
    assert told(run, facts, "!owed_in_default") == [0.0, 0.0, 28.0, 0.0, 0.0]
    firms = 100 + 2 + 5 + 1
    assert told(run, facts, "!failed_firms") == pytest.approx(
        [0.0, 5 / firms, 6 / firms, 6 / firms, 11 / firms]
    )
    assert told(run, facts, "!profit_share:nvidia")[0] == pytest.approx(6 / (6 + 2 * 8))
    assert told(run, facts, "!stakes:nvidia")[:2] == pytest.approx([42.34 / 40, 43.34 / 44])


def test_a_scenario_moves_the_index_in_the_mirror(run: Row, facts: FactTable) -> None:
    price = told(run, facts, "!overlay:price")
    assert price[0] == 100.0
    assert price[1] == 100.0
    assert price[-1] > price[2] > 100.0
    assert values_of("!overlay:price", {**run, "baseline": None}, facts) is None


@pytest.mark.parametrize("cell", [one.run for one in load_indicators().values() if one.run])
def test_another_economy_s_run_has_no_such_figure(cell: str, run: Row, facts: FactTable) -> None:
    other = {
        **run, "entities": [], "tiers": [], "flows": [], "baseline": {"entities": []},
        "fragility": {"defaults": []},
    }  # fmt: skip
    found = values_of(cell, other, facts)
    assert found is None or cell in ("flow:debt_drawn", "!owed_in_default")


def test_a_day_sees_only_what_was_known(run: Row) -> None:
    early = facts_for_mirror((), "2025-08-21")
    found = mirror_document(run, early)
    for one in found["facts"]:
        assert early.by_id[one].known_from <= dt.date(2025, 8, 21)
    assert not rows_of(found)["vendor_finance"]["now"]["points"][-1]["last"] > 0


def test_a_person_s_own_fact_fills_a_gap(tmp_path: Path, run: Row) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text(
        f"{','.join(COLUMNS)}\n"
        ",ipo_market_us,capital,ipo_count,,,count,2025-01-01,2025-12-31,200,,,reported,B,"
        "2026-02-01,,,me,https://example.com,\n",
        encoding="utf-8",
    )
    found = mirror_document(run, facts_for_mirror([mine], None), only="ipo_count")
    (row,) = found["indicators"]
    assert row["now"]["points"][0]["value"] == pytest.approx(200, abs=0.2)
    assert {gap["side"] for gap in found["gaps"]} == {"now", "run"}
    assert "one figure" in found["gaps"][0]["words"]


def test_one_indicator_or_a_hint(run: Row, facts: FactTable) -> None:
    assert [row["id"] for row in mirror_document(run, facts, only="cape")["indicators"]] == ["cape"]
    with pytest.raises(InputError, match="Did you mean 'cape'"):
        mirror_document(run, facts, only="cap")


def test_a_run_that_leaves_optional_parts_out_has_gaps(run: Row, facts: FactTable) -> None:
    """Documents of other versions may lack what the schema does not demand."""
    for row in run["entities"]:
        row.pop("capex")
        row.pop("members", None)
        row.pop("defaults", None)
    for tier in run["tiers"]:
        tier.pop("loss_making_firms")
    rows = rows_of(mirror_document(run, facts))
    for name in ("capex", "capex_to_cloud_sales", "loss_makers", "failed_firms"):
        assert rows[name]["run"] is None
    assert rows["seller_sales"]["run"] is not None


def test_a_run_about_others_is_refused(run: Row, facts: FactTable) -> None:
    run["entities"] = [entity("riders", "users"), entity("drivers", "labs")]
    with pytest.raises(InputError, match="none of the firms"):
        mirror_document(run, facts)


def test_a_run_is_drawn_to_the_end_of_the_axis(run: Row, facts: FactTable) -> None:
    longer: Mapping[str, Any] = {
        **run,
        "flows": [{**one, "amount": [1.0] * 41} for one in run["flows"]],
        "quarters": [f"{2026 + at // 4}Q{at % 4 + 1}" for at in range(41)],
    }
    found = mirror_document(longer, facts, only="venture_money")
    assert len(found["indicators"][0]["run"]["values"]) == LAST + 1
