"""The API, the command line and Python give the same numbers for the same question."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import cardhouse as ch
from cardhouse.cli.app import app
from cardhouse.report.summary_text import headline
from cardhouse.studies.run import run_study
from serving import Client

QUESTION = {
    "economy": "ride-hailing",
    "quarters": "5",
    "scenario": ["capital-freeze", "price-war"],
    "set": ["demand_level=0.7", "remove=map_supplier"],
}


def said(*words: str) -> dict:
    answer = CliRunner().invoke(app, [*words, "--json"])
    assert answer.exit_code == 0, answer.stderr
    return json.loads(answer.stdout)


def options(question: dict) -> list[str]:
    flat = [(name, one) for name, value in question.items() for one in _listed(value)]
    return [word for name, one in flat for word in (f"--{name}", one)]


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_a_run_is_that_of_the_command_line_to_the_last_digit(client: Client) -> None:
    moved = {name: value for name, value in QUESTION.items() if name != "economy"}
    told = said("run", "ride-hailing", *options(moved))
    assert client.get("/api/v1/run", params=QUESTION).json() == told


def test_a_run_is_that_of_python_to_the_last_digit(client: Client) -> None:
    world = ch.open("ride-hailing")
    run = ch.run(world, scenario="capital-freeze", quarters=4, levers={"venture_supply": 0.5})
    question = {
        "economy": "ride-hailing",
        "quarters": 4,
        "scenario": "capital-freeze",
        "set": "venture_supply=0.5",
    }
    rows = client.get("/api/v1/entities", params=question).json()["entities"]
    told = {row["id"]: row["revenue"] for row in rows if row["kind"] == "firm"}
    assert told
    for name, revenue in told.items():
        assert run.data["revenue"].sel(entity=name).to_numpy().tolist() == revenue


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/trace/drivers", ["trace", "drivers", "--economy", "ride-hailing"]),
        ("/trace/venture?direction=from", ["trace", "venture", "--from", "--economy",
                                           "ride-hailing"]),
        ("/promises", ["trace", "--committed", "--economy", "ride-hailing"]),
        ("/loops", ["trace", "--loops", "--economy", "ride-hailing"]),
        ("/accounts", ["accounts", "--economy", "ride-hailing"]),
        ("/why?key=ledger.subsidy_usd_bn",
         ["facts", "why", "ledger.subsidy_usd_bn", "--economy", "ride-hailing"]),
        ("/why?key=0606318e13", ["facts", "why", "0606318e13", "--economy", "ride-hailing"]),
        ("/why?key=revenue(drivers)",
         ["facts", "why", "revenue(drivers)", "--economy", "ride-hailing"]),
        ("/facts/0606318e13", ["facts", "why", "0606318e13", "--economy", "ride-hailing"]),
        ("/compare?scenario=baseline&scenario=price-war",
         ["compare", "baseline", "price-war", "--economy", "ride-hailing"]),
    ],
)  # fmt: skip
def test_an_address_answers_as_its_command_does(
    client: Client, address: str, words: list[str]
) -> None:
    mark = "&" if "?" in address else "?"
    answer = client.get(f"/api/v1{address}{mark}economy=ride-hailing")
    assert answer.status_code == 200, answer.text
    told = said(*words)
    found = {name: value for name, value in answer.json().items() if name in told}
    if address == "/accounts":  # the command opens a run of one quarter
        for side in (found, told):
            side["manifest"] = {**side["manifest"], "digest": "", "quarters": 0}
    assert found == told


def test_lists_hold_what_the_commands_list(client: Client) -> None:
    for kind in ("levers", "scenarios"):
        mine = client.get(f"/api/v1/{kind}").json()[kind]
        theirs = said(kind)[kind]
        assert [{name: row[name] for name in theirs[0]} for row in mine] == theirs


def test_the_sentence_is_the_headline_of_the_run(client: Client) -> None:
    question = {"economy": "ride-hailing", "quarters": 8, "scenario": "capital-freeze"}
    run = run_study(economy="ride-hailing", scenarios=["capital-freeze"], quarters=8)
    assert client.get("/api/v1/view", params=question).json()["sentence"] == headline(run.document)
