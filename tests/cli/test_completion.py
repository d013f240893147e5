"""Shell completion: names of this very package, at once and without anything heavy."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cardhouse.analysis.rules import RULES
from cardhouse.cli import completion
from cardhouse.facts import load_facts
from cardhouse.studies.gauges import load_gauges
from cardhouse.studies.levers import REMOVE, load_levers
from cardhouse.studies.scenario_files import list_scenarios


def offered(line: str) -> list[str]:
    """Return what bash is offered for the last word of a line, by a real process."""
    words = {"_CARDHOUSE_COMPLETE": "complete_bash", "COMP_WORDS": line}
    words["COMP_CWORD"] = str(len(line.split(" ")) - 1)
    code = "import cardhouse.cli, sys; sys.argv = ['cardhouse']; cardhouse.cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **words}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()  # the shell splits it so, too


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("cardhouse acc", {"accounts", "accelerators"}),
        ("cardhouse run ri", {"ride-hailing"}),
        ("cardhouse run --scenario open", {"open-models-win", "openai-fails"}),
        ("cardhouse run --set vent", {"venture_supply="}),
        ("cardhouse trace nvi", {"nvidia"}),
        ("cardhouse trace nvidia --rule inc", {"income_first"}),
        ("cardhouse compare baseline cap", {"capital-freeze"}),
        ("cardhouse facts list --metric price_to_b", {"price_to_book"}),
        ("cardhouse gauge price_to_b", {"price_to_book"}),
        ("cardhouse gauge --series nas", {"nasdaq"}),
        ("cardhouse accelerators h1", {"h100"}),
    ],
)
def test_a_half_typed_word_is_completed(line: str, some: set[str]) -> None:
    found = offered(line)
    assert some <= set(found)
    assert all(name.startswith(line.rsplit(" ", maxsplit=1)[-1]) for name in found)


def test_a_path_is_left_to_the_shell() -> None:
    assert offered("cardhouse run --scenario ./my-") == []


def test_names_are_those_that_commands_know() -> None:
    def names(offers: list[completion.Offer]) -> list[str]:
        return [name for name, _ in offers]

    assert names(completion.scenarios("")) == sorted(one.id for one in list_scenarios())
    assert {name.rstrip("=") for name in names(completion.settings(""))} == {*load_levers(), REMOVE}
    assert names(completion.gauges("")) == sorted(load_gauges())
    assert set(completion.RULES) == set(RULES)
    used = {fact.metric for fact in load_facts()}
    assert used <= set(names(completion.metrics("")))


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from cardhouse.cli import completion as c; "
        "[f('') for f in (c.economies, c.scenarios, c.settings, c.entities, c.metrics, c.gauges)]; "
        "print([m for m in ('numpy','pandas','pydantic','ruamel') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
