"""A person's own table on top: a known key replaces, other rows are added, gaps follow by rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from cardhouse.errors import FactError
from cardhouse.facts import Fact, FactTable, check_facts, load_facts
from cardhouse.facts.schema import id_of
from cardhouse.studies.check_files import check_file, replacements

WriteTable = Callable[..., Path]


@pytest.fixture(scope="module")
def base() -> FactTable:
    return load_facts()


@pytest.fixture(scope="module")
def known(base: FactTable) -> Fact:
    return next(
        fact for fact in base.find("nvidia", "revenue") if fact.period_end == dt.date(2025, 7, 27)
    )


def cells_of(fact: Fact, **changes: str) -> dict[str, str]:
    return {**fact.cells(), "id": "", "known_from": "", "known_from_basis": "", **changes}


class TestAdding:
    def test_a_new_key_adds_a_fact_with_an_id_of_its_own(
        self, base: FactTable, write_table: WriteTable
    ) -> None:
        facts = load_facts([write_table({})])
        assert len(facts) == len(base) + 1
        (added,) = set(facts.by_id) - set(base.by_id)
        fact = facts.by_id[added]
        assert fact.id == id_of(fact.key)
        assert (fact.number, fact.low, fact.high) == (50.0, 49.0, 51.0)
        assert fact.place.endswith("mine.csv:2")

    def test_the_other_facts_stay_as_they_were(
        self, base: FactTable, write_table: WriteTable
    ) -> None:
        facts = load_facts([write_table({})])
        assert [fact for fact in facts if fact.id in base.by_id] == list(base)
        assert facts.digest != base.digest

    def test_a_date_is_a_value_where_the_unit_says_so(self, write_table: WriteTable) -> None:
        path = write_table(
            {"unit": "date", "value": "2030-02-01", "low": "2030-01-15", "high": "2030-03-01"}
        )
        facts = load_facts([path])
        fact = next(one for one in facts if one.source == "A newspaper")
        assert (fact.value, fact.low, fact.high) == (
            dt.date(2030, 2, 1),
            dt.date(2030, 1, 15),
            dt.date(2030, 3, 1),
        )
        with pytest.raises(FactError, match="is a date"):
            _ = fact.number


class TestReplacing:
    def test_a_known_key_takes_the_place_and_keeps_the_id(
        self, base: FactTable, known: Fact, write_table: WriteTable
    ) -> None:
        facts = load_facts([write_table(cells_of(known, value="47", low="", high=""))])
        assert set(facts.by_id) == set(base.by_id)
        assert facts.by_id[known.id].number == 47.0
        assert base.by_id[known.id].number == 46.743

    def test_its_own_id_may_be_repeated(self, known: Fact, write_table: WriteTable) -> None:
        path = write_table(cells_of(known, id=known.id, value="47", low="", high=""))
        assert load_facts([path]).by_id[known.id].number == 47.0

    def test_the_later_table_wins(self, known: Fact, write_table: WriteTable) -> None:
        first = write_table(cells_of(known, value="47", low="", high=""), name="first.csv")
        second = write_table(cells_of(known, value="48", low="", high=""), name="second.csv")
        assert load_facts([first, second]).by_id[known.id].number == 48.0
        assert load_facts([second, first]).by_id[known.id].number == 47.0

    def test_another_source_is_another_fact(
        self, base: FactTable, known: Fact, write_table: WriteTable
    ) -> None:
        facts = load_facts([write_table(cells_of(known, source="A newspaper"))])
        assert len(facts) == len(base) + 1

    def test_a_table_is_the_same_as_a_copy_of_itself(
        self, base: FactTable, write_table: WriteTable
    ) -> None:
        rows = [fact.cells() for fact in list(base)[::40]]
        assert load_facts([write_table(*rows)]).digest == base.digest


class TestKnownFrom:
    @pytest.mark.parametrize(
        ("cells", "expected", "basis"),
        [
            ({"basis": "filing", "published": ""}, "2030-05-05", "rule"),
            ({"basis": "filing", "period_start": "2029-04-01"}, "2030-05-30", "rule"),
            ({"basis": "filing", "period_start": "2030-03-31"}, "2030-05-05", "rule"),
            ({"basis": "reported", "published": ""}, "2030-06-29", "rule"),
            ({"basis": "reported", "published": "2030-05"}, "2030-05-31", "rule"),
            ({"basis": "reported", "published": "2030"}, "2030-06-29", "rule"),
            ({"basis": "estimate", "published": ""}, "2030-07-29", "rule"),
            ({"basis": "leak", "published": "2031-01-01"}, "2031-01-01", "rule"),
            ({"basis": "guidance", "published": "2029-12-01"}, "2029-12-01", "rule"),
            ({"basis": "filing", "published": "2031-06-01"}, "2031-06-01", "rule"),
            ({"basis": "filing", "published": "2031-06"}, "2031-06-01", "rule"),
            ({"basis": "company_statement", "published": "2031"}, "2031-01-01", "rule"),
            ({"basis": "reported", "published": "2031-06-01"}, "2031-06-01", "rule"),
            ({"known_from": "2030-05-20"}, "2030-05-20", "stated"),
            ({"known_from": "2030-05-01"}, "2030-05-01", "stated"),
            ({"known_from": "2030-04-20", "known_from_basis": "rule"}, "2030-04-20", "rule"),
        ],
    )
    def test_follows_by_rule_where_it_is_not_stated(
        self, cells: dict[str, str], expected: str, basis: str, write_table: WriteTable
    ) -> None:
        facts = load_facts([write_table(cells)])
        fact = next(one for one in facts if one.period_end == dt.date(2030, 3, 31))
        assert (fact.known_from.isoformat(), fact.known_from_basis) == (expected, basis)

    def test_fiscal_years_before_2003_came_later(self, write_table: WriteTable) -> None:
        year = {"basis": "filing", "period_start": "2000-01-01", "period_end": "2000-12-31"}
        facts = load_facts([write_table(year)])
        fact = next(one for one in facts if one.period_end == dt.date(2000, 12, 31))
        assert fact.known_from == dt.date(2001, 3, 31)


class TestBelowZero:
    @pytest.mark.parametrize("metric", ["revenue", "cost_of_revenue", "cash", "capex", "debt"])
    def test_what_nobody_can_have_is_refused(self, metric: str, write_table: WriteTable) -> None:
        path = write_table({"metric": metric, "value": "-5", "low": "", "high": ""})
        (sentence,) = check_facts(path)
        assert sentence.startswith(f"{path}:2: value is -5, and {metric} (")
        assert "cannot be below zero" in sentence

    @pytest.mark.parametrize("metric", ["net_income", "operating_income", "ebitda"])
    def test_a_loss_is_none_of_it(self, metric: str, write_table: WriteTable) -> None:
        path = write_table({"metric": metric, "value": "-5", "low": "", "high": ""})
        assert check_facts(path) == []

    def test_no_shipped_fact_would_be_refused(
        self, base: FactTable, write_table: WriteTable
    ) -> None:
        below = [
            fact.cells()
            for fact in base.everything()
            if isinstance(fact.value, float) and fact.value < 0.0
        ]
        assert len(below) > 50
        assert check_facts(write_table(*below)) == []


class TestChecking:
    def test_a_good_table_has_no_problem(self, write_table: WriteTable) -> None:
        assert check_facts(write_table({}, {"metric": "gross_profit"})) == []

    def test_every_problem_of_every_row_is_told(self, write_table: WriteTable) -> None:
        path = write_table(
            {"metric": "revenu", "grade": "D", "value": "many"},
            {},
            {"source": "", "period_start": "2031-01-01"},
        )
        found = check_facts(path)
        assert [sentence.partition(" ")[0] for sentence in found] == [
            *[f"{path}:2:"] * 3,
            *[f"{path}:4:"] * 2,
        ]
        assert check_file(path) == found

    def test_loading_stops_with_the_first_and_counts_the_rest(
        self, write_table: WriteTable
    ) -> None:
        path = write_table({"grade": "D", "basis": "rumour"}, {"metric": "revenu"})
        with pytest.raises(FactError, match=r"mine\.csv:2: .*rumour.*\(2 more: ") as caught:
            load_facts([path])
        assert "facts check" in str(caught.value)


class TestReplaces:
    """The column that says whose place a row takes."""

    def test_each_fact_can_be_replaced_by_a_source_of_one_s_own(
        self, base: FactTable, write_table: WriteTable
    ) -> None:
        chosen = list(base)[:: len(base) // 40]
        rows = [
            cells_of(fact, source="My desk", published="", url="", replaces=fact.id)
            for fact in chosen
            if fact.basis != "guidance"  # that states when it was published
        ]
        facts = load_facts([write_table(*rows)])
        replaced = [one for one in facts.by_id.values() if one.source == "My desk"]
        assert len(replaced) == len(rows) > 30
        assert set(facts.by_id) == set(base.by_id)
        assert len(facts) == len(base)
        for one in replaced:
            old = base.by_id[one.id]
            assert old.key not in facts.by_key
            assert one in facts.find(old.entity, old.metric, old.item, old.counterparty)

    def test_a_later_table_may_replace_a_row_of_an_earlier_one(
        self, known: Fact, write_table: WriteTable
    ) -> None:
        first = write_table({"source": "One", "replaces": known.id}, name="first.csv")
        later = write_table({"source": "Two", "replaces": known.id}, name="later.csv")
        assert load_facts([first, later]).by_id[known.id].source == "Two"
        assert load_facts([later, first]).by_id[known.id].source == "One"

    def test_an_empty_cell_replaces_nothing(self, base: FactTable, write_table: WriteTable) -> None:
        assert len(load_facts([write_table({"replaces": ""})])) == len(base) + 1

    def test_an_economy_that_does_not_read_the_table_takes_the_row_all_the_same(
        self, known: Fact, write_table: WriteTable
    ) -> None:
        path = write_table({"replaces": known.id})
        facts = load_facts([path], tables=("exchange_rates.csv",))
        assert facts.by_id[known.id].source == "A newspaper"

    @pytest.mark.parametrize(
        ("cells", "expected"),
        [
            ({"replaces": "nonsense"}, "there is no fact of that id. `cardhouse facts list"),
            ({"entity": "openai", "tier": "labs"}, "the row tells revenue of openai"),
            ({"metric": "capex"}, "tells revenue of nvidia, and the row tells capex of nvidia"),
        ],
    )
    def test_what_cannot_be_replaced_is_told_by_check_and_run(
        self, cells: dict[str, str], expected: str, known: Fact, write_table: WriteTable
    ) -> None:
        path = write_table({"replaces": known.id, **cells})
        (told,) = check_facts(path)
        assert told.startswith(f"{path}:2: replaces '")
        assert expected in told
        assert check_file(path) == [told]
        with pytest.raises(FactError) as raised:
            load_facts([path])
        assert str(raised.value) == told

    def test_a_mistyped_id_leads_to_one_on_the_same(
        self, known: Fact, write_table: WriteTable
    ) -> None:
        (told,) = check_facts(write_table({"replaces": known.id[:-1]}))
        assert f"Did you mean '{known.id}'?" in told

    def test_one_fact_is_replaced_once(self, known: Fact, write_table: WriteTable) -> None:
        rows = [{"source": one, "replaces": known.id} for one in ("One", "Two")]
        path = write_table(*rows)
        assert check_facts(path) == [
            f"{path}:3: replaces '{known.id}', which {path}:2 does. Keep one of them."
        ]

    def test_a_row_takes_one_place_only(
        self, base: FactTable, known: Fact, write_table: WriteTable
    ) -> None:
        other = next(one for one in base.find("nvidia", "revenue") if one.id != known.id)
        (told,) = check_facts(write_table(cells_of(other, replaces=known.id)))
        assert f"is that of '{other.id}', which it replaces already" in told

    def test_what_does_not_count_is_not_replaced(
        self, base: FactTable, write_table: WriteTable
    ) -> None:
        twice, kept = next(iter(base.duplicates.items()))
        fact = base.by_id[twice]
        (told,) = check_facts(
            write_table(cells_of(fact, source="My desk", published="", replaces=twice))
        )
        assert told.endswith(f"does not count: '{kept}' says the same. Name '{kept}'.")

    def test_check_tells_what_is_replaced_by_name_or_by_key(
        self, known: Fact, write_table: WriteTable
    ) -> None:
        path = write_table(
            {"replaces": known.id},
            {"source": "Another newspaper"},
            name="some.csv",
        )
        (told,) = replacements(path)
        assert told.startswith(
            f"{path}:2: nvidia revenue 50.0 usd_bn, in the place of 46.743 usd_bn"
        )
        assert f"({known.id}, {known.source})" in told
        path = write_table(cells_of(known, value="47", low="", high=""))
        (told,) = replacements(path)
        assert "nvidia revenue 47.0 usd_bn, in the place of 46.743" in told
