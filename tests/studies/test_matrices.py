"""The matrices of the opening position: every row and column adds to zero, in every form."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given

from cardhouse.accounts import open_world
from cardhouse.errors import InputError
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Debt, Entity, Firm, Plant, Pool, Stake, World
from cardhouse.studies.matrices import (
    CAPITAL,
    CURRENT,
    Matrix,
    as_document,
    balance_sheets,
    transactions_flow,
)
from cardhouse.studies.matrix_files import as_csv, as_latex, as_rows, as_xlsx, write_whole
from strategies import Recipe, hand_made, rich_recipes

DAY = dt.date(2026, 11, 1)
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module", params=["2025Q2", "2026Q1"])
def world(request: pytest.FixtureRequest) -> World:
    return open_world("ai", base=request.param)


@pytest.fixture
def two_firms() -> World:
    """A mill sells to people, buys its loom from a smith, and borrows; the smith has its paper."""
    loom = Plant(gross=30.0, net=20.0, depreciation=1.0)
    world = hand_made(
        [
            (K.SALE, "people", "cloth", 10.0),
            (K.COST, "cloth", "labour", 4.0),
            (K.CAPEX, "cloth", "looms", 5.0),
            (K.COST, "looms", "labour", 3.0),
            (K.INTEREST, "mill", "bank", 0.5),
            (K.DEBT_DRAWN, "bank", "mill", 2.0),
            (K.EQUITY, "smith", "mill", 1.0),
        ],
        lines={"cloth": "mill", "looms": "smith"},
        firms=[
            Firm("mill", cash=6.0, other_assets=7.0, receivables=1.5, payables=0.25),
            Firm("smith", cash=3.0, deferred_revenue=0.75),
        ],
        terms_of_lines={"cloth": {"plant": loom}},
        pools=[Pool("bank", "debt")],
        debts=[Debt("mill", "bank", 8.0, rate=0.02, maturity_quarters=20.0)],
    )
    return replace(world, stakes=(Stake("smith", "mill", 4.0),), facts_version="2026.11")


def furnished(recipe: Recipe) -> World:
    """Return a recipe's world with everything that a balance sheet may hold."""
    world = recipe.world()
    firms = tuple(
        replace(
            firm,
            other_assets=0.7 * recipe.scale * at,
            receivables=0.3 * recipe.scale,
            payables=0.2 * recipe.scale * at,
            deferred_revenue=0.1 * recipe.scale,
        )
        for at, firm in enumerate(world.firms)
    )
    first, last = firms[0].id, firms[-1].id
    stakes = (Stake(first, last, 0.4 * recipe.scale),) if first != last else ()
    return replace(world, firms=firms, stakes=stakes)


def cell(matrix: Matrix, row: str, unit: str, account: str = "") -> float:
    return float(matrix.values[matrix.rows.index(row), matrix.columns.index((unit, account))])


def tiers_of(world: World) -> dict[str, str]:
    """Return the column by tier in which each entity's column belongs."""
    named = {one.id: one.tier if one.kind != "outside" else "outside" for one in world.entities}
    return {**named, "money": "money", "others": "others"}


