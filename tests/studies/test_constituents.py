"""Constituents added up: the recorded aggregates, each definition, broken files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cardhouse.errors import InputError
from cardhouse.studies.constituents import constituents_document
from cardhouse.studies.schemas import published_schemas
from explosive import data_file

HEADER = "Symbol,Market Cap,Price/Book,Price/Sales,Price/Earnings"
RECORDED = {
    "price_to_book": "pb_aggregate",
    "price_to_book_positive": "pb_positive_book_only",
    "price_to_book_median": "pb_median",
    "price_to_sales": "ps_aggregate",
    "price_to_earnings": "pe_positive_earners",
    "top_share": "top10_share",
    "firms": "n_with_cap",
    "firms_with_book": "n_with_pb",
    "negative_books": "n_negative_book",
}


def added_up(folder: Path, *rows: str) -> dict[str, Any]:
    path = folder / "firms.csv"
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return constituents_document(path)


@pytest.mark.parametrize("day", ["2025-02-01", "2026-06-30", "2026-08-14"])
def test_files_give_the_aggregates_recorded_beside_them(day: str) -> None:
    with data_file("sp500_constituent_aggregates.csv").open(encoding="utf-8") as file:
        (recorded,) = [row for row in csv.DictReader(file) if row["date"] == day]
    found = constituents_document(data_file(f"sp500_constituents_financials_{day}.csv"))
    wanted = {name: float(recorded[column]) for name, column in RECORDED.items()}
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, rel=0.005)
    whole = 1e12 * float(recorded["total_cap_usd_tn"])
    assert found["market_value"] == pytest.approx(whole, rel=0.005)
    first = found["largest"][0]
    assert first["name"] == recorded["top1"]
    assert first["share"] == pytest.approx(float(recorded["top1_share"]), rel=0.005)


def test_by_hand(tmp_path: Path) -> None:
    """Worth 100, 60 and 40 over books of 10, 30 and -8; two sell, one earns."""
    found = added_up(
        tmp_path, "A,100,10,5,20", "B,60,2,3,", "C,40,-5,,-4", "D,,3,1,1", "GOOG,100,10,5,20"
    )
    jsonschema.Draft202012Validator(published_schemas()["constituents"]).validate(found)
    assert found["market_value"] == 200.0
    assert found["price_to_book"] == pytest.approx(200 / 32)
    assert found["price_to_book_positive"] == pytest.approx(160 / 40)
    assert found["price_to_book_median"] == 2.0
    assert found["price_to_sales"] == pytest.approx(160 / 40)
    assert found["price_to_earnings"] == 20.0
    assert (found["firms"], found["negative_books"], found["top_share"]) == (3, 1, 1.0)
    assert [one["name"] for one in found["largest"]] == ["A", "B", "C"]


def test_a_ratio_nobody_allows_is_none(tmp_path: Path) -> None:
    found = added_up(tmp_path, "A,100,,,", "B,60,,,")
    assert found["price_to_book"] is None
    assert found["price_to_earnings"] is None


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (("A,much,1,1,1",), ":2: Market Cap is 'much'"),
        (("A,1e999,1,1,1",), "Market Cap is '1e999'"),
        (("A,1",), ":2: the row is not as wide"),
        (("A,1,1,1,1,1",), ":2: the row is not as wide"),
        (("A,,1,1,1",), "no constituent has a market value"),
        ((), "no constituent has a market value"),
    ],
)
def test_a_bad_file_is_told(tmp_path: Path, rows: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        added_up(tmp_path, *rows)


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text("Symbol,Market cap\n", encoding="utf-8")
    with pytest.raises(InputError, match="Did you mean 'Market cap'"):
        constituents_document(path)
