"""Whatever is asked of any address, the server has an answer: generated from the description."""

from __future__ import annotations

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardhouse.web.app import create
from cardhouse.web.shapes import PREFIX, describe
from serving import Client

ANSWERS = {200, 202, 404, 405, 413, 415, 422}
SHORT = {"economy": "ride-hailing", "quarters": 2}
"""Questions that are valid are asked of the small economy, over two quarters."""

described = schemathesis.openapi.from_dict(json.loads(json.dumps(describe(create()))))
operations = [one.ok() for one in described.get_all_operations()]


@pytest.mark.parametrize("operation", operations, ids=lambda one: one.label)
def test_no_address_fails(client: Client, operation) -> None:
    """Parameters of every kind and size give an answer or a problem document, never a bug."""

    @settings(max_examples=6, suppress_health_check=list(HealthCheck), deadline=None)
    @given(case=operation.as_strategy(), whole=st.booleans())
    def asked(case, whole: bool) -> None:
        if operation.path.endswith("/events"):
            case.path_parameters = {"job": "none"}
        query = dict(case.query or {})
        known = {one.name for one in operation.query}
        if whole:  # so that some questions are answered and not refused
            query = {name: value for name, value in SHORT.items() if name in known}
        elif "economy" in known and query.get("economy", "ai") == "ai":
            query["economy"] = "ride-hailing"
        answer = client.request(
            case.method,
            case.formatted_path,
            params={name: _plain(value) for name, value in query.items()},
            **({} if case.body is schemathesis.core.NOT_SET else {"json": _small(case.body)}),
        )
        assert answer.status_code in ANSWERS, answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code

    asked()


def _plain(value):
    return [str(one) for one in value] if isinstance(value, list) else str(value)


def _small(body):
    """Return a body whose ensemble, where it is one, is not computed here."""
    return {**body, "draws": 5} if isinstance(body, dict) else body


def test_every_address_was_asked() -> None:
    paths = {one.path for one in operations}
    assert f"{PREFIX}/view" in paths
    assert len(paths) >= 28
