"""Models of Godley and Lavoie: SIMEX run by the engine, the others held against its books.

SIMEX is an economy of this engine. Households are a firm whose line sells work to the producers'
line, which sells to government and to the household firm. A share theta of wages goes to the tax
account. The household firm buys goods as a program, and a program follows means of last quarter:
``C = C0 (Y(-1) + w H(-1)) / (Y0 + w H0)``. With ``w = alpha2 / (alpha1 (1 - theta))`` this is the
law of SIMEX, ``C = alpha1 YD(-1) + alpha2 H(-1)``, up to its level, which a driver sets once.

Two things are not the engine's. Consumption out of the income of the SAME period (SIM): decisions
use states of the last quarter, so that SIM shares its steady state with a run, not its path.
Interest that a household or a central bank earns (PC, LP): firms pay interest to pools, and nobody
pays it to them. Those models are solved here, and their flows must be balanced books in the
project's matrices.

The engine's own tax is no tax on wages: it falls on what is left after programs, and consumption
is a program.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.links import KIND
from cardhouse.engine.matrices import balance_sheet, transactions
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind
from cardhouse.model.world import Contract, Debt, Entity, Firm, World
from cardhouse.studies.matrices import balance_sheets, transactions_flow
from strategies import hand_made

MODELS = json.loads(Path(__file__).with_name("godley_lavoie.json").read_text("utf-8"))["models"]
BY_NAME = {model["name"]: model for model in MODELS}
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model["name"])

Period = dict[str, float]
DIGITS = 1e-9
"""To how much expected values are given."""


# --- the recursions of the models ---------------------------------------------------------------


def sim(model: Period, before: Period) -> Period:
    """Return the next period: ``C = alpha1 YD + alpha2 H(-1)`` solved with ``Y = C + G``."""
    kept = 1.0 - model["theta"]
    income = (model["G"] + model["alpha2"] * before["H"]) / (1.0 - model["alpha1"] * kept)
    return closed(model, before, income - model["G"])


def simex(model: Period, before: Period) -> Period:
    """Return the next period: ``C = alpha1 YD(-1) + alpha2 H(-1)``."""
    return closed(model, before, model["alpha1"] * before["YD"] + model["alpha2"] * before["H"])


def closed(model: Period, before: Period, consumed: float) -> Period:
    income = consumed + model["G"]
    tax = model["theta"] * income
    left = income - tax
    return {"Y": income, "T": tax, "YD": left, "C": consumed, "H": before["H"] + left - consumed}


def bills_and_money(model: Period, before: Period) -> Period:
    """Return the next period of PC, its income solved with its tax and its consumption."""
    earned, spent = model["r"] * before["Bh"], model["alpha2"] * before["V"]
    kept = 1.0 - model["theta"]
    left = kept * (model["G"] + spent + earned) / (1.0 - model["alpha1"] * kept)
    consumed = model["alpha1"] * left + spent
    income = consumed + model["G"]
    wealth = before["V"] + left - consumed
    held = (model["lambda0"] + model["lambda1"] * model["r"]) * wealth - model["lambda2"] * left
    tax = model["theta"] * (income + earned)
    owed = before["Bs"] + model["G"] + model["r"] * (before["Bs"] - before["Bcb"]) - tax
    return {
        "Y": income, "T": tax, "YD": left, "C": consumed, "V": wealth,
        "Bh": held, "Hh": wealth - held, "Bs": owed, "Bcb": owed - held,
    }  # fmt: skip


def bonds_too(model: Period, before: Period) -> Period:
    """Return the next period of LP with expectations of last period's income and still prices."""
    earned = model["r"] * before["Bh"] + before["BL"]
    consumed = model["alpha1"] * before["YD"] + model["alpha2"] * before["V"]
    income = consumed + model["G"]
    tax = model["theta"] * (income + earned)
    left = income + earned - tax
    expected, wealth = before["V"] + before["YD"] - consumed, before["V"] + left - consumed
    bill, bond = model["r"], 1.0 / model["p"]
    of_bills = model["lambda20"] + model["lambda22"] * bill - model["lambda23"] * bond
    of_bonds = model["lambda30"] - model["lambda32"] * bill + model["lambda33"] * bond
    held = of_bills * expected - model["lambda24"] * before["YD"]
    bonds = (of_bonds * expected - model["lambda34"] * before["YD"]) / model["p"]
    spent = model["G"] + model["r"] * (before["Bs"] - before["Bcb"]) + before["BL"]
    owed = before["Bs"] + spent - tax - model["p"] * (bonds - before["BL"])
    return {
        "Y": income, "T": tax, "YD": left, "C": consumed, "V": wealth, "Bh": held, "BL": bonds,
        "Hh": wealth - held - model["p"] * bonds, "Bs": owed, "Bcb": owed - held,
    }  # fmt: skip


