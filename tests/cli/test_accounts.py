"""The matrices of ``cardhouse accounts``: on screen, in files, and with options that clash."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from cardhouse.cli.app import app
from cardhouse.cli.tables import matrix_tables
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Firm, Pool
from cardhouse.studies.matrices import transactions_flow
from cardhouse.studies.schemas import published_schemas
from strategies import hand_made


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["accounts", *words])


def on_screen(parts: list[Any]) -> str:
    shown = io.StringIO()
    console = Console(width=80, file=shown, highlight=False)
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in shown.getvalue().splitlines())


class TestScreen:
    def test_two_firms_by_hand(self) -> None:
        world = hand_made(
            [
                (K.SALE, "people", "cloth", 10.0),
                (K.COST, "cloth", "labour", 4.0),
                (K.CAPEX, "cloth", "looms", 5.0),
                (K.COST, "looms", "labour", 3.0),
                (K.INTEREST, "mill", "bank", 0.5),
                (K.DEBT_DRAWN, "bank", "mill", 0.003),
            ],
            lines={"cloth": "mill", "looms": "smith"},
            firms=[Firm("mill", cash=0.0)],
            pools=[Pool("bank", "debt")],
        )
        words = on_screen(matrix_tables(transactions_flow(world, "entity")))
        assert words.startswith(
            "Transactions flow of 2025Q2, USD bn\n"
            "current       people   mill  smith   bank  labour   sum\n"
            "sale           -10.0   10.0      .      .       .     .\n"
            "cost               .   -4.0   -3.0      .     7.0     .\n"
            "interest           .  -0.50      .   0.50       .     .\n"
            "capex              .      .    5.0      .       .   5.0\n"
            "carried over    10.0   -5.5   -2.0  -0.50    -7.0  -5.0\n"
            "sum                0      0      0      0       0     0\n"
            "\n"
            "capital         people   mill  smith    bank  labour   sum\n"
            "capex                .   -5.0      .       .       .  -5.0\n"
            "debt drawn           .  0.003      .  -0.003       .     .\n"
        )

    @pytest.mark.parametrize("base", ["2025Q2", "2026Q1"])
    @pytest.mark.parametrize("by", ["tier", "entity"])
    def test_fits_80_columns_with_every_name_whole(self, by: str, base: str) -> None:
        done = call("--matrix", "--by", by, "--base", base)
        assert done.exit_code == 0, done.stderr
        lines = done.stdout.splitlines()
        assert max(map(len, lines)) <= 80
        assert f"Transactions flow of {base}, USD bn" in lines
        assert f"Balance sheets at the end of {base}, USD bn" in lines
        assert sum(line.startswith("debt: private credit") for line in lines) >= 1
        if by == "tier":
            blocks = [line for line in lines if line.startswith(("current", "capital"))]
            assert [block.split()[1:] for block in blocks] == [
                ["users", "apps", "labs", "clouds", "chips", "capital", "outside", "sum"]
            ] * 2

    def test_every_block_shows_sums_of_nothing(self) -> None:
        lines = call("--matrix", "--by", "entity").stdout.splitlines()
        sums = [line.split()[1:] for line in lines if line.startswith("sum ")]
        assert len(sums) > 10
        assert {amount for row in sums for amount in row} == {"0"}


class TestFiles:
    def test_csv_goes_to_stdout_or_to_a_file(self, tmp_path: Path) -> None:
        words = ("--matrix", "--which", "flows", "--format", "csv")
        path = tmp_path / "flows.csv"
        written = call(*words, "--out", str(path))
        assert (written.exit_code, written.stdout) == (0, "")
        assert path.read_text(encoding="utf-8") == call(*words).stdout
        assert path.read_text(encoding="utf-8").startswith(",users,users,")

    def test_latex_names_quarter_units_and_facts(self) -> None:
        text = call("--matrix", "--format", "latex", "--base", "2025Q2").stdout
        assert r"\caption{Transactions flow of 2025Q2, USD bn. Economy ai, facts 20" in text
        assert r"\caption{Balance sheets at the end of 2025Q2, USD bn." in text

    def test_a_workbook_holds_both_matrices(self, tmp_path: Path) -> None:
        path = tmp_path / "m.xlsx"
        assert call("--matrix", "--format", "xlsx", "--out", str(path)).exit_code == 0
        with zipfile.ZipFile(path) as book:
            words = book.read("xl/workbook.xml").decode()
        assert words.index('name="flows"') < words.index('name="balance"')
        assert [one.name for one in tmp_path.iterdir()] == ["m.xlsx"]

    @pytest.mark.usefixtures("asked")
    @pytest.mark.parametrize("by", [(), ("--by", "entity")])
    def test_json_holds_both_beside_the_old_keys(self, by: tuple[str, ...]) -> None:
        document = json.loads(call("--json", *by).stdout)
        jsonschema.Draft202012Validator(published_schemas()["accounts"]).validate(document)
        assert {"entities", "conflicts", "matrix"} <= set(document)
        assert set(document["matrices"]) == {"flows", "balance"}
        units = {column["unit"] for column in document["matrices"]["flows"]["columns"]}
        assert ("nvidia" in units) == bool(by)
        for matrix in document["matrices"].values():
            assert matrix["residual"] < 1e-9


class TestWrongOptions:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--matrix", "--format", "cvs", "--which", "flows"), "Did you mean 'csv'"),
            (("--matrix", "--format", "csv"), "Add --which flows"),
            (("--matrix", "--format", "xlsx"), "Add --out matrix.xlsx"),
            (("--matrix", "--which", "flow"), "Did you mean 'flows'"),
            (("--matrix", "--by", "firm"), "Use one of tier, entity"),
            (("--matrix", "--out", "a.csv", "--which", "flows"), "Add --format csv"),
            (("--which", "flows"), "Add --matrix"),
            (("--by", "entity"), "Add --matrix"),
            (("--json", "--matrix", "--format", "csv"), "Leave out --format"),
            (("--json", "--which", "flows"), "Leave out --which"),
            (("--json", "--by", "enity"), "Did you mean 'entity'"),
            (
                ("--matrix", "--which", "flows", "--format", "csv", "--out", "no/such/a.csv"),
                "cannot be written",
            ),
        ],
    )
    def test_exit_2_with_one_line_and_nothing_on_stdout(
        self, words: tuple[str, ...], said: str, in_folder: Path
    ) -> None:
        done = call(*words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert list(in_folder.iterdir()) == []
