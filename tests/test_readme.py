"""The README prints what the commands print: words to the letter, numbers to their last digits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cardhouse.accounts import economy_facts
from cardhouse.cli.app import app
from cardhouse.facts import load_facts

README = Path(__file__).parents[1] / "README.md"
NUMBER = re.compile(r"(?<![\w-])-?\d[\d,]*(?:\.\d+)?(?![\w-])")
ROUNDED = 1.01
"""Units of the last digit: a figure between two may be rounded the other way elsewhere."""


def printed_answers() -> tuple[str, str]:
    """Return the two indented blocks: the baseline, and that of the capital freeze."""
    section = README.read_text(encoding="utf-8").split("## The answer it prints\n")[1]
    first, second = section.split("and with `--scenario capital-freeze`:\n")
    return _indented(first), _indented(second)


def _indented(text: str) -> str:
    lines = re.match(r"\n*((?:(?: {4}.*)?\n)+)", text)
    assert lines is not None
    return lines.group(1)


def run(*words: str, where: Path) -> str:
    done = CliRunner().invoke(app, ["run", "--out", str(where / "runs"), *words])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def words_and_numbers(text: str) -> tuple[str, list[str]]:
    """Return a text with its spaces and numbers evened out, and the numbers."""
    flat = " ".join(text.split())
    return NUMBER.sub("#", flat), [found.replace(",", "") for found in NUMBER.findall(flat)]


def same(printed: str, promised: str) -> None:
    words, numbers = words_and_numbers(printed)
    promised_words, promised_numbers = words_and_numbers(promised)
    assert words == promised_words
    for found, expected in zip(numbers, promised_numbers, strict=True):
        unit = 10.0 ** -len(expected.partition(".")[2])
        assert float(found) == pytest.approx(float(expected), rel=0.0, abs=ROUNDED * unit)


def without_paths(text: str) -> str:
    return re.sub(r"Report, tables and manifest:.*?(?=Facts)", "", text, flags=re.DOTALL)


def test_the_baseline_is_as_promised(tmp_path: Path) -> None:
    promised, _ = printed_answers()
    same(without_paths(run(where=tmp_path)), without_paths(promised))


def test_the_freeze_is_as_promised(tmp_path: Path) -> None:
    _, promised = printed_answers()
    printed = run("--scenario", "capital-freeze", where=tmp_path)
    head, tail = promised.split("...")
    same(printed.split("\n\n")[0], head)
    shown = " ".join(printed.split())
    start = shown.index("First defaults")
    same(shown[start : shown.index("Of 17 claims")], tail)


def test_a_moved_number_and_a_moved_word_are_seen() -> None:
    for other in ("Users pay 59 cents", "Users pay 57.5 cents", "Users spend 57 cents"):
        with pytest.raises(AssertionError):
            same("Users pay 57 cents", other)


def test_it_counts_the_facts_as_they_are() -> None:
    text = README.read_text(encoding="utf-8")
    assert f"| facts | {len(load_facts()):,} sourced figures" in text
    assert f"({len(economy_facts('ai')):,} of them behind the accounts of `ai`" in text
