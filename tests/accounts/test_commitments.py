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
    """11.9 bn from 2025-03-10 to 2030-03-10: 1714 of 1826 days lie after 30 June 2025."""
    found = committed("2025-08-21")[("openai", "coreweave_ai")]
    assert found == pytest.approx(11.9 * 1714 / 1826, rel=1e-9)


def test_parts_give_way_to_their_total_once_it_is_known() -> None:
    found = committed("2026-10-31")
    assert found[("openai", "coreweave_ai")] == pytest.approx(22.4)
    assert found[("openai", "aws_ai")] == pytest.approx(138.0)
    assert found[("openai", "azure_ai")] == pytest.approx(250.0)
