"""``cardhouse accelerators``: what it prints, as words and as JSON, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from cardhouse.analysis.accelerators import INPUTS, Accelerator, cost_per_hour
from cardhouse.cli.app import app
from cardhouse.studies.schemas import published_schemas

BASE = ("--base", "2025Q2")


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["accelerators", *words])


def printed(*words: str) -> dict[str, Any]:
    """Return the one JSON document, checked against its schema."""
    done = call(*words, "--json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema.Draft202012Validator(published_schemas()["accelerators"]).validate(found)
    return found


def test_the_screen_is_80_wide_and_tells_every_class() -> None:
    done = call(*BASE)
    assert done.exit_code == 0, done.stderr
    assert max(len(line.rstrip()) for line in done.stdout.splitlines()) <= 80
    for name in ("H100", "B200", "GB200 rack", "GB300 rack", "TPU v7"):
        assert name in done.stdout
    assert "2025-10 contract" in done.stdout
    assert "* an assumption" in done.stdout


def test_the_document_holds_the_formula() -> None:
    for one in printed(*BASE)["classes"]:
        known = {row["name"]: row["value"] for row in one["inputs"]}
        cost = cost_per_hour(Accelerator(**{name: known[name] for name in INPUTS}))
        assert one["cost"]["value"] == pytest.approx(cost.total)


def test_options_take_the_place_of_inputs() -> None:
    words = ("--price", "35040", "--life", "4", "--rate", "0", "--utilisation", "0.5")
    (one,) = printed("b200", *BASE, *words, "--server-share", "0.5")["classes"]
    assert one["cost"]["parts"]["accelerator"] == pytest.approx(35040 / 4 / 8760 / 0.5)
    assert one["cost"]["parts"]["server"] == pytest.approx(1.0)
    basis = {row["name"]: row["basis"] for row in one["inputs"]}
    assert basis["price"] == basis["life"] == basis["rate"] == "asked"
    found = printed("b200", *BASE, *words)
    assert [row["price"] for row in found["prices"]] == [35040]


def test_facts_that_are_named_come_along() -> None:
    found = printed("h100", *BASE)
    ids = {fact for row in found["classes"][0]["rentals"] for fact in row["facts"]}
    assert ids <= set(found["facts"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--price", "-3"), "--price is -3. It must be above 0."),
        (("--life", "0"), "--life is 0. It must be above 0 and at most 100."),
        (("--utilisation", "1.4"), "--utilisation is 1.4"),
        (("--pue", "0.5"), "--pue is 0.5. It must be at least 1."),
        (("--rate", "nan"), "--rate is nan, which is not a finite number"),
        (("--power", "inf"), "--power is inf"),
        (("h1000",), "Did you mean 'h100'? Known: h100, b200"),
        (("--as-of", "yesterday"), "--as-of is 'yesterday'"),
    ],
)
def test_wrong_input_is_mended(words: tuple[str, ...], said: str) -> None:
    done = call(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())
