"""A small result document, so that commands are tested without running the model."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

QUARTERS = ["2025Q2", "2025Q3", "2025Q4"]
Document = dict[str, Any]


def entity(name: str, tier: str, kind: str, revenue: float, **more: Any) -> Document:
    """Return an entity's row: revenue grows, everything else follows from it."""
    money = kind in ("firm", "parent")
    series = {
        "revenue": [revenue, revenue * 1.1, revenue * 1.2],
        "full_cost": [revenue * 1.5] * 3,
        "operating_result": [revenue * -0.5, revenue * -0.4, revenue * -0.3],
        "cash_result": [revenue * -0.4] * 3,
        "cash": [10.0, 8.0, 6.0] if money else [],
        "debt": [2.0, 3.0, 3.0] if money else [],
        "raised": [1.0, 1.0, 0.0] if money else [],
        "price": [1.0, 0.9, 0.8],
        "status": ["active"] * 3,
        "default_quarter": None,
    }
    words = {"id": name, "name": name.title(), "tier": tier, "market": tier, "kind": kind}
    return {**words, "parent": "", "includes": [], "ai": True, **series, **more}


def flow(payer: str, payee: str, kind: str, *amount: float) -> Document:
    return {
        "payer": payer, "payee": payee, "kind": kind, "amount": list(amount), "estimated": False
    }  # fmt: skip


@pytest.fixture
def document() -> Document:
    tiers = ("users", "apps", "labs", "clouds", "chips", "capital")
    layers = [
        {
            "tier": tier,
            "revenue": [0.0 if tier in ("users", "capital") else 10.0] * 3,
            "full_cost": [12.0] * 3,
            "operating_result": [-2.0] * 3,
            "cash_result": [-1.0] * 3,
            "capex": [4.0] * 3,
            "raised": [1.0] * 3,
            "loss_making_firms": [1, 1, 1],
        }
        for tier in tiers
    ]
    return {
        "schema": "cardhouse/run/1",
        "manifest": {
            "version": "0",
            "facts_version": "2026-10",
            "facts_digest": "f" * 16,
            "economy": "ai",
            "base_quarter": "2025Q2",
            "as_of": "2026-10-01",
            "scenario": "venture-drought",
            "scenario_title": "Venture money dries up",
            "scenario_words": "Less of it.",
            "levers": {},
            "seed": None,
            "digest": "0123456789abcdef",
        },
        "quarters": QUARTERS,
        "entities": [
            entity("consumers", "users", "segment", 0.0),
            entity("openai", "labs", "firm", 4.0, default_quarter="2025Q4"),
            entity("amazon", "clouds", "parent", 30.0, includes=["aws"]),
            entity("aws", "clouds", "division", 30.0, parent="amazon"),
            entity("nvidia", "chips", "firm", 46.7),
            entity("amd", "chips", "firm", 3.0),
            entity("venture", "capital", "pool", 0.0),
        ],
        "tiers": layers,
        "flows": [
            flow("consumers", "openai", "sale", 3.0, 3.0, 3.0),
            flow("venture", "openai", "equity", 1.0, 0.0, 0.0),
            flow("openai", "aws", "input", 2.0, 2.0, 2.0),
            flow("aws", "nvidia", "capex", 1.0, 1.0, 0.0),
            flow("nvidia", "labour", "cost", 0.5, 0.5, 0.5),
        ],
        "ledger": {
            "users_pay_per_dollar_of_cost": {
                "with_programs": 0.43, "without_programs": 0.61, "cash": 0.3
            },
            "subsidy_by_source": {"venture": 1.0},
            "subsidy_by_firm": [
                {
                    "firm": "openai", "tier": "labs", "revenue": 4.0, "full_cost": 6.0,
                    "subsidy": 2.0, "cash_part": 1.5, "noncash_part": 0.5,
                }
            ],
            "revenue_needed_usd_bn": 40.0,
            "implied_expected_growth": {"aws.ai": 0.06},
        },
        "ledger_by_quarter": {},
        "trace": {"nvidia": {"consumers": 0.75, "venture": 0.25}},
        "trace_by_quarter": {"nvidia": {"consumers": [0.75] * 3, "venture": [0.25] * 3}},
        "trace_round_trip_usd_bn": {"nvidia": 0.5},
        "trace_bounds": {"nvidia": {"consumers": [0.2, 0.9], "venture": [0.1, 0.8]}},
        "claims": [
            {
                "id": "user_price", "claim": "Users pay little", "verdict": "holds",
                "probability": 0.9, "figures": [], "for": [], "against": [], "facts": [],
            },
            {
                "id": "thin", "claim": "Clouds live on thin margins", "verdict": "does_not_hold",
                "probability": None, "figures": [], "for": [], "against": [], "facts": [],
            },
        ],
        "fragility": {
            "defaults": [
                {
                    "entity": "openai", "name": "OpenAI", "quarter": "2025Q4", "owed": 5.0,
                    "paid": 4.0, "loss_by_holder": {"venture": 1.0}, "cause": "bills",
                }
            ],
            "maturities": [{"year": 2027, "amount": 3.0}],
            "profit_share": {"nvidia": 0.8},
            "profit_herfindahl": 0.7,
            "loss_making_share": {"firms": 0.6, "revenue": 0.2, "users_spending": 0.9},
            "runway_quarters": {"openai": 6.0, "nvidia": None},
        },
        "checks": {"money_residual_max": 1e-12, "accounts_residual_max": 1e-13},
        "accounts": {
            "moves": [
                {
                    "fact": "aaaaaaaaaa", "what": "openai revenue", "observed": 4.3,
                    "balanced": 4.1, "in_sd": -0.4, "source": "s", "url": "https://example.com",
                },
                {
                    "fact": "bbbbbbbbbb", "what": "azure inference", "observed": 8.67,
                    "balanced": 5.2, "in_sd": -4.4, "source": "s", "url": "https://example.com",
                },
            ],
            "estimated_share_of_flows": 0.3,
        },
        "facts": {},
        "baseline": {
            "entities": [
                {
                    "id": "nvidia", "revenue": [46.7, 60.0, 70.05], "cash": [10.0] * 3,
                    "operating_result": [1.0] * 3, "default_quarter": None,
                }
            ],
            "tiers": [],
            "flows": [],
        },
        "warnings": [],
    }  # fmt: skip