LAWS = {"SIM": sim, "SIMEX": simex, "PC": bills_and_money, "LP": bonds_too}


def path(name: str, periods: int, **changes: float) -> list[Period]:
    """Return periods 1, 2 ... of a model; in period 1 nobody has anything."""
    inputs = {**BY_NAME[name]["inputs"], **changes}
    found = [dict.fromkeys(BY_NAME[name]["expected"]["steady"], 0.0)]
    for _ in range(periods - 1):
        found.append(LAWS[name](inputs, found[-1]))
    return found


@every_model
def test_recursions_give_the_known_periods(model: dict[str, Any]) -> None:
    periods = path(model["name"], 4)
    for period, values in model["expected"].items():
        if period != "steady":
            assert periods[int(period) - 1] == pytest.approx(values, abs=DIGITS)


@every_model
def test_recursions_end_in_the_known_steady_state(model: dict[str, Any]) -> None:
    last = path(model["name"], 400)[-1]
    assert last == pytest.approx(model["expected"]["steady"], abs=DIGITS)
    again = LAWS[model["name"]](model["inputs"], last)
    assert again == pytest.approx(last, abs=1e-12)


@every_model
def test_what_is_printed_is_what_is_expected_but_for_rounding(model: dict[str, Any]) -> None:
    for period, values in model.get("printed", {}).items():
        for name, value in values.items():
            expected = model["expected"][period][name]
            assert value == pytest.approx(expected, abs=model["printed_to"]), (period, name)


@every_model
def test_government_taxes_what_it_spends_in_the_end(model: dict[str, Any]) -> None:
    given, steady = model["inputs"], model["expected"]["steady"]
    earned = given.get("r", 0.0) * steady.get("Bh", 0.0) + steady.get("BL", 0.0)
    spent = given["G"] + earned
    close = {"abs": 4 * DIGITS}
    assert steady["T"] == pytest.approx(spent, **close)
    assert steady["YD"] == pytest.approx((1 / given["theta"] - 1) * spent, **close)
    assert steady["Y"] + earned == pytest.approx(spent / given["theta"], **close)
    assert steady["C"] == pytest.approx(steady["YD"], **close)
    wealth = steady["YD"] * (1 - given["alpha1"]) / given["alpha2"]
    assert steady.get("V", steady.get("H")) == pytest.approx(wealth, **close)


@pytest.mark.parametrize("name", ["PC", "LP"])
def test_the_equation_that_nobody_writes_holds_in_every_period(name: str) -> None:
    """Money that households hold is money that the central bank issued against bills."""
    for period in path(name, 200):
        assert period["Hh"] == pytest.approx(period["Bcb"], abs=1e-9)


# --- SIMEX run by the engine --------------------------------------------------------------------

QUARTERS, START = 60, 4
"""From period 5 on consumption grows by less than the 25 % that a program may move at once."""

MIRROR = {"price_speed": 0.0, "price_pull": 0.0, "program_speed": 1.0, "payment_margin": 1.0}


def households(given: Period, period: Period) -> World:
    """Return an economy whose base quarter is one period of SIM or SIMEX."""
    return hand_made(
        [
            (K.SALE, "government", "goods", period["Y"] - period["C"]),
            (K.PROGRAM, "households", "goods", period["C"]),
            (K.INPUT, "goods", "work", period["Y"]),
            (K.COST, "work", "tax", given["theta"] * period["Y"]),
        ],
        lines={"goods": "producers", "work": "households"},
        firms=[Firm("households", period["H"]), Firm("producers", 0.0)],
    )


