"""What a run leaves in a folder."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cardhouse.errors import InputError
from cardhouse.studies.outputs import tables, transactions, write_outputs


def document() -> dict[str, Any]:
    firm = {
        "id": "lab",
        "name": "Lab",
        "tier": "labs",
        "market": "labs",
        "kind": "firm",
        "parent": "",
        "revenue": [3.0, 2.0],
        "full_cost": [5.0, 5.0],
        "operating_result": [-2.0, -3.0],
        "cash_result": [-2.0, -3.0],
        "cash": [4.0, 1.0],
        "debt": [1.0, 1.0],
        "raised": [0.0, 0.0],
        "price": [1.0, None],
        "status": ["active", "stressed"],
    }
    users = {**firm, "id": "users", "name": "Users", "kind": "segment", "cash": [], "debt": []}
    flow = {"payer": "users", "payee": "lab", "kind": "sale", "amount": [3.0, 2.0]}
    cost = {"payer": "lab", "payee": "labour", "kind": "cost", "amount": [5.0, 0.0]}
    return {
        "schema": "cardhouse/run/1",
        "manifest": {"economy": "ai", "digest": "0123456789"},
        "quarters": ["2025Q2", "2025Q3"],
        "entities": [firm, users],
        "tiers": [{"tier": "labs", "revenue": [3.0, 2.0], "loss_making_firms": [1, 1]}],
        "flows": [flow, cost],
        "ledger": {"subsidy_by_firm": []},
        "trace": {"lab": {"users": 1.0}},
        "claims": [{"id": "a", "claim": "A, b", "verdict": "holds", "probability": None}],
        "fragility": {"defaults": []},
        "accounts": {"moves": []},
    }


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestFiles:
    def test_are_all_there_with_their_digests(self, tmp_path: Path) -> None:
        folder = tmp_path / "a" / "b"
        paths = write_outputs(document(), folder, {"report.html": lambda path: path.touch()})
        names = {path.relative_to(folder).as_posix() for path in paths}
        assert {"report.html", "summary.json", "transactions.csv", "balance_sheets.csv"} <= names
        assert {
            f"tables/{name}.{kind}" for name in tables(document()) for kind in ("csv", "parquet")
        } <= names
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        assert set(manifest["files"]) == names - {"manifest.json"}
        for name, digest in manifest["files"].items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest

    def test_are_the_same_bytes_twice(self, tmp_path: Path) -> None:
        one = write_outputs(document(), tmp_path / "one")
        two = write_outputs(document(), tmp_path / "two")
        assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]

    def test_summary_is_the_document(self, tmp_path: Path) -> None:
        write_outputs(document(), tmp_path / "out")
        assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8")) == document()

    def test_other_files_of_the_folder_stay(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("mine", "utf-8")
        write_outputs(document(), tmp_path)
        write_outputs(document(), tmp_path)
        assert (tmp_path / "notes.txt").read_text("utf-8") == "mine"
        assert not list(tmp_path.glob(".cardhouse-*"))

    def test_files_of_an_earlier_run_that_this_one_has_not_go(self, tmp_path: Path) -> None:
        write_outputs({**document(), "journal": []}, tmp_path)
        (tmp_path / "mine.txt").touch()
        stale = tmp_path / "tables" / "stale.csv"
        stale.touch()
        manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
        manifest["files"] |= {"tables/stale.csv": "", "../mine.txt": "", "/mine.txt": ""}
        (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        write_outputs(document(), tmp_path)
        assert not stale.exists()
        assert (tmp_path / "mine.txt").exists()

    def test_a_name_that_no_folder_can_have_gets_a_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="cannot be written"):
            write_outputs(document(), tmp_path / ("a" * 500))

    def test_permissions_are_what_the_user_grants_new_files(self, tmp_path: Path) -> None:
        before = os.umask(0o077)
        try:
            write_outputs(document(), tmp_path / "mine")
        finally:
            os.umask(before)
        assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o700

    def test_a_file_is_no_folder(self, tmp_path: Path) -> None:
        (tmp_path / "taken").touch()
        with pytest.raises(InputError, match="which is a file"):
            write_outputs(document(), tmp_path / "taken")
        with pytest.raises(InputError, match="cannot be written"):
            write_outputs(document(), tmp_path / "taken" / "below")

    def test_nan_is_never_written(self, tmp_path: Path) -> None:
        broken = {**document(), "trace": {"lab": {"users": float("nan")}}}
        with pytest.raises(ValueError, match="not JSON compliant"):
            write_outputs(broken, tmp_path / "out")
        assert list(tmp_path.iterdir()) == []


class TestTables:
    def test_transactions_come_quarter_by_quarter_without_zeros(self) -> None:
        assert transactions(document())[1] == [
            ("2025Q2", "users", "lab", "sale", 3.0),
            ("2025Q2", "lab", "labour", "cost", 5.0),
            ("2025Q3", "users", "lab", "sale", 2.0),
        ]

    def test_transactions_keep_the_document_s_dollars(self, tmp_path: Path) -> None:
        write_outputs(document(), tmp_path / "out")
        total = sum(float(row["amount"]) for row in rows(tmp_path / "out" / "transactions.csv"))
        assert total == sum(sum(flow["amount"]) for flow in document()["flows"])

    def test_balance_sheets_hold_purses_only(self, tmp_path: Path) -> None:
        write_outputs(document(), tmp_path / "out")
        found = rows(tmp_path / "out" / "balance_sheets.csv")
        assert [(row["quarter"], row["entity"], row["cash"]) for row in found] == [
            ("2025Q2", "lab", "4.0"),
            ("2025Q3", "lab", "1.0"),
        ]

    def test_parquet_and_csv_say_the_same(self, tmp_path: Path) -> None:
        write_outputs(document(), tmp_path / "out")
        for name, (columns, body) in tables(document()).items():
            table = pq.read_table(tmp_path / "out" / "tables" / f"{name}.parquet")
            assert tuple(table.column_names) == columns
            assert [tuple(row.values()) for row in table.to_pylist()] == body
            assert len(rows(tmp_path / "out" / "tables" / f"{name}.csv")) == len(body)


def test_loops_and_promises_have_tables_where_there_are_any() -> None:
    loop = {"entities": ["chips", "lab"], "usd_bn": 2.0, "financial": True}
    promise = {"id": "one", "payer": "chips", "payee": "lab", "promised": 5.0}
    more = {
        "round_trips": {"base": {"loops": [loop]}, "cumulated": {"loops": []}},
        "committed": {"loops": [loop], "promises": [promise]},
    }
    found = tables({**document(), **more})
    assert found["round_trips"][1] == [
        ("base", "chips > lab", 2.0, True),
        ("committed", "chips > lab", 2.0, True),
    ]
    assert found["promises"][1][0][:3] == ("one", "chips", "lab")
    assert {"round_trips", "promises"}.isdisjoint(tables(document()))
