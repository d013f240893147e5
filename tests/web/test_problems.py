"""What is wrong with a request is said in one sentence, as a problem document, and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cardhouse.cli.app import app
from serving import Client

BAD = [
    ("/view?set=venture_suply=2", 422, "Did you mean 'venture_supply'?"),
    ("/view?set=venture_supply=9", 422, "out of its range"),
    ("/view?set=venture_supply=nan", 422, "not a finite number"),
    ("/view?set=venture_supply", 422, "write LEVER=VALUE"),
    ("/view?set=venture_supply=1&set=venture_supply=2", 422, "set twice"),
    ("/view?scenario=capital-freez", 422, "Did you mean 'capital-freeze'?"),
    ("/view?scenario=../../secret.yaml", 422, "no shipped scenario"),
    ("/view?economy=/etc", 422, "no shipped economy"),
    ("/view?economy=rid-hailing", 422, "Did you mean 'ride-hailing'?"),
    ("/view?base=2025Q9", 422, "2025Q9"),
    ("/view?base=1990Q1", 422, "1990Q1"),
    ("/view?as_of=yesterday", 422, "as_of is 'yesterday', which is not a date"),
    ("/view?quarters=0", 422, "1 to 400"),
    ("/view?quarters=81", 422, "at most 80"),
    ("/view?quarters=many", 422, "quarters is 'many'"),
    ("/view?kept=-1", 422, "kept is '-1'"),
    ("/view?scenaro=capital-freeze", 422, "Did you mean 'scenario'?"),
    ("/view?quarters=3&quarters=4", 422, "given several times"),
    ("/trace/nobody?economy=ride-hailing", 422, "no trace to 'nobody'"),
    ("/trace/drivers?economy=ride-hailing&rule=last", 422, "rule"),
    ("/trace/drivers?economy=ride-hailing&direction=up", 422, "Use to or from"),
    ("/why?key=ledger.nothing&economy=ride-hailing", 422, "has no 'nothing'"),
    ("/matrix?which=sums&economy=ride-hailing", 422, "Use flows or balance"),
    ("/compare?scenario=baseline", 422, "two or three scenarios"),
    ("/facts/0000000000", 404, "there is no fact"),
    ("/facts?entity=nvdia", 422, "nvdia"),
    ("/facts?metric=revenu", 422, "revenu"),
    ("/gauges?gauge=cap", 422, "Did you mean 'cape'?"),
    ("/schemas/runs", 404, "Did you mean 'run'?"),
    ("/nowhere", 404, "There is nothing at"),
    ("/?embed=x", 422, "no parameter 'embed'"),
]


@pytest.mark.parametrize("address", ["/api/v1", "/api/v1/"])
def test_the_address_that_serve_prints_tells_what_there_is(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    described = client.get(told["openapi"]).json()
    assert {one["address"] for one in told["addresses"]} == set(described["paths"])
    assert all(one["does"].endswith(".") for one in told["addresses"])


@pytest.mark.parametrize(("address", "status", "words"), BAD)
def test_bad_input_is_one_sentence(client: Client, address: str, status: int, words: str) -> None:
    answer = client.get(f"/api/v1{address}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert set(told) == {"type", "title", "status", "detail", "instance"}
    assert told["status"] == status
    assert words in told["detail"]
    assert told["detail"].endswith((".", "?"))
    assert "Traceback" not in answer.text
    outside_commands = "".join(told["detail"].split("`")[::2])
    assert "--" not in outside_commands  # an option, which is not at hand here


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("set=venture_suply=2", ["--set", "venture_suply=2"]),
        ("set=venture_supply=7", ["--set", "venture_supply=7"]),
        ("as_of=soon", ["--as-of", "soon"]),
        ("base=1990Q1", ["--base", "1990Q1"]),
        ("quarters=0", ["--quarters", "0"]),
        ("set=remove=nobody", ["--set", "remove=nobody"]),
    ],
)
def test_the_sentence_is_that_of_the_command_line_in_the_words_of_the_api(
    client: Client, address: str, words: list[str]
) -> None:
    said = CliRunner().invoke(app, ["run", "ride-hailing", *words]).stderr.strip()
    answer = client.get(f"/api/v1/view?economy=ride-hailing&{address}")
    plain = re.sub(r"--([a-z-]+)", lambda found: found[1].replace("-", "_"), said)
    assert answer.json()["detail"] == plain.replace("`cardhouse levers`", "/api/v1/levers")


def test_another_method_is_refused(client: Client) -> None:
    answer = client.post("/api/v1/view")
    assert answer.status_code == 405
    assert answer.json()["detail"] == "POST is not allowed for /api/v1/view."
    assert "GET" in answer.headers["allow"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["economy", "base", "as_of", "quarters", "scenario", "set", "kept", "x"]),
    value=st.text(max_size=80),
)
def test_no_text_is_a_bug(client: Client, name: str, value: str) -> None:
    """Whatever stands in a parameter, the answer is a view or a sentence."""
    question = {"economy": "ride-hailing", "quarters": "2", name: value}
    answer = client.get("/api/v1/view", params=question)
    assert answer.status_code in (200, 422), answer.text


def test_a_bug_is_confessed_without_its_insides(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("cardhouse.web.answers.why", broken)
    answer = client.get("/api/v1/why?key=ledger.subsidy_usd_bn&economy=ride-hailing&quarters=7")
    assert answer.status_code == 500
    assert "ZeroDivisionError" in answer.json()["detail"]
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