def mirrored(given: Period, period: Period, quarters: int = QUARTERS) -> Trajectory:
    """Return a run that starts from a period, with consumption at the level of its next one."""
    chain = compile_chain(households(given, period))
    drivers = neutral(chain, quarters)
    level = drivers.program * simex(given, period)["C"] / period["C"]
    weight = given["alpha2"] / (given["alpha1"] * (1.0 - given["theta"]))
    parameters = {**MIRROR, "program_cash_weight": weight}
    found = simulate(chain, replace(drivers, program=level), parameters=parameters)
    assert found.money_residual < 1e-12
    return found


def flow(found: Trajectory, kind: str, payer: str, payee: str) -> NDArray[np.float64]:
    """Return what one purse paid another in a kind (quarter,)."""
    nodes = found.chain.node_ids
    return found.of_record("flows")[:, KIND[kind], nodes.index(payer), nodes.index(payee)]


def observed(found: Trajectory) -> dict[str, NDArray[np.float64]]:
    """Return the names of the model, each over quarters."""
    wages = flow(found, "input", "producers", "households")
    tax = flow(found, "cost", "households", "tax")
    return {
        "Y": found.of_record("revenue")[:, found.chain.firm_ids.index("producers")],
        "T": tax,
        "YD": wages - tax,
        "C": flow(found, "program", "households", "producers"),
        "H": found.of_state("cash")[:, found.chain.firm_ids.index("households")],
    }


@pytest.fixture(scope="module")
def run() -> Trajectory:
    return mirrored(BY_NAME["SIMEX"]["inputs"], path("SIMEX", START)[-1])


def assert_follows(found: Trajectory, periods: list[Period]) -> None:
    for name, values in observed(found).items():
        expected = [period[name] for period in periods]
        np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-9, err_msg=name)


def test_the_engine_walks_the_path_of_simex(run: Trajectory) -> None:
    assert_follows(run, path("SIMEX", START + QUARTERS)[START - 1 :])


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"alpha1": 0.7, "alpha2": 0.2}, 6),
        ({"alpha1": 0.5, "alpha2": 0.1, "theta": 0.35}, 8),
        ({"alpha1": 0.8, "alpha2": 0.3, "theta": 0.1, "G": 7.5}, 10),
    ],
)
def test_the_engine_walks_other_paths_of_the_same_laws(
    changes: dict[str, float], start: int
) -> None:
    given = {**BY_NAME["SIMEX"]["inputs"], **changes}
    periods = path("SIMEX", start + QUARTERS, **changes)[start - 1 :]
    assert_follows(mirrored(given, periods[0]), periods)


def test_producers_break_even_and_prices_stand_still(run: Trajectory) -> None:
    producers = run.chain.firm_ids.index("producers")
    np.testing.assert_allclose(run.of_state("cash")[:, producers], 0.0, atol=1e-12)
    np.testing.assert_array_equal(run.of_state("charged"), 1.0)
    np.testing.assert_array_equal(run.of_state("stress"), 0.0)
    assert not run.of_record("failed").any()


@pytest.mark.parametrize("name", ["SIM", "SIMEX"])
def test_the_engine_stays_in_the_published_steady_state(name: str) -> None:
    model = BY_NAME[name]
    steady = model["expected"]["steady"]
    assert_follows(mirrored(model["inputs"], steady), [steady] * (QUARTERS + 1))


@pytest.mark.parametrize("name", ["SIM", "SIMEX"])
def test_the_engine_finds_the_published_steady_state(name: str) -> None:
    """From a period of SIM, too, though not along its path: income runs a period ahead there."""
    model = BY_NAME[name]
    found = observed(mirrored(model["inputs"], path(name, START)[-1], quarters=130))
    for what, value in model["expected"]["steady"].items():
        assert found[what][-1] == pytest.approx(value, abs=1e-9)


def test_households_save_what_government_does_not_tax(run: Trajectory) -> None:
    """Every quarter's matrix balances, and so do the wealth and the debt that it adds to."""
    paid = flow(run, "sale", "government", "producers")
    tax, held = flow(run, "cost", "households", "tax"), observed(run)["H"]
    np.testing.assert_allclose(np.diff(held), (paid - tax)[1:], atol=1e-12)
    for quarter in (1, 7, QUARTERS):
        matrix, sheet = transactions(run, quarter), balance_sheet(run, quarter)
        for one in (matrix, sheet):
            assert np.abs(one.values.sum(axis=0)).max() < 1e-9
            assert np.abs(one.values.sum(axis=1)).max() < 1e-9
        money = dict(zip(sheet.columns, sheet.row("money").tolist(), strict=True))
        assert money["households"] - held[0] == pytest.approx(-money["government"] - money["tax"])