class TestLaws:
    @given(recipe=rich_recipes())
    def test_rows_and_columns_add_to_nothing(self, recipe: Recipe) -> None:
        world = furnished(recipe)
        turnover = sum(contract.amount for contract in world.contracts)
        for by in ("tier", "entity"):
            flows, sheets = transactions_flow(world, by), balance_sheets(world, by)
            assert np.abs(flows.values.sum(axis=0)).max() <= 1e-9 * turnover
            assert np.abs(flows.values.sum(axis=1)).max() <= 1e-9 * turnover
            wealth = np.abs(sheets.values).sum()
            assert np.abs(sheets.values.sum(axis=0)).max() <= 1e-9 * wealth
            claims = [row not in ("plant", "other assets", "net worth") for row in sheets.rows]
            assert np.abs(sheets.values[claims].sum(axis=1)).max(initial=0) <= 1e-9 * wealth
            assert max(flows.residual, sheets.residual) <= 1e-9

    @given(recipe=rich_recipes())
    def test_a_tier_is_the_sum_of_its_entities(self, recipe: Recipe) -> None:
        world = furnished(recipe)
        tier_of = tiers_of(world)
        for make in (transactions_flow, balance_sheets):
            tiers, entities = make(world, "tier"), make(world, "entity")
            assert tiers.rows == entities.rows
            summed = np.zeros_like(tiers.values)
            for (entity, account), column in zip(entities.columns, entities.values.T, strict=True):
                summed[:, tiers.columns.index((tier_of[entity], account))] += column
            largest = np.abs(entities.values).max(initial=0.0)
            assert tiers.values == pytest.approx(summed, abs=1e-12 * largest)

    @given(recipe=rich_recipes())
    def test_change_in_cash_is_what_contracts_say(self, recipe: Recipe) -> None:
        world = furnished(recipe)
        flows = transactions_flow(world, "entity")
        turnover = sum(contract.amount for contract in world.contracts)
        for firm in world.firms:
            taken = sum(c.amount for c in world.contracts if world.purse_of(c.payee) == firm.id)
            given_out = sum(c.amount for c in world.contracts if world.purse_of(c.payer) == firm.id)
            change = cell(flows, "change in cash", firm.id, CAPITAL)
            assert change == pytest.approx(given_out - taken, abs=1e-9 * turnover)

    @given(recipe=rich_recipes())
    def test_net_worth_is_assets_less_liabilities(self, recipe: Recipe) -> None:
        world = furnished(recipe)
        sheets = balance_sheets(world, "entity")
        for firm in world.firms:
            plants = [
                one.plant for one in world.lines if one.plant and world.purse_of(one.id) == firm.id
            ]
            assets = firm.cash + firm.other_assets + firm.receivables
            assets += sum(plant.net for plant in plants)
            assets += sum(stake.cost for stake in world.stakes if stake.investor == firm.id)
            owed = firm.payables + firm.deferred_revenue
            owed += sum(debt.amount for debt in world.debts if debt.firm == firm.id)
            owed += sum(stake.cost for stake in world.stakes if stake.firm == firm.id)
            worth = -cell(sheets, "net worth", firm.id)
            assert worth == pytest.approx(assets - owed, abs=1e-9 * (assets + owed))


class TestByHand:
    def test_flows(self, two_firms: World) -> None:
        flows = transactions_flow(two_firms, "entity")
        expected = {
            ("people", CURRENT): [-10, 0, 0, 0, 0, 0, 10, 0],
            ("people", CAPITAL): [0, 0, 0, 0, 0, 0, -10, 10],
            ("mill", CURRENT): [10, -4, -0.5, 0, 0, 0, -5.5, 0],
            ("mill", CAPITAL): [0, 0, 0, -5, 1, 2, 5.5, -3.5],
            ("smith", CURRENT): [0, -3, 0, 5, 0, 0, -2, 0],
            ("smith", CAPITAL): [0, 0, 0, 0, -1, 0, 2, -1],
            ("bank", CURRENT): [0, 0, 0.5, 0, 0, 0, -0.5, 0],
            ("bank", CAPITAL): [0, 0, 0, 0, 0, -2, 0.5, 1.5],
            ("labour", CURRENT): [0, 7, 0, 0, 0, 0, -7, 0],
            ("labour", CAPITAL): [0, 0, 0, 0, 0, 0, 7, -7],
        }
        assert flows.rows == (
            "sale", "cost", "interest", "capex", "equity", "debt_drawn", "carried over",
            "change in cash",
        )  # fmt: skip
        for column, amounts in expected.items():
            found = flows.values[:, flows.columns.index(column)]
            assert found == pytest.approx(amounts, abs=1e-12), column

    def test_balance_sheets(self, two_firms: World) -> None:
        sheets = balance_sheets(two_firms, "entity")
        expected = {
            "mill": [6, 20, 7, -8, -4, 1.5, -0.25, 0, -22.25],
            "smith": [3, 0, 0, 0, 4, 0, 0, -0.75, -6.25],
            "bank": [0, 0, 0, 8, 0, 0, 0, 0, -8],
            "labour": [0] * 9,
            "money": [-9, 0, 0, 0, 0, 0, 0, 0, 9],
            "others": [0, 0, 0, 0, 0, -1.5, 0.25, 0.75, 0.5],
        }
        assert sheets.rows == (
            "cash", "plant", "other assets", "debt: bank", "stakes at cost", "receivables",
            "payables", "deferred revenue", "net worth",
        )  # fmt: skip
        for unit, amounts in expected.items():
            found = sheets.values[:, sheets.columns.index((unit, ""))]
            assert found == pytest.approx(amounts, abs=1e-12), unit
        sums = dict(zip(sheets.rows, sheets.row_sums.tolist(), strict=True))
        assert sums["net worth"] == pytest.approx(-(sums["plant"] + sums["other assets"]))

    def test_an_entity_that_is_called_money_keeps_its_own_column(self, two_firms: World) -> None:
        money = Entity("money", "Money", two_firms.entity("people").kind, "users")
        world = replace(two_firms, entities=(*two_firms.entities, money))
        sheets = balance_sheets(world, "entity")
        assert [unit for unit, _ in sheets.columns].count("money") == 2
        assert sheets.values[0, -2] == pytest.approx(-9.0)

    def test_what_adds_up_wrong_shows_as_residual(self, two_firms: World) -> None:
        flows = transactions_flow(two_firms)
        bent = flows.values.copy()
        bent[0, 0] += 0.25
        assert replace(flows, values=bent).residual == pytest.approx(0.025)


