"""A figure can be asked where it came from: formula, sd, facts; and what new facts move."""

from __future__ import annotations

import json

import jsonschema
import pytest
from typer.testing import CliRunner

from cardhouse.cli.app import app
from cardhouse.errors import CardhouseError
from cardhouse.studies.figure_sources import explain_figure
from cardhouse.studies.headlines import headlines_between
from cardhouse.studies.schemas import published_schemas


def test_the_terms_add_up_to_the_figure() -> None:
    found = explain_figure("openai.revenue", economy="ai", base="2025Q2")
    total = sum(term["factor"] * term["value"] for term in found["terms"])
    assert found["value"] == pytest.approx(total, rel=1e-12)
    assert 2.2 < found["value"] < 2.7
    assert found["sd"] > 0


def test_the_facts_that_move_it_come_largest_first() -> None:
    found = explain_figure("revenue(aws_ai)", economy="ai", base="2026Q1")
    moves = [abs(fact["moves"]) for fact in found["facts"]]
    assert moves == sorted(moves, reverse=True)
    assert found["facts"][0]["what"] == "AWS AI run rate"


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ("nvidia.reveneu", "Did you mean 'revenue'"),
        ("nvidai.revenue", "Did you mean 'nvidia'"),
        ("revenue(", "is no flow or position"),
        ("margin(openai)", "'margin' is no function"),
    ],
)
def test_a_wrong_figure_is_mended(figure: str, said: str) -> None:
    with pytest.raises(CardhouseError, match=said):
        explain_figure(figure, economy="ai")


def test_the_command_tells_the_same_as_words_and_as_json() -> None:
    words = CliRunner().invoke(app, ["facts", "why", "nvidia.cash", "--base", "2025Q2"])
    assert words.exit_code == 0, words.stderr
    done = CliRunner().invoke(app, ["facts", "why", "nvidia.cash", "--base", "2025Q2", "--json"])
    found = json.loads(done.stdout)
    jsonschema.Draft202012Validator(published_schemas()["figure"]).validate(found)
    assert f"{found['value']:,.3f}" in words.stdout


def test_new_facts_are_told_by_what_they_move() -> None:
    news = headlines_between("ai", None, ("2025-08-21", "2025-12-31"))
    assert news["base_quarter"] == "2025Q2"
    rows = {row["figure"]: row for row in news["figures"]}
    chips = rows["chips: result, USD bn"]
    assert chips["after"] - chips["before"] > 1.0  # NVIDIA's quarter was announced between
