"""The matrices of the opening position: every row and column adds to zero, in every form."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from typer.testing import CliRunner

from cardhouse.accounts import open_world
from cardhouse.cli.app import app
from cardhouse.errors import InputError
from cardhouse.model.world import World
from cardhouse.studies.matrices import Matrix, balance_sheets, transactions_flow
from cardhouse.studies.matrix_files import as_csv, as_latex, as_rows, write_beside, write_xlsx
from strategies import Recipe, recipes


@pytest.fixture(scope="module")
def world() -> World:
    return open_world("ai", base="2025Q2")


def column(matrix: Matrix, row: str, unit: str, account: str) -> float:
    return float(matrix.values[matrix.rows.index(row), matrix.columns.index((unit, account))])


class TestLaws:
    @given(recipe=recipes())
    def test_rows_and_columns_add_to_nothing(self, recipe: Recipe) -> None:
        world = recipe.world()
        for by in ("tier", "entity"):
            for matrix in (transactions_flow(world, by), balance_sheets(world, by)):
                assert matrix.residual < 1e-9

    @given(recipe=recipes())
    def test_a_tier_is_the_sum_of_its_entities(self, recipe: Recipe) -> None:
        world = recipe.world()
        tiers, entities = transactions_flow(world, "tier"), transactions_flow(world, "entity")
        of = {one.id: one.tier if one.kind != "outside" else "outside" for one in world.entities}
        for number, (unit, account) in enumerate(tiers.columns[:-1]):
            inside = [
                place
                for place, (entity, own) in enumerate(entities.columns[:-1])
                if own == account and of[entity] == unit
            ]
            summed = entities.values[:, inside].sum(axis=1)
            largest = np.abs(entities.values).max()
            assert tiers.values[:, number] == pytest.approx(summed, abs=1e-9 * largest)


class TestShippedEconomy:
    def test_cash_at_the_end_is_what_the_accounts_say(self, world: World) -> None:
        sheets = balance_sheets(world, "entity")
        for firm in world.firms:
            assert column(sheets, "cash", firm.id, "") == pytest.approx(firm.cash)

    def test_capex_is_received_as_income_and_paid_as_investment(self, world: World) -> None:
        flows = transactions_flow(world, "entity")
        assert column(flows, "capex", "nvidia", "current") > 25
        assert column(flows, "capex", "amazon", "capital") == pytest.approx(-24.2, abs=0.5)
        assert column(flows, "capex", "amazon", "current") == 0.0

    def test_an_unknown_way_is_mended(self, world: World) -> None:
        with pytest.raises(InputError, match=r"by 'teir' is not known. Did you mean 'tier'"):
            transactions_flow(world, "teir")


class TestForms:
    def test_csv_reads_back_to_the_last_digit(self, world: World) -> None:
        matrix = transactions_flow(world)
        rows = list(csv.reader(io.StringIO(as_csv(matrix))))
        body = np.array([[float(cell) for cell in row[1:-1]] for row in rows[2:-1]])
        assert (body == matrix.values).all()
        assert [row[0] for row in rows[2:-1]] == list(matrix.rows)

    def test_latex_is_whole_and_escaped(self, world: World) -> None:
        text = as_latex(transactions_flow(world), "a note of 100 %")
        assert text.count("{") == text.count("}")
        assert r"other\_business" in text
        assert r"100 \%" in text
        rows = [line for line in text.splitlines() if line.endswith(r"\\")]
        assert len(rows) == len(as_rows(transactions_flow(world)))
        assert len({line.count(" & ") for line in rows}) == 1

    def test_xlsx_holds_the_numbers(self, world: World, tmp_path: Path) -> None:
        matrix = balance_sheets(world)
        write_xlsx(matrix, tmp_path / "m.xlsx", "note")
        with zipfile.ZipFile(tmp_path / "m.xlsx") as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        found = [
            float(number) for number in re.findall(r"<c r=\"\w+\" s=\"2\"><v>([^<]+)</v>", sheet)
        ]
        expected = [cell for row in as_rows(matrix)[2:] for cell in row if isinstance(cell, float)]
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)

    def test_nothing_half_written_stays(self, tmp_path: Path) -> None:
        def fails(part: Path) -> None:
            part.write_text("half", encoding="utf-8")
            raise RuntimeError

        with pytest.raises(RuntimeError):
            write_beside(tmp_path / "m.csv", fails)
        assert list(tmp_path.iterdir()) == []


class TestCommand:
    @pytest.mark.parametrize("by", ["tier", "entity"])
    def test_prints_blocks_within_a_screen(self, by: str) -> None:
        done = CliRunner().invoke(app, ["accounts", "--matrix", "--by", by, "--base", "2025Q2"])
        assert done.exit_code == 0, done.stderr
        assert "Transactions flow of 2025Q2" in done.stdout
        assert "Balance sheets at the end of 2025Q2" in done.stdout

    def test_writes_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "flows.csv"
        words = ["accounts", "--matrix", "--which", "flows", "--format", "csv", "--out", str(path)]
        assert CliRunner().invoke(app, words).exit_code == 0
        assert path.read_text(encoding="utf-8").startswith(",users,users,")

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--format", "cvs", "--which", "flows"], "Did you mean 'csv'"),
            (["--format", "csv"], "Add --which flows"),
            (["--format", "xlsx", "--which", "flows"], "Add --out matrix.xlsx"),
            (["--which", "flow"], "Did you mean 'flows'"),
            (["--by", "firm"], "Use tier or entity"),
            (["--out", "a.csv", "--which", "flows"], "Add --format csv"),
            (
                ["--out", "no/such/a.csv", "--which", "flows", "--format", "csv"],
                "cannot be written",
            ),
        ],
    )
    def test_a_wrong_option_is_exit_2_with_one_sentence(self, words: list[str], said: str) -> None:
        done = CliRunner().invoke(app, ["accounts", "--matrix", *words])
        assert (done.exit_code, done.stdout) == (2, "")
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
