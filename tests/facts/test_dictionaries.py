"""Words lead to what they mean, and wrong ones to the nearest."""

from __future__ import annotations

import pytest

from cardhouse.errors import FactError, InputError
from cardhouse.facts import dictionaries, find_entity, find_metric, load_dictionaries
from cardhouse.facts.text import CsvRow


class TestEntities:
    @pytest.mark.parametrize(
        ("word", "expected"),
        [
            ("azure", "azure"),
            ("Intelligent Cloud", "azure"),
            ("google", "alphabet"),
            ("AWS", "aws"),
            ("Anysphere", "cursor"),
            ("NVDA", "nvidia"),
        ],
    )
    def test_answer_to_any_of_their_names(self, word: str, expected: str) -> None:
        assert find_entity(word).id == expected

    def test_a_wrong_name_is_mended(self) -> None:
        with pytest.raises(InputError, match="Did you mean 'nvidia'"):
            find_entity("nvidai")

    @pytest.mark.parametrize(
        ("division", "parent"),
        [
            ("aws", "amazon"),
            ("azure", "microsoft"),
            ("google_cloud", "alphabet"),
            ("xai", "spacex"),
        ],
    )
    def test_divisions_know_their_purse(self, division: str, parent: str) -> None:
        assert load_dictionaries().entities[division].parent == parent


class TestMetrics:
    def test_say_what_they_mean(self) -> None:
        arr = find_metric("arr")
        assert (arr.line, arr.nature, arr.sign) == ("revenue", "rate", 1)
        assert (arr.payer, arr.payee) == ("customers", "entity")

    def test_say_who_pays_whom(self) -> None:
        assert find_metric("supplier_payment").payee == "counterparty"
        assert find_metric("equity_raised").payer == "counterparty"

    def test_a_wrong_name_is_mended(self) -> None:
        with pytest.raises(InputError, match="Did you mean 'gross_margin'"):
            find_metric("gros_margin")


class TestTables:
    @pytest.mark.parametrize(
        ("column", "word", "expected"),
        [
            ("line", "revenues", "Did you mean 'revenue'"),
            ("nature", "flows", "Did you mean 'flow'"),
            ("sign", "2", "Use one of 1, -1, 0"),
            ("payer", "entities", "Did you mean 'entity'"),
        ],
    )
    def test_a_metric_outside_the_words_is_refused(
        self, column: str, word: str, expected: str
    ) -> None:
        good = {
            "metric": "sales", "meaning": "Sales.", "line": "revenue", "sign": "1",
            "nature": "flow", "payer": "customers", "payee": "entity", "perimeter": "",
            "sum_of": "",
        }  # fmt: skip
        lines = dictionaries.load_lines()
        assert dictionaries._metric(CsvRow("metrics.csv:2", good), lines).metric == "sales"
        with pytest.raises(FactError, match=r"metrics\.csv:2: ") as caught:
            dictionaries._metric(CsvRow("metrics.csv:2", {**good, column: word}), lines)
        assert expected in str(caught.value)