class TestShippedEconomy:
    @pytest.mark.parametrize("by", ["tier", "entity"])
    def test_rows_and_columns_add_to_nothing(self, world: World, by: str) -> None:
        assert transactions_flow(world, by).residual < 1e-9
        assert balance_sheets(world, by).residual < 1e-9

    def test_cash_at_the_end_is_what_the_accounts_say(self, world: World) -> None:
        sheets = balance_sheets(world, "entity")
        for firm in world.firms:
            assert cell(sheets, "cash", firm.id) == pytest.approx(firm.cash)

    def test_capex_is_received_as_income_and_paid_as_investment(self, world: World) -> None:
        flows = transactions_flow(world, "entity")
        bought = sum(
            contract.amount
            for contract in world.contracts_of(K.CAPEX)
            if world.purse_of(contract.payer) == "amazon"
        )
        assert bought > 20
        assert cell(flows, "capex", "nvidia", CURRENT) > 25
        assert cell(flows, "capex", "amazon", CAPITAL) == pytest.approx(-bought)
        assert cell(flows, "capex", "amazon", CURRENT) == 0.0

    def test_an_unknown_way_is_mended(self, world: World) -> None:
        with pytest.raises(InputError, match=r"by 'teir' is not known. Did you mean 'tier'"):
            transactions_flow(world, "teir")


def latex_cells(text: str) -> list[list[str]]:
    """Return the cells of the rows of numbers of a LaTeX text."""
    lines = [line.removesuffix(r" \\") for line in text.splitlines() if line.endswith(r" \\")]
    return [line.split(" & ") for line in lines if "multicolumn" not in line and line[0] != " "]


