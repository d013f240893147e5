"""What is promised and not yet paid: known by a date, spread over its days, never counted twice."""

from __future__ import annotations

import pytest

from cardhouse.accounts import open_world


def committed(as_of: str) -> dict[tuple[str, str], float]:
    world = open_world("ai", base="2025Q2", as_of=as_of)
    return {(c.payer, c.payee): c.committed for c in world.contracts if c.committed}


def test_what_was_not_signed_yet_is_not_promised() -> None:
    then = committed("2025-08-21")
    assert ("openai", "azure_ai") not in then
    assert ("openai", "aws_ai") not in then


def test_a_running_contract_is_promised_for_its_days_left() -> None:
    """10 bn from 2024-06-01 to 2030-12-31: 2010 of 2404 days lie after 30 June 2025."""
    found = committed("2025-08-21")[("azure_ai", "coreweave_ai")]
    assert found == pytest.approx(10.0 * 2010 / 2404, rel=1e-9)


def test_what_begins_later_is_promised_in_full_and_from_then_on() -> None:
    world = open_world("ai", base="2025Q2")
    by_ends = {(c.payer, c.payee): c for c in world.contracts if c.committed}
    oracle = by_ends[("openai", "oracle_ai")]
    assert oracle.committed == pytest.approx(300.0)
    assert oracle.terms["commit_start"] == 9.0, "the third quarter of 2027"
    assert oracle.terms["commit_quarters"] == 20.0
    assert by_ends[("nvidia", "coreweave_ai")].terms == {"quarters": 28.0}, "until April 2032"


def test_parts_give_way_to_their_total_once_it_is_known() -> None:
    found = committed("2026-10-31")
    assert found[("openai", "coreweave_ai")] == pytest.approx(22.4)
    assert found[("openai", "aws_ai")] == pytest.approx(138.0)
    assert found[("openai", "azure_ai")] == pytest.approx(250.0)
