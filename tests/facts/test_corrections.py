"""Corrections are data: they change one cell, say why, and fail once the table has moved."""

from __future__ import annotations

import dataclasses

import pytest

from cardhouse.errors import FactError
from cardhouse.facts import COLUMNS, TABLES, FactTable, load_facts
from cardhouse.facts.corrections import Correction, correct, load_corrections
from cardhouse.facts.text import CsvRow, CsvTable, read_shipped

SHIPPED = load_corrections()


@pytest.fixture(scope="module")
def facts() -> FactTable:
    return load_facts()


def one_row(**cells: str) -> CsvTable:
    row = {**dict.fromkeys(COLUMNS, ""), "id": "0123456789", "unit": "ratio", **cells}
    return CsvTable((CsvRow("mine.csv:2", row),), ())


def correction(**fields: str) -> Correction:
    given = {"fact": "0123456789", "column": "unit", "published": "ratio", "corrected": "share"}
    words = {"reason": "growth", "drop_when": "never", "place": "corrections.csv:2"}
    return Correction(**{**given, **words, **fields})


class TestShipped:
    @pytest.mark.parametrize("one", SHIPPED, ids=[f"{one.fact} {one.column}" for one in SHIPPED])
    def test_each_is_what_the_facts_say_and_the_table_does_not(
        self, one: Correction, facts: FactTable
    ) -> None:
        rows = [row for name in TABLES for row in read_shipped(f"tables/{name}", COLUMNS)]
        (published,) = (row.cells[one.column] for row in rows if row.cells["id"] == one.fact)
        assert published == one.published
        assert facts.by_id[one.fact].cells()[one.column] == one.corrected != published

    def test_there_are_some(self) -> None:
        assert len(SHIPPED) >= 3

    def test_weak_sources_are_marked_down(self, facts: FactTable) -> None:
        lowered = [one for one in SHIPPED if one.column == "grade"]
        assert len(lowered) >= 14
        assert {facts.by_id[one.fact].grade for one in lowered} == {"C"}
        assert all(one.corrected > one.published for one in lowered)


class TestCorrecting:
    def test_changes_one_cell_and_leaves_the_table(self) -> None:
        table = one_row(value="0.75")
        (corrected,) = correct([table], [correction()])
        assert corrected.rows[0].cells == {**table.rows[0].cells, "unit": "share"}
        assert table.rows[0].cells["unit"] == "ratio"

    def test_two_of_one_fact_are_both_made(self) -> None:
        value = correction(column="value", published="75", corrected="0.75")
        (corrected,) = correct([one_row(value="75")], [correction(), value])
        assert (corrected.rows[0].cells["unit"], corrected.rows[0].cells["value"]) == (
            "share",
            "0.75",
        )

    def test_fails_once_the_table_says_something_else(self) -> None:
        with pytest.raises(FactError, match=r"corrections\.csv:2: ") as caught:
            correct([one_row(unit="share")], [correction()])
        assert "says unit 'share'" in str(caught.value)
        assert "expects 'ratio'" in str(caught.value)
        assert "drop or renew" in str(caught.value)

    def test_of_a_table_that_is_not_read_may_wait(self) -> None:
        gone = dataclasses.replace(correction(), fact="ffffffffff")
        (corrected,) = correct([one_row()], [gone], every=False)
        assert corrected.rows[0].cells["unit"] == "ratio"

    def test_fails_when_the_fact_is_gone(self) -> None:
        gone = dataclasses.replace(correction(), fact="ffffffffff")
        with pytest.raises(FactError, match="no fact 'ffffffffff'"):
            correct([one_row()], [gone])
