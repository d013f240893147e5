"""The shipped tables keep their schema: every row has a meaning, a source and a day of its own."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from cardhouse.errors import FactError
from cardhouse.facts import (
    COLUMNS,
    TABLES,
    FactTable,
    facts_version,
    load_dictionaries,
    load_facts,
)
from cardhouse.facts.schema import id_of
from cardhouse.facts.text import read_shipped

ROOT = Path(__file__).resolve().parents[2]
ROOM = ROOT / "src" / "cardhouse" / "facts"


@pytest.fixture(scope="module")
def facts() -> FactTable:
    return load_facts()


class TestTables:
    def test_every_row_becomes_one_fact(self, facts: FactTable) -> None:
        rows = [row for name in TABLES for row in read_shipped(f"tables/{name}", COLUMNS)]
        assert len(rows) > 3000
        assert {row.cells["id"] for row in rows} == set(facts.by_id)
        assert len(facts.everything()) == len(rows)
        assert len(facts) == len(rows) - len(facts.duplicates)

    def test_every_table_in_the_folder_is_loaded(self) -> None:
        assert {path.name for path in (ROOM / "tables").iterdir()} == set(TABLES)

    def test_some_of_them_can_be_read_alone(self, facts: FactTable) -> None:
        gauges = load_facts(tables=["market_gauges.csv"])
        assert {fact.place.partition(":")[0] for fact in gauges} == {"market_gauges.csv"}
        assert set(gauges) < set(facts)

    def test_a_wrong_name_is_mended(self) -> None:
        with pytest.raises(FactError, match=r"Did you mean 'market_gauges\.csv'"):
            load_facts(tables=["market_gauge.csv"])

    @pytest.mark.parametrize("name", TABLES)
    def test_say_everything_that_a_fact_needs(self, name: str) -> None:
        may_be_empty = {"item", "counterparty", "low", "high", "published", "note"}
        for row in read_shipped(f"tables/{name}", COLUMNS):
            empty = {column for column, cell in row.cells.items() if not cell}
            assert empty <= may_be_empty, row.place

    @pytest.mark.parametrize("name", TABLES)
    def test_are_sorted_by_key_and_end_lines_alike(self, name: str) -> None:
        raw = (ROOM / "tables" / name).read_bytes()
        assert b"\r" not in raw
        assert raw.endswith(b"\n")
        rows = list(csv.DictReader(raw.decode("utf-8").splitlines()))
        columns = (
            "entity", "metric", "item", "counterparty", "period_start", "period_end", "source",
        )  # fmt: skip
        keys = [tuple(row[column] for column in columns) for row in rows]
        assert keys == sorted(keys)

    def test_ids_of_our_own_rows_follow_from_their_keys(self, facts: FactTable) -> None:
        rates = facts.find("fx", "exchange_rate")
        assert len(rates) >= 4
        assert [rate.id for rate in rates] == [id_of(rate.key) for rate in rates]

    def test_guidance_without_a_stated_day_counts_as_known_before_its_period_ends(
        self, facts: FactTable
    ) -> None:
        ruled = [f for f in facts if f.basis == "guidance" and f.known_from_basis == "rule"]
        assert ruled
        assert [fact.id for fact in ruled if fact.known_from > fact.period_end] == []

    def test_no_stated_day_is_later_than_the_publication(self, facts: FactTable) -> None:
        stated = [
            fact
            for fact in facts
            if fact.known_from_basis == "stated" and len(fact.published) == 10
        ]
        assert len(stated) > 1000
        assert [f.id for f in stated if f.known_from.isoformat() > f.published] == []


class TestDictionaries:
    def test_hold_nothing_that_no_row_uses(self, facts: FactTable) -> None:
        known = load_dictionaries()
        every = facts.everything()
        named = {fact.entity for fact in every} | {fact.counterparty for fact in every}
        parents = {entity.parent for entity in known.entities.values()}
        assert set(known.metrics) == {fact.metric for fact in every}
        assert set(known.entities) <= named | parents
        assert set(known.units) == {fact.unit for fact in every}

    def test_every_metric_has_a_sentence_of_its_own(self) -> None:
        metrics = load_dictionaries().metrics.values()
        for metric in metrics:
            assert metric.meaning.endswith("."), metric.metric
            assert len(metric.meaning) > 15, metric.metric
        counts = Counter((metric.meaning, metric.perimeter) for metric in metrics)
        assert {words for words, count in counts.items() if count > 1} == set()

    def test_every_metric_outside_evidence_has_its_sign_or_is_a_driver(self) -> None:
        signless = {
            metric.line
            for metric in load_dictionaries().metrics.values()
            if metric.sign == 0 and metric.line != "evidence"
        }
        drivers = {
            row.cells["line"]
            for row in read_shipped("lines.csv", ("line", "statement", "meaning"))
            if row.cells["statement"] == "driver"
        }
        assert signless - drivers == {"commitments", "purchases", "revenue_share"}

    def test_every_total_says_what_it_adds_up(self) -> None:
        for metric in load_dictionaries().metrics.values():
            is_total = metric.metric.endswith("_total") and metric.line != "evidence"
            assert not is_total or metric.sum_of, metric.metric

    def test_a_payer_and_a_payee_come_together_and_differ(self) -> None:
        for metric in load_dictionaries().metrics.values():
            assert bool(metric.payer) == bool(metric.payee), metric.metric
            assert not metric.payer or metric.payer != metric.payee, metric.metric

    def test_shares_are_told_in_shares(self, facts: FactTable) -> None:
        metrics = load_dictionaries().metrics
        odd = [f.id for f in facts if metrics[f.metric].nature == "share" and f.unit != "share"]
        assert odd == []

    def test_growth_is_a_share_and_a_factor_a_ratio(self, facts: FactTable) -> None:
        units = {
            kind: {fact.unit for fact in facts if kind in fact.metric.split("_")}
            for kind in ("growth", "factor")
        }
        assert units["factor"] == {"ratio"}
        odd = {f.metric for f in facts if "growth" in f.metric.split("_") and f.unit != "share"}
        assert odd == {"ai_spend_growth", "arr_growth_factor"}  # multiples, as their meaning says
        multiples = (load_dictionaries().metrics[metric].meaning for metric in odd)
        assert all(meaning.startswith("Factor by which") for meaning in multiples)

    def test_every_parent_is_an_entity_and_no_one_is_its_own_ancestor(self) -> None:
        entities = load_dictionaries().entities
        for entity in entities.values():
            above, seen = entity.parent, {entity.id}
            while above:
                assert above not in seen
                seen.add(above)
                above = entities[above].parent

    def test_a_name_belongs_to_one_entity(self) -> None:
        owners: dict[str, set[str]] = {}
        for entity in load_dictionaries().entities.values():
            for name in (entity.id, entity.name, *entity.aliases):
                owners.setdefault(name.casefold(), set()).add(entity.id)
        assert {name: who for name, who in owners.items() if len(who) > 1} == {}

    def test_divisions_and_lines_have_a_parent(self) -> None:
        for entity in load_dictionaries().entities.values():
            assert entity.parent or entity.kind not in {"division", "line", "facility"}, entity.id

    @pytest.mark.parametrize("name", ["metrics", "entities"])
    def test_are_sorted(self, name: str) -> None:
        lines = (ROOM / f"{name}.csv").read_text("utf-8").splitlines()[1:]
        ids = [line.partition(",")[0] for line in lines]
        assert ids == sorted(ids)


def test_version_is_the_one_to_cite() -> None:
    citation = YAML(typ="safe").load(ROOT / "CITATION.cff")
    versions = [one["version"] for one in citation["references"] if one["type"] == "data"]
    assert versions == [facts_version()]
