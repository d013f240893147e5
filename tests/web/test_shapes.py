"""The description says what is true: every answer has the shape that it promises."""

from __future__ import annotations

import jsonschema
import pytest

from cardhouse.web.shapes import PREFIX, describe
from serving import Client

OPEN = "economy=ride-hailing&quarters=3"
ADDRESSES = {
    "health": "/health",
    "economies": "/economies",
    "levers": "/levers?economy=ride-hailing",
    "scenarios": "/scenarios?economy=ride-hailing",
    "glossary": "/glossary",
    "schemas": "/schemas",
    "gauge": "/gauges?gauge=cape",
    "facts": "/facts?q=nvidia+revenue&limit=3",
    "conflicts": "/facts/conflicts?economy=ride-hailing",
    "stage": f"/stage?{OPEN}",
    "view": f"/view?{OPEN}&scenario=capital-freeze",
    "run": f"/run?{OPEN}&scenario=capital-freeze",
    "ledger": f"/ledger?{OPEN}&without=people",
    "fragility": f"/fragility?{OPEN}&scenario=capital-freeze",
    "entities": f"/entities?{OPEN}",
    "claims": f"/claims?{OPEN}",
    "accelerators-of-run": "/accelerators?economy=ride-hailing",
    "accounts": "/accounts?economy=ride-hailing",
    "trace": f"/trace/drivers?{OPEN}",
    "loops": f"/loops?{OPEN}",
    "committed": f"/promises?{OPEN}",
    "compare": f"/compare?{OPEN}&scenario=baseline&scenario=price-war",
    "answer": f"/why?{OPEN}&key=ledger.subsidy_usd_bn",
    "tables": f"/tables?{OPEN}",
    "mirror": "/mirror?quarters=2&indicator=capex",
}


@pytest.mark.parametrize("kind", ADDRESSES)
def test_an_answer_has_the_shape_that_is_described(client: Client, kind: str) -> None:
    answer = client.get(PREFIX + ADDRESSES[kind])
    assert answer.status_code == 200, answer.text
    described = describe(client.app)["components"]["schemas"]
    schema = {"$ref": f"#/components/schemas/{kind}", "components": {"schemas": described}}
    jsonschema.Draft202012Validator(schema).validate(answer.json())


def test_a_view_of_the_ai_economy_has_its_shape(client: Client) -> None:
    """Populations, red ribbons and pools occur there alone."""
    described = describe(client.app)["components"]["schemas"]
    for kind in ("stage", "view"):
        answer = client.get(f"{PREFIX}/{kind}?quarters=1").json()
        jsonschema.Draft202012Validator(described[kind]).validate(answer)
    assert answer["populations"]


def test_a_problem_has_its_shape(client: Client) -> None:
    described = describe(client.app)["components"]["schemas"]
    told = client.get(f"{PREFIX}/view?economy=nowhere").json()
    jsonschema.Draft202012Validator(described["problem"]).validate(told)


def test_every_address_is_described_and_every_shape_used(client: Client) -> None:
    told = describe(client.app)
    assert told["openapi"].startswith("3.1")
    assert all(path.startswith(PREFIX) for path in told["paths"])
    for methods in told["paths"].values():
        for one in methods.values():
            assert one["summary"]
            assert one["description"]


def test_a_part_of_the_ledger_can_be_left_out(client: Client) -> None:
    whole = client.get(f"{PREFIX}/ledger?{OPEN}").json()["ledger"]
    some = client.get(f"{PREFIX}/ledger?{OPEN}&without=people&without=best_price").json()["ledger"]
    assert set(whole) - set(some) == {"people", "best_price"}
    wrong = client.get(f"{PREFIX}/ledger?{OPEN}&without=peopel")
    assert "Did you mean 'people'?" in wrong.json()["detail"]
