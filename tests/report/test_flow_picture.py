"""From a document to the money-flow figures: columns, purses, ghosts, and what is left out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cardhouse.report._cast import Cast
from cardhouse.report._flow_stage import Stage, folded, stage_of, state_of, unseen, upstream
from cardhouse.report._sources import Sources
from cardhouse.report.flow_picture import flow_figures
from cardhouse.report.money_flow import gather
from report.sample import sample_document

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Document:
    return sample_document()


@pytest.fixture(scope="module")
def stage(document: Document) -> Stage:
    cast = Cast(document)
    return stage_of(cast, [state_of(cast, document["flows"], row) for row in (0, -1)])


def columns(stage: Stage) -> dict[str, int]:
    return {node.id: node.column for node in stage.nodes}


def heights(drawing: str) -> list[float]:
    found = re.findall(r'<rect [^>]*height="([\d.]+)" class="box', drawing)
    return [float(one) for one in found]


def test_tiers_stand_in_the_documents_order_between_outside_in_and_out(stage: Stage) -> None:
    at = columns(stage)
    assert at["venture"] == at["other_business (in)"] == 0
    assert 0 < at["developers"] < at["cursor"] < at["openai"] < at["oracle"] < at["nvidia"]
    assert at["nvidia"] < at["labour"] == max(at.values())


def test_a_firm_that_sells_inside_its_tier_stands_one_step_behind(stage: Stage) -> None:
    at = columns(stage)
    assert at["foundry"] == at["nvidia"] + 1
    assert at["coreweave"] == at["oracle"] + 1


def test_a_division_is_shown_with_the_purse_that_pays(stage: Stage) -> None:
    assert "aws" not in columns(stage)
    assert stage.names["amazon"] == "AWS (Amazon)"


def test_all_dollars_between_purses_are_in_the_picture(document: Document, stage: Stage) -> None:
    drawn = sum(gather(stage.states[0]).values())
    paid = sum(flow["amount"][0] for flow in document["flows"])
    inside = sum(
        flow["amount"][0]
        for flow in document["flows"]
        if Cast(document).purse(flow["payer"]) == Cast(document).purse(flow["payee"])
    )
    assert drawn == pytest.approx(paid - inside)


def test_an_outside_account_that_pays_and_is_paid_stands_at_both_ends(document: Document) -> None:
    flow = {"payer": "labour", "payee": "nvidia", "kind": "other_cash", "amount": [2.0]}
    back = {"payer": "openai", "payee": "labour", "kind": "cost", "amount": [-0.5]}
    out = {"payer": "openai", "payee": "labour", "kind": "cost", "amount": [1.5]}
    cast = Cast({**document, "flows": [flow, back, out]})
    stage = stage_of(cast, [state_of(cast, [flow, back, out], 0)])
    at = columns(stage)
    assert at["labour (in)"] == 0
    assert at["labour"] == max(at.values())
    assert gather(stage.states[0])["labour (in)", "openai"] == 0.5
    assert upstream(stage, stage.states[0]) == 0


def test_what_has_no_row_is_an_outside_account(document: Document) -> None:
    flow = {"payer": "openai", "payee": "mystery_fees", "kind": "cost", "amount": [2.0]}
    cast = Cast({**document, "flows": [flow]})
    stage = stage_of(cast, [state_of(cast, [flow], 0)])
    assert stage.roles["mystery_fees"] == "sink"
    assert stage.names["mystery_fees"] == "Mystery fees"


def test_small_accounts_are_folded_and_their_dollars_kept(stage: Stage) -> None:
    shown = folded(stage, 2, 12)
    assert shown.folded > 0
    per_column = [sum(n.column == c for n in shown.nodes) for c in columns(shown).values()]
    assert max(per_column) <= 3
    at, small = columns(stage), set(columns(stage)) - set(columns(shown))
    assert shown.folded == len(small)
    inside = sum(
        amount
        for (payer, payee), amount in gather(stage.states[0]).items()
        if {payer, payee} <= small and at[payer] == at[payee]
    )
    paid, drawn = (sum(gather(one.states[0]).values()) for one in (stage, shown))
    assert drawn == pytest.approx(paid - inside)


def test_every_account_keeps_its_largest_payments(stage: Stage) -> None:
    hidden = unseen(stage, 0.01)
    assert hidden
    for state in stage.states:
        drawn = [pair for pair in gather(state) if pair not in hidden]
        assert all(amount < 0.01 * 800 for pair, amount in gather(state).items() if pair in hidden)
        for node in {end for pair in gather(state) for end in pair}:
            assert any(node in pair for pair in drawn)


def test_pictures_share_one_scale_and_a_collapse_looks_like_one(document: Document) -> None:
    base, last = flow_figures(document, Sources({}))
    assert [one.id for one in (base, last)] == ["flow-base", "flow-last"]
    bars = [
        re.findall(r'class="scale"|\$\d+\sbn a quarter is this high', str(one.drawings[0]))
        for one in (base, last)
    ]
    assert bars[0] == bars[1]
    assert len(bars[0]) == 4
    quarter = [{**flow, "amount": [0.25 * a for a in flow["amount"]]} for flow in document["flows"]]
    shrunk = flow_figures({**document, "flows": quarter}, Sources({}))[1]
    assert "this high" in str(shrunk.drawings[0])
    ratio = sum(heights(str(shrunk.drawings[0]))) / sum(heights(str(last.drawings[0])))
    assert ratio < 0.5


def test_the_ghost_is_the_baseline_and_only_in_the_last_picture(document: Document) -> None:
    base, last = flow_figures(document, Sources({}))
    assert 'class="ghost"' in str(last.drawings[0])
    assert 'class="ghost"' not in str(base.drawings[0])
    for one in flow_figures(sample_document(freeze=False), Sources({})):
        assert 'class="ghost"' not in str(one.drawings[0])


def test_back_flows_are_red_and_told_in_words(document: Document) -> None:
    base = flow_figures(document, Sources({}))[0]
    assert 'class="way back"' in str(base.drawings[0])
    assert "runs back up the chain" in base.notes[0]


def test_the_table_has_the_baseline_beside_and_counts_the_rest(document: Document) -> None:
    last = flow_figures(document, Sources({}))[1]
    assert last.table.columns == ("Payer", "Payee", "For", ">USD bn", ">Baseline")
    row = next(row for row in last.table.rows if row[:3] == ("AWS", "NVIDIA", "capex"))
    calm = sample_document(freeze=False)
    flows = [
        next(f for f in one["flows"] if (f["payer"], f["payee"]) == ("aws", "nvidia"))
        for one in (document, calm)
    ]
    assert row[3:5] == tuple(f"{flow['amount'][-1]:.1f}" for flow in flows)
    many = [
        {"payer": "openai", "payee": f"x{number}", "kind": "cost", "amount": [0.01, 0.01]}
        for number in range(300)
    ]
    short = {**document, "flows": [*document["flows"], *many], "quarters": ["2025Q2", "2025Q3"]}
    rows = flow_figures(short, Sources({}))[0].table.rows
    assert "smaller payments" in rows[-1][0]
    total = sum(flow["amount"][0] for flow in short["flows"])
    told = sum(float(str(row[3]).replace(",", "")) for row in rows)
    assert told == pytest.approx(total, rel=0.01)


def test_the_base_quarters_table_says_what_is_estimated(document: Document) -> None:
    base = flow_figures(document, Sources({}))[0]
    assert base.table.columns[-1] == "Basis"
    assert {row[-1] for row in base.table.rows} == {"balanced", "estimated"}


def test_a_picture_of_no_payments_is_left_out(document: Document) -> None:
    nothing = [{**flow, "amount": [0.0] * 21} for flow in document["flows"]]
    assert flow_figures({**document, "flows": nothing, "baseline": None}, Sources({})) == []
