"""What is told of a person's own figures: hardly meant, set aside, not known yet."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cardhouse.accounts import open_world, read_build, weigh
from cardhouse.accounts.building import Build
from cardhouse.accounts.figures import Figures
from cardhouse.accounts.observations import observe
from cardhouse.accounts.periods import quarter_number
from cardhouse.facts import COLUMNS, load_facts
from cardhouse.model.world import World
from cardhouse.studies.draw_bench import Source
from cardhouse.studies.own_figures import Own, doubts, weight_of

NVIDIA = {
    "entity": "nvidia",
    "tier": "chips",
    "metric": "revenue",
    "unit": "usd_bn",
    "period_start": "2026-01-26",
    "period_end": "2026-04-26",
    "value": "82",
    "basis": "reported",
    "grade": "B",
    "published": "2026-06-01",
    "source": "An analyst",
}
OPENAI = {
    **NVIDIA,
    "entity": "openai",
    "tier": "labs",
    "period_start": "2026-01-01",
    "period_end": "2026-03-31",
    "value": "6",
}
FILED = "bdd7184b76"
"""NVIDIA's revenue of that quarter, grade A."""

Write = Callable[..., Path]
Told = Callable[..., list[str]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes rows with the columns they have to a table."""

    def make(*rows: dict[str, str]) -> Path:
        path = tmp_path / "mine.csv"
        columns = [name for name in (*COLUMNS, "replaces") if any(name in row for row in rows)]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return make


@pytest.fixture(scope="module")
def world() -> World:
    """Return the shipped accounts: what an own figure may move there, no sentence here is about."""
    return open_world("ai", base="2026Q1")


@pytest.fixture
def told(world: World) -> Callable[..., list[str]]:
    """Return a function that asks what is told of a table, on some day of knowledge."""

    def ask(path: Path, as_of: str = "2026-10-31", today: str = "2026-11-30") -> list[str]:
        known = dataclasses.replace(world, as_of=as_of)
        return doubts(Source("ai", "2026Q1", as_of, (path,)), known, dt.date.fromisoformat(today))

    return ask


@pytest.fixture(scope="module")
def build() -> Build:
    return read_build("ai", base="2026Q1")[0]


@pytest.mark.parametrize("seed", range(6))
def test_a_fact_weighs_where_some_row_reads_otherwise_without_it(seed: int) -> None:
    build, reader = read_build("ai", base="2026Q1")
    base, figures = quarter_number(build.base), list(build.figures)
    rows = {row.text("entity") for row in build.definition.rows("observations")}
    read = [one for one in figures if one.entity in rows]

    def told(figures: Figures) -> list[tuple[str, str, float, float]]:
        found = observe(build.definition, reader, figures, base)
        return [(one.what, one.figure.id, one.value, one.sd) for one in found]

    whole = told(build.figures)
    for place in np.random.default_rng(seed).integers(0, len(read), 5):
        fact = read[place]
        without = Figures(one for one in figures if one.id != fact.id)
        assert (told(without) != whole) == any(one.weighs for one in weigh(build, fact.id)), fact.id


def test_what_the_accounts_read_carries_weight(build: Build) -> None:
    for one in build.observations:
        assert any(found.weighs for found in weigh(build, one.figure.id)), one.figure.id


class TestSetAside:
    def test_by_a_better_grade_of_the_same_time_is_told(self, write: Write, told: Told) -> None:
        (sentence,) = told(write(NVIDIA))
        for part in ("mine.csv:2", "carries no weight", FILED, "81.615 usd_bn, grade A"):
            assert part in sentence
        assert f"write {FILED} in the column 'replaces'" in sentence

    def test_and_hardly_meant_is_told_twice(self, write: Write, told: Told) -> None:
        far, aside = told(write({**NVIDIA, "value": "8150"}))
        assert "says 8150 usd_bn" in far
        assert "accounts settle at 81.5" in far
        assert "carries no weight" in aside

    def test_in_the_place_of_the_filed_one_it_counts(self, write: Write, told: Told) -> None:
        assert told(write({**NVIDIA, "replaces": FILED})) == []

    def test_nearer_figures_are_told_together(self, write: Write, told: Told) -> None:
        early = {"period_start": "2024-04-29", "period_end": "2024-07-28", "value": "30.1"}
        earlier = {"period_start": "2024-01-29", "period_end": "2024-04-28", "value": "26.1"}
        (sentence,) = told(write({**NVIDIA, **early}, {**NVIDIA, **earlier}))
        assert "30.1 usd_bn" in sentence
        assert "and 1 more carry no weight in the accounts of 2026Q1" in sentence

    def test_of_another_time_beside_others_is_still_looked_at(
        self, write: Write, told: Told
    ) -> None:
        early = {"period_start": "2024-04-29", "period_end": "2024-07-28", "value": "30100"}
        far, _ = told(write({**NVIDIA, **early}))
        assert "times off what others say of the same thing and time: 30.04 usd_bn" in far

    def test_read_by_no_row_is_told(self, write: Write, told: Told) -> None:
        (sentence,) = told(write({**NVIDIA, "metric": "net_income"}))
        assert "is read by no row of the economy 'ai'" in sentence

    def test_what_carries_weight_is_not_told(self, write: Write, told: Told) -> None:
        assert told(write(OPENAI)) == []
        (far,) = told(write({**OPENAI, "value": "57"}))
        assert "57 by it" in far


class TestNotKnownYet:
    def test_on_the_day_of_the_run_is_left_out_and_told(self, write: Write, told: Told) -> None:
        (sentence,) = told(write(OPENAI), as_of="2026-05-25")
        assert "is known only after 2026-05-25, and left out" in sentence

    def test_on_this_day_is_told(self, write: Write, told: Told) -> None:
        path = write({**OPENAI, "published": "2027-05-20"})
        (sentence,) = told(path, as_of="2027-05-20")
        assert "after today, 2026-11-30: it is not known before that day" in sentence
        assert told(path, as_of="2027-05-20", today="2027-05-20") == []
        assert any("left out as of 2026-10-31" in one for one in told(path))


class TestWhy:
    @pytest.mark.parametrize(
        ("row", "weighs", "words"),
        [
            (OPENAI, True, "It carries weight in the accounts of 2026Q1"),
            (NVIDIA, False, f"NVIDIA revenue is read from {FILED}"),
            ({**NVIDIA, "metric": "net_income"}, False, "no row of them reads it"),
            ({**OPENAI, "published": "2026-11-20"}, False, "it is known only from 2026-11-20"),
        ],
    )
    def test_tells_whether_it_weighs(
        self, write: Write, row: dict[str, str], weighs: bool, words: str
    ) -> None:
        known = load_facts([write(row)])
        (fact,) = (one for one in known if one.source == "An analyst")
        made = read_build("ai", base="2026Q1", as_of="2026-10-31", extra_facts=[write(row)])[0]
        found = weight_of(fact, known, made)
        assert found["weighs"] is weighs
        assert words in found["words"]


def test_columns_that_may_be_empty_may_be_left_out(write: Write, world: World) -> None:
    path = write(OPENAI)
    assert "id" not in path.read_text("utf-8").splitlines()[0].split(",")
    assert [one.value for one in Own(Source("ai", None, None, (path,)), world).facts] == [6.0]
