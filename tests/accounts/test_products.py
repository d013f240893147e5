"""Price times payers: two unknowns and a flow balanced together."""

from __future__ import annotations

import numpy as np
import pytest

from cardhouse.accounts.products import Product
from cardhouse.accounts.solving import Solution, solve
from cardhouse.errors import AccountsError


class Empty:
    """A definition without firms or identities of its own."""

    def ids(self, _kind: object) -> list[str]:
        return []

    def rows(self, _table: str) -> list[object]:
        return []


class Names:
    """Three unknowns: a flow, a price, a number of payers."""

    def __init__(self, priors: list[float], sds: list[float]) -> None:
        self.names = ("flow", "price", "payers")
        self.priors, self.sds = tuple(priors), tuple(sds)
        self.signed = (True, True, True)


def solved(priors: list[float], sds: list[float], relative_sd: float = 1e-4) -> Solution:
    unit = np.eye(3)
    product = Product("flow = price x payers", unit[0], unit[1], unit[2], 1.0, relative_sd)
    return solve(Empty(), Names(priors, sds), None, [], [product])  # type: ignore[arg-type]


def test_the_product_holds_to_its_own_sd() -> None:
    values = solved([10.0, 2.0, 4.0], [1.0, 0.1, 0.2]).balanced.values
    assert values[0] == pytest.approx(values[1] * values[2], rel=1e-4)


def test_the_surest_unknown_moves_least() -> None:
    values = solved([10.0, 2.0, 4.0], [1e-4, 1e-4, 1.0]).balanced.values
    assert values == pytest.approx([10.0, 2.0, 5.0], rel=1e-3)


def test_the_solution_is_a_least_squares_point() -> None:
    """On the surface flow = price x payers no neighbour fits the priors better."""
    priors, sds = np.array([10.0, 2.0, 4.0]), np.array([1.0, 0.1, 0.2])
    _, price, payers = solved(priors.tolist(), sds.tolist()).balanced.values

    def misfit(a: float, b: float) -> float:
        return float((((np.array([a * b, a, b]) - priors) / sds) ** 2).sum())

    best = misfit(price, payers)
    for da, db in ((1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3)):
        assert misfit(price + da, payers + db) > best


def test_products_that_never_rest_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardhouse.accounts.solving.MOST_ROUNDS", 1)
    with pytest.raises(AccountsError, match=r"does not come to rest in 1 rounds.*price x payers"):
        solved([10.0, 2.0, 4.0], [1.0, 0.1, 0.2])