# --- PC and LP in the project's books -----------------------------------------------------------


def books(name: str, before: Period, period: Period) -> World:
    """Return the flows and stocks of a period of PC or LP as the base quarter of a world.

    Sectors are firms of one purse each. The central bank hands its interest to the government.
    Whoever issues bills or bonds draws debt; a fall is a repayment.
    """
    given = BY_NAME[name]["inputs"]
    price = given.get("p", 0.0)
    before, period = {"BL": 0.0, **before}, {"BL": 0.0, **period}
    earned = {"households": given["r"] * before["Bh"], "bank": given["r"] * before["Bcb"]}
    bonds = {"households": price * (period["BL"] - before["BL"])}
    bills = {"households": period["Bh"] - before["Bh"], "bank": period["Bcb"] - before["Bcb"]}
    rows = [
        Contract(K.SALE, "households", "producers", period["C"]),
        Contract(K.SALE, "government", "producers", period["Y"] - period["C"]),
        Contract(K.COST, "producers", "households", period["Y"]),
        Contract(K.TAX, "households", "government", period["T"]),
        Contract(K.PAYOUT, "bank", "government", earned["bank"]),
        Contract(K.INTEREST, "government", "households", before["BL"]),
        *(Contract(K.INTEREST, "government", who, amount) for who, amount in earned.items()),
    ]
    for lent in (bills, bonds):
        for who, amount in lent.items():
            ends = (who, "government") if amount >= 0 else ("government", who)
            kind = K.DEBT_DRAWN if amount >= 0 else K.REPAYMENT
            rows.append(Contract(kind, *ends, abs(amount)))
    owed = {"households": period["Bh"] + price * period["BL"], "bank": period["Bcb"]}
    sectors = ("households", "producers", "government", "bank")
    return World(
        economy=name,
        base="2025Q2",
        as_of="2026-11-01",
        entities=tuple(Entity(one, one, EntityKind.FIRM, one) for one in sectors),
        lines=(),
        firms=(Firm("households", period["Hh"]),),
        pools=(),
        contracts=tuple(rows),
        debts=tuple(Debt("government", who, amount, 0.0, 1.0) for who, amount in owed.items()),
    )


def pairs() -> list[Any]:
    """Return (model, period before, period) of what is published and of the steady states."""
    found = []
    for name in ("PC", "LP"):
        known = BY_NAME[name]["expected"]
        if "3" in known:
            found.append(pytest.param(name, known["2"], known["3"], id=f"{name} period 3"))
        steady = known["steady"]
        found.append(pytest.param(name, steady, steady, id=f"{name} steady"))
    return found


every_pair = pytest.mark.parametrize(("name", "before", "period"), pairs())


@every_pair
def test_published_flows_are_a_balanced_matrix(name: str, before: Period, period: Period) -> None:
    """Producers and government keep nothing; what households add to money the bank issues."""
    matrix = transactions_flow(books(name, before, period), by="entity")
    assert matrix.residual < DIGITS
    change = dict(zip(matrix.columns, matrix.values[-1].tolist(), strict=True))
    added = period["Hh"] - before["Hh"]
    for sector, kept in (
        ("households", -added), ("producers", 0.0), ("government", 0.0), ("bank", added),
    ):  # fmt: skip
        assert change[sector, "capital"] == pytest.approx(kept, abs=10 * DIGITS), sector


@every_pair
def test_published_stocks_are_balanced_sheets(name: str, before: Period, period: Period) -> None:
    """Households' wealth is the government's debt; bank and money together are worth nothing."""
    sheet = balance_sheets(books(name, before, period), by="entity")
    assert sheet.residual < DIGITS
    worth = {unit: -value for (unit, _), value in zip(sheet.columns, sheet.values[-1], strict=True)}
    assert worth["households"] == pytest.approx(period["V"], abs=10 * DIGITS)
    assert worth["government"] == pytest.approx(-period["V"], abs=10 * DIGITS)
    assert worth["bank"] + worth["money"] == pytest.approx(0.0, abs=10 * DIGITS)
    assert worth["producers"] == 0.0