def sheet_cells(content: bytes, sheet: int) -> dict[str, str | float]:
    """Return the cells of a sheet of a workbook, read as the XML that it is."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        strings = ET.fromstring(book.read("xl/sharedStrings.xml"))
        words = ["".join(one.itertext()) for one in strings]
        body = ET.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))
    found: dict[str, str | float] = {}
    for one in body.iter(f"{SHEET}c"):
        value = one.findtext(f"{SHEET}v") or ""
        found[one.attrib["r"]] = words[int(value)] if one.get("t") == "s" else float(value)
    return found


class TestForms:
    @pytest.mark.parametrize("make", [transactions_flow, balance_sheets])
    def test_csv_reads_back_to_the_last_digit(self, world: World, make: type) -> None:
        matrix = make(world)
        rows = list(csv.reader(io.StringIO(as_csv(matrix))))
        body = np.array([[float(entry) for entry in row[1:-1]] for row in rows[2:-1]])
        assert (body == matrix.values).all()
        assert [row[0] for row in rows[2:-1]] == list(matrix.rows)
        heading = list(zip(rows[0][1:-1], rows[1][1:-1], strict=True))
        assert heading == list(matrix.columns)

    @pytest.mark.parametrize("by", ["tier", "entity"])
    @pytest.mark.parametrize("make", [transactions_flow, balance_sheets])
    def test_latex_reads_back_to_its_digits(self, world: World, make: type, by: str) -> None:
        matrix = make(world, by)
        text = as_latex(matrix, "facts 2026.11")
        used = [at for at, column in enumerate(matrix.values.T) if column.any()]
        per_table = len(matrix.rows) + 1
        cells = latex_cells(text)
        tables = [cells[at : at + per_table] for at in range(0, len(cells), per_table)]
        assert len(tables) == text.count(r"\begin{table}") == text.count(r"\end{table}")
        for at, name in enumerate([*matrix.rows, "sum"]):
            assert {table[at][0] for table in tables} == {name.replace("_", " ")}
        found = [[word for table in tables for word in table[at][1:-1]] for at in range(per_table)]
        numbers = [[0.0 if word == "." else float(word) for word in row] for row in found]
        assert np.array(numbers[:-1]) == pytest.approx(matrix.values[:, used], abs=0.00501)
        assert {word for row in found[-1:] for word in row} == {"0.00"}

    def test_latex_says_what_it_is(self, two_firms: World) -> None:
        text = as_latex(transactions_flow(two_firms, "entity"), "facts 2026.11 of 100 % & more")
        assert (
            r"\caption{Transactions flow of 2025Q2, USD bn. facts 2026.11 of 100 \% \& more.}"
            in (text)
        )
        assert text.count("{") == text.count("}")
        assert r"\multicolumn{2}{c}{mill}" in text
        assert r"\cmidrule(lr){2-3}" in text
        assert r"\toprule" in text

    def test_latex_of_any_name_is_escaped(self, two_firms: World) -> None:
        matrix = transactions_flow(two_firms)
        odd = replace(matrix, columns=((r"a\b_c&d%e#f$g~h^i", CURRENT), *matrix.columns[1:]))
        assert (
            r"a\textbackslash{}b\_c\&d\%e\#f\$g\textasciitilde{}h\textasciicircum{}i"
            in as_latex(odd)
        )

    @pytest.mark.parametrize("by", ["tier", "entity"])
    def test_xlsx_reads_back(self, world: World, by: str) -> None:
        matrices = [transactions_flow(world, by), balance_sheets(world, by)]
        content = as_xlsx(matrices, "facts 2026.11", DAY)
        for number, matrix in enumerate(matrices, start=1):
            found = list(sheet_cells(content, number).values())
            written = [entry for row in as_rows(matrix) for entry in row if entry != ""]
            words = [entry for entry in found if isinstance(entry, str) and entry]
            numbers = [entry for entry in found if isinstance(entry, float)]
            assert words == [
                *(entry for entry in written if isinstance(entry, str)),
                matrix.title, "facts 2026.11", matrix.note,
            ]  # fmt: skip
            expected = [entry for entry in written if isinstance(entry, float)]
            assert numbers == pytest.approx(expected, rel=1e-12, abs=1e-9)

    def test_xlsx_sums_are_formulas_and_names_never_are(self, two_firms: World) -> None:
        matrix = balance_sheets(two_firms, "entity")
        odd = replace(matrix, columns=(("=1+1", ""), *matrix.columns[1:]))
        with zipfile.ZipFile(io.BytesIO(as_xlsx([odd], "", DAY))) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        formulas = re.findall(r"<f>([^<]+)</f>", sheet)
        assert len(formulas) == len(matrix.rows) + 1 + len(matrix.columns)
        assert all(re.fullmatch(r"ROUND\(SUM\(\w+:\w+\),9\)", one) for one in formulas)

    def test_xlsx_depends_on_nothing_but_the_matrix(self, two_firms: World) -> None:
        matrices = [transactions_flow(two_firms), balance_sheets(two_firms)]
        content = as_xlsx(matrices, "a", DAY)
        assert content == as_xlsx(matrices, "a", DAY)
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            assert b"2026-11-01" in book.read("docProps/core.xml")

    def test_json_holds_everything(self, two_firms: World) -> None:
        matrix = balance_sheets(two_firms)
        document = as_document(matrix)
        found = np.array([row["amounts"] for row in document["rows"]])
        assert (found == matrix.values).all()
        apart = [row["name"] for row in document["rows"] if not row["adds_to_zero"]]
        assert apart == ["plant", "other assets", "net worth"]


class TestFiles:
    def test_nothing_half_written_stays(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "m.csv"
        path.write_bytes(b"before")

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write_whole(path, b"after")
        assert [one.name for one in tmp_path.iterdir()] == ["m.csv"]
        assert path.read_bytes() == b"before"

    def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        for place in (tmp_path, tmp_path / "no" / "m.csv"):
            with pytest.raises(InputError, match="cannot be written"):
                write_whole(place, b"")
        assert list(tmp_path.iterdir()) == []
