"""Tables with one mistake each: the message names file, row, what was found, what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardhouse.errors import FactError
from cardhouse.facts import check_facts, load_facts
from cardhouse.facts.load import MOST_PROBLEMS
from cardhouse.facts.text import MAX_BYTES
from cardhouse.studies.check_files import check_file

SHELF = Path(__file__).parent / "bad_tables"

MISTAKES = {
    "blanks-around": (3, "' A newspaper'", "Cut them"),
    "capital-entity": (3, "'NVIDIA'", "Did you mean 'nvidia'"),
    "column-twice": (1, "'note'", "Keep one"),
    "comma-in-number": (3, "'1,234.5'", "Write it like -1234.5"),
    "date-unit-with-a-number": (3, "'50'", "Write it like 2025-06-30"),
    "day-in-words": (3, "'March 2030'", "Write it like 2025-06-30"),
    "duplicate-id": (3, "'abcdef0123'", "Keep one"),
    "duplicate-key": (3, "duplicate-key.csv:2", "Keep one"),
    "empty": (1, "is empty", "Start with the header"),
    "entity-by-name": (3, "'Intelligent Cloud'", "Did you mean 'azure'"),
    "far-day": (3, "'2130-03-31'", "1800 to 2100"),
    "header-only": (2, "no row", "Add a fact"),
    "hidden-character": (3, "'A news?paper'", "plain text"),
    "high-below-value": (3, "49.5", "value <= high"),
    "id-in-words": (3, "'nvidia-q1'", "ten hex digits"),
    "id-of-another": (3, "'05285fb730'", "Leave the id empty"),
    "infinite": (3, "'1e999'", "too large"),
    "infinity-in-words": (3, "'inf'", "Write it like -1234.5"),
    "known-before-published": (3, "2030-04-20", "leave known_from empty"),
    "known-from-in-words": (3, "'soon'", "Write it like 2025-06-30"),
    "line-break": (3, "'two?lines'", "on one line"),
    "low-above-value": (3, "50.5", "low <= value"),
    "missing-column": (1, "'grade'", "Add it"),
    "negative-count": (3, "-3", "at least 0"),
    "no-address": (3, "'example.com/nvidia'", "https://"),
    "no-source": (3, "source is empty", "Every fact needs one"),
    "no-value": (3, "value is empty", "Every fact needs one"),
    "not-a-day": (3, "'2030-02-30'", "Write it like 2025-06-30"),
    "not-a-number": (3, "'nan'", "Write it like -1234.5"),
    "not-utf-8": (2, "byte 237", "Save the table as UTF-8"),
    "nul": (2, "'in?vented'", "plain text"),
    "open-quote": (3, "end of data", "Check the quotes"),
    "other-id-for-a-known-key": (2, "'abcdef0123'", "Leave it empty"),
    "period-backwards": (3, "2030-04-01", "Swap them"),
    "published-in-words": (3, "'in May'", "Write it like 2025-06-30"),
    "semicolons": (1, "';'", "commas"),
    "stated-without-a-day": (3, "known_from is empty", "State the day"),
    "too-few-cells": (3, "3 cells", "the header 20"),
    "too-many-cells": (3, "21 cells", "the header 20"),
    "undated-guidance": (3, "empty", "State one of them"),
    "unknown-basis": (3, "'rumour'", "Use one of company_statement"),
    "unknown-column": (1, "'quality'", "Columns: entity, tier"),
    "unknown-counterparty": (3, "'openia'", "Did you mean 'openai'"),
    "unknown-entity": (3, "'nvdia'", "Did you mean 'nvidia'"),
    "unknown-grade": (3, "'D'", "Use one of A, B, C"),
    "unknown-known-from-basis": (3, "'guess'", "Use one of rule, stated"),
    "unknown-metric": (3, "'revenu'", "Did you mean 'revenue'"),
    "unknown-tier": (3, "'chip'", "Did you mean 'chips'"),
    "unknown-unit": (3, "'usd_m'", "Did you mean 'usd_mn'"),
}


def test_every_table_of_the_shelf_is_asked() -> None:
    assert {path.stem for path in SHELF.iterdir()} == set(MISTAKES)


@pytest.mark.parametrize("name", sorted(MISTAKES))
def test_one_mistake_is_one_sentence(name: str) -> None:
    path = SHELF / f"{name}.csv"
    row, found, expected = MISTAKES[name]
    (sentence,) = check_facts(path)
    assert sentence.startswith(f"{path}:{row}: ")
    assert found in sentence
    assert expected in sentence
    with pytest.raises(FactError) as caught:
        load_facts([path])
    assert str(caught.value) == sentence


@pytest.mark.parametrize("name", sorted(MISTAKES))
def test_the_general_check_finds_it_too(name: str) -> None:
    sentences = check_file(SHELF / f"{name}.csv")
    assert len(sentences) == 1
    assert f"{name}.csv" in sentences[0]


class TestFiles:
    def test_that_are_not_there(self, tmp_path: Path) -> None:
        (sentence,) = check_facts(tmp_path / "none.csv")
        assert sentence == f"{tmp_path / 'none.csv'}: there is no such file. Check the path."

    def test_that_are_folders(self, tmp_path: Path) -> None:
        (sentence,) = check_facts(tmp_path)
        assert "not a file but a folder" in sentence

    def test_that_are_too_large(self, tmp_path: Path) -> None:
        path = tmp_path / "large.csv"
        path.write_bytes(b"x" * (MAX_BYTES + 1))
        (sentence,) = check_facts(path)
        assert sentence.startswith(f"{path}: ")
        assert "16 MiB" in sentence

    def test_with_one_endless_cell(self, tmp_path: Path) -> None:
        path = tmp_path / "endless.csv"
        path.write_text('"' + "x" * 200_000 + '"\n', "utf-8")
        (sentence,) = check_facts(path)
        assert sentence.startswith(f"{path}:1: ")
        assert len(sentence) < 500

    def test_of_another_kind_altogether_end_soon(self, tmp_path: Path) -> None:
        header = (SHELF / "header-only.csv").read_text("utf-8")
        row = "a" * 30 + "{0}" + ",b{0}" * 19 + "\n"
        path = tmp_path / "noise.csv"
        path.write_text(header + "".join(row.format(i) for i in range(5000)), "utf-8")
        sentences = check_facts(path)
        assert MOST_PROBLEMS <= len(sentences) < MOST_PROBLEMS + 40
        assert "were not read" in sentences[-1]
