"""The panel: the thesis's pair stands beside S&P's books, each with its source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cardhouse.errors import InputError
from cardhouse.facts import COLUMNS, load_dictionaries
from cardhouse.studies.gauges import gauge_document, load_gauges
from cardhouse.studies.schemas import published_schemas


@pytest.fixture(scope="module")
def panel() -> dict[str, Any]:
    return gauge_document()


@pytest.fixture(scope="module")
def rows(panel: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in panel["gauges"]}


def test_obeys_its_schema(panel: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(published_schemas()["gauge"]).validate(panel)


def test_every_gauge_of_the_table_is_told(rows: dict[str, Any]) -> None:
    assert list(rows) == list(load_gauges())


def test_the_thesis_s_pair_stands_beside_s_and_p_s_books_and_the_record(
    rows: dict[str, Any],
) -> None:
    note, books = rows["price_to_book_bank"], rows["price_to_book"]
    assert (note["at_note"]["value"], note["peak"]["value"]) == (5.3, 5.1)
    assert (books["at_note"]["value"], books["peak"]["value"]) == (5.22, 5.06)
    assert books["record"] == {"value": 5.49, "date": "2026-01-12", "fact": "a5057da632"}
    assert books["at_note"]["date"].startswith("2025-08")
    assert note["verdict"] == books["verdict"] == "yes"


def test_gauges_disagree_and_both_sides_are_told(panel: dict[str, Any]) -> None:
    said = {key: {one["gauge"] for one in panel[key]} for key in ("for", "against", "undetermined")}
    assert {"cape", "forward_pe", "trailing_pe"} <= said["against"]
    assert {"price_to_book", "market_cap_to_gdp", "top10_share"} <= said["for"]
    assert "nvidia_weight" in said["undetermined"]
    assert sum(map(len, said.values())) == len(panel["gauges"])


def test_every_number_has_its_source(panel: dict[str, Any]) -> None:
    for row in panel["gauges"]:
        for reading in (row["latest"], row["record"], row["peak"], *row["history"]):
            if reading is not None:
                assert panel["facts"][reading["fact"]]["source"]
                assert panel["facts"][reading["fact"]]["url"]


def test_a_peak_of_another_series_is_marked(rows: dict[str, Any]) -> None:
    marked = {name for name, row in rows.items() if row["peak_is_anothers"]}
    assert marked == {
        "price_to_book_constituents", "price_to_book_positive", "price_to_sales",
        "price_to_sales_constituents",
    }  # fmt: skip


def test_the_table_names_known_facts() -> None:
    words = load_dictionaries()
    for gauge in load_gauges().values():
        assert gauge.metric in words.metrics
        assert gauge.entity in words.entities
        assert gauge.definition.endswith(".")
        assert gauge.caveat.endswith(".")


def test_a_day_sees_only_what_was_known() -> None:
    then = gauge_document(as_of="2025-08-21")
    found = {row["id"]: row for row in then["gauges"]}
    assert found["price_to_book_bank"]["latest"]["value"] == 5.3
    assert all(one["date"] <= "2025-08-21" for row in then["gauges"] for one in row["history"])
    assert gauge_document(as_of="2001-06-30")["note_date"] is None


def test_a_person_s_own_fact_counts(tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text(
        f"{','.join(COLUMNS)}\n"
        ",sp500,market,cape,,,ratio,2026-10-31,2026-10-31,50,,,estimate,C,2026-11-01,,,me,"
        "https://example.com,\n",
        encoding="utf-8",
    )
    (row,) = gauge_document(only="cape", extra_facts=[mine])["gauges"]
    assert (row["latest"]["value"], row["verdict"]) == (50.0, "yes")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"only": "cap"}, "Did you mean 'cape'"),
        ({"as_of": "1900-01-01"}, "no gauge has a reading"),
    ],
)
def test_a_wrong_question_is_told(question: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        gauge_document(**question)