MEMBER: dict[str, Any] = {
    "id": "app_1", "population": "apps", "revenue": [1.0], "cash": [2.0], "alive": [True],
    "default_quarter": None,
}  # fmt: skip
PAYMENT: dict[str, Any] = {
    "quarter": "2025Q2", "kind": "cost", "payer": "apps", "payee": "labour", "contract": None,
    "committed": None, "law": "bills.fixed_costs", "force": "due", "owed": 1.0, "paid": 1.0,
    "lost": 0.0, "facts": [],
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    document: Document
    world: None = None

    def members(self) -> list[dict[str, Any]]:
        return [MEMBER]

    def journal(self, *, members: bool = False) -> list[dict[str, Any]]:
        return [{**PAYMENT, "payer": "app_1" if members else "apps"}]


@pytest.fixture
def member() -> dict[str, Any]:
    """Return the row of the one member that the study tells."""
    return MEMBER


@pytest.fixture
def payment() -> dict[str, Any]:
    """Return the row of the one payment that the study tells."""
    return PAYMENT


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, document: Document) -> list[Mapping[str, Any]]:
    """Put a study in place that answers with the document and notes what it was asked."""
    questions: list[Mapping[str, Any]] = []

    def run_study(**question: Any) -> Result:
        questions.append(question)
        return Result(document)

    study = ModuleType("cardhouse.studies.run")
    study.run_study = run_study  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cardhouse.studies.run", study)
    return questions


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Return a function that makes the study raise an exception."""

    def arrange(error: BaseException) -> None:
        def run_study(**_: Any) -> Result:
            raise error

        study = ModuleType("cardhouse.studies.run")
        study.run_study = run_study  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "cardhouse.studies.run", study)

    return arrange


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
