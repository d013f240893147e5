"""The live view is the run's own numbers, in the places of its stage, whatever is moved."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardhouse.engine.links import FLOW_KINDS
from cardhouse.report.live_stage import GROUP_OF, PAYS_IN
from cardhouse.report.live_view import DECIMALS, LETTERS
from cardhouse.studies.levers import load_levers
from cardhouse.studies.scenario_files import list_scenarios
from serving import Client

CLOSE = 0.6 * 10.0**-DECIMALS
ELSEWHERE = ("openai-fails", "dot-com-replay")
"""Scenarios that need another economy, or more quarters."""
OPEN = {"economy": "ride-hailing", "quarters": 6}

moves = st.lists(
    st.sampled_from(["venture_supply", "demand_level", "user_price", "interest_shift", "recovery"]),
    unique=True,
    max_size=3,
).flatmap(
    lambda names: st.tuples(
        *(
            st.floats(load_levers()[name].low, load_levers()[name].high).map(
                lambda value, name=name: f"{name}={value:.4f}"
            )
            for name in names
        )
    )
)
scenarios = st.lists(
    st.sampled_from([one.id for one in list_scenarios() if one.id not in ELSEWHERE]), max_size=1
)


def asked(client: Client, address: str, **question: Any) -> dict:
    answer = client.get(f"/api/v1/{address}", params={**OPEN, **question})
    assert answer.status_code == 200, answer.text
    return answer.json()


def by_pair(document: dict) -> dict[tuple[str, str, str], np.ndarray]:
    """Return what purses pay each other in a result document by group of reasons."""
    rows = {row["id"]: row for row in document["entities"]}
    out: dict[tuple[str, str, str], np.ndarray] = defaultdict(lambda: np.zeros(7))
    for flow in document["flows"]:
        payer, payee = (
            rows[end]["parent"] if end in rows and rows[end]["kind"] == "division" else end
            for end in (flow["payer"], flow["payee"])
        )
        if payer != payee:
            out[payer, payee, GROUP_OF[flow["kind"]]] += flow["amount"]
    return out


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=scenarios, levers=moves)
def test_ribbons_hold_the_payments_of_the_run(
    client: Client, names: list[str], levers: tuple[str, ...]
) -> None:
    question = {"scenario": names, "set": list(levers)}
    view, run = asked(client, "view", **question), asked(client, "run", **question)
    stage = asked(client, "stage")
    nodes = [node["id"].removesuffix(PAYS_IN) for node in stage["nodes"]]
    shown = dict.fromkeys(by_pair(run), 0.0)
    for at, paid in zip(view["ribbons"]["at"], view["ribbons"]["paid"], strict=True):
        ribbon = stage["ribbons"][at]
        key = nodes[ribbon["payer"]], nodes[ribbon["payee"]], ribbon["group"]
        assert np.abs(by_pair(run)[key] - paid).max() < CLOSE
        shown[key] = 1.0
    assert all(shown.values())
    assert view["digest"] == run["manifest"]["digest"]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=scenarios, levers=moves)
def test_series_are_those_of_the_document(
    client: Client, names: list[str], levers: tuple[str, ...]
) -> None:
    question = {"scenario": names, "set": list(levers)}
    view, run = asked(client, "view", **question), asked(client, "run", **question)
    stage = asked(client, "stage")
    numbers = {one["id"]: one["values"] for one in view["numbers"]}
    ledger = run["ledger_by_quarter"]
    pays = ledger["users_pay_per_dollar_of_cost"]["with_programs"]
    assert numbers["users_pay"] == pytest.approx(pays, abs=CLOSE, nan_ok=True)
    assert numbers["subsidy"] == pytest.approx(ledger["subsidy"], abs=CLOSE)
    traced = run["trace_by_quarter"].get(stage["seller"]["id"], {})
    for at, share in zip(view["payers"]["at"], view["payers"]["share"], strict=True):
        told = traced[stage["sources"][at]["id"]]
        assert share == pytest.approx([one or 0.0 for one in told], abs=CLOSE)
    for mine, theirs in zip(view["tiers"], run["tiers"], strict=True):
        for name in ("revenue", "full_cost", "operating_result", "raised"):
            assert mine[name] == pytest.approx(theirs[name], abs=CLOSE)
    mine = [(one["entity"], one["quarter"], one["outcome"]) for one in view["failures"]]
    assert mine == [(d["entity"], d["quarter"], d["outcome"]) for d in run["fragility"]["defaults"]]
    states = {row["id"]: row["status"] for row in run["entities"] if row.get("status")}
    for firm, letters in view["status"].items():
        assert letters == "".join(LETTERS[word] for word in states[firm])
    in_trouble = {firm for firm, words in states.items() if set(words) - {"active"}}
    assert in_trouble <= set(view["status"])


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=st.integers(0, 6), levers=moves)
def test_folding_moves_no_money(client: Client, kept: int, levers: tuple[str, ...]) -> None:
    """What nodes receive adds up to what they pay, and ribbons to both, however few are shown."""
    stage = asked(client, "stage", kept=kept)
    view = asked(client, "view", kept=kept, set=list(levers))
    received, paid = (np.array(view["nodes"][side]) for side in ("received", "paid"))
    rounding = CLOSE * len(stage["ribbons"])
    assert received.sum(axis=0) == pytest.approx(paid.sum(axis=0), abs=rounding)
    sums = np.zeros_like(paid)
    for at, amount in zip(view["ribbons"]["at"], view["ribbons"]["paid"], strict=True):
        sums[stage["ribbons"][at]["payer"]] += amount
    assert sums == pytest.approx(paid, abs=rounding)
    columns = [node["column"] for node in stage["nodes"]]
    if kept:
        assert max(columns.count(column) for column in columns) <= kept + 1


def test_places_do_not_depend_on_what_is_moved(client: Client) -> None:
    """One stage serves every scenario, and says which baseline it was made from."""
    stage = asked(client, "stage")
    for name in ("baseline", "capital-freeze", "demand-disappoints"):
        view = asked(client, "view", scenario=name)
        assert view["stage"] == stage["digest"]
        assert max(view["ribbons"]["at"]) < len(stage["ribbons"])
        assert len(view["nodes"]["paid"]) == len(stage["nodes"])


def test_every_kind_of_flow_has_its_group() -> None:
    assert set(GROUP_OF) == set(FLOW_KINDS)


def test_red_is_new_money_of_firms_that_runs_back(client: Client) -> None:
    stage = client.get("/api/v1/stage", params={"quarters": 1}).json()
    columns = [node["column"] for node in stage["nodes"]]
    ids = [node["id"] for node in stage["nodes"]]
    red = [one for one in stage["ribbons"] if one["red"]]
    assert ("nvidia", "openai") in {(ids[one["payer"]], ids[one["payee"]]) for one in red}
    for one in stage["ribbons"]:
        back = columns[one["payee"]] < columns[one["payer"]]
        firm = stage["nodes"][one["payer"]]["role"] == "firm"
        assert one["red"] == (one["group"] == "capital" and back and firm)
        assert (one["way"] == "back") == back


def test_a_lever_that_moves_nothing_is_said_to_change_nothing(client: Client) -> None:
    assert asked(client, "view", set="venture_supply=1")["changes_nothing"]
    assert not asked(client, "view", set="demand_level=0.5")["changes_nothing"]
    assert not asked(client, "view")["changes_nothing"]


@pytest.mark.parametrize("kept", [0, 2])
def test_a_ribbon_names_the_payments_that_it_adds_up(client: Client, kept: int) -> None:
    """Their sum is the ribbon, every payment between nodes is in one ribbon, and each is told."""
    question = {"scenario": "capital-freeze"}
    stage, view = asked(client, "stage", kept=kept), asked(client, "view", kept=kept, **question)
    run = asked(client, "run", **question)
    flows = {
        f"flows.{one['payer']}>{one['payee']}>{one['kind']}.amount": np.array(one["amount"])
        for one in run["flows"]
    }
    named = [key for one in stage["ribbons"] for key in one["keys"]]
    assert len(named) == len(set(named))
    paid = dict(zip(view["ribbons"]["at"], view["ribbons"]["paid"], strict=True))
    for at, ribbon in enumerate(stage["ribbons"]):
        sums = sum((flows[key] for key in ribbon["keys"] if key in flows), np.zeros(7))
        assert np.abs(sums - paid.get(at, 0.0)).max() < CLOSE
    key = next(key for key in named if key in flows)
    told = client.get("/api/v1/why", params={**OPEN, **question, "key": key}).json()
    assert told["value"] == flows[key].tolist()


def test_a_promise_in_the_picture_can_be_asked_about(client: Client) -> None:
    promise = client.get("/api/v1/stage?quarters=1").json()["committed"]["ribbons"][0]
    told = client.get("/api/v1/why", params={"quarters": 1, "key": promise["key"]}).json()
    assert told["value"] == promise["usd_bn"], told
