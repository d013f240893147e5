"""One number for one thing: command line, Python, files and report, to the last printed digit."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import cardhouse as ch
from cardhouse.cli.app import app
from cardhouse.report.wording import money, percent, sentence_case
from html_tables import tables_of

QUESTION = ("--scenario", "venture-drought", "--set", "user_price=1.1", "--quarters", "6")
LAST = 6


@dataclass(frozen=True)
class Everything:
    """The same question asked in every way."""

    document: dict[str, Any]
    screen: str
    folder: Path
    run: ch.Run
    page: str
    tables: dict[str, list[list[str]]]


def call(*words: str) -> str:
    done = CliRunner().invoke(app, [*words], env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    folder = tmp_path_factory.mktemp("asked") / "out"
    screen = call("run", *QUESTION, "--out", str(folder))
    run = ch.run(ch.open("ai"), "venture-drought", levers={"user_price": 1.1}, quarters=6)
    page = (folder / "report.html").read_text("utf-8")
    document = json.loads(call("run", *QUESTION, "--json"))
    return Everything(document, screen, folder, run, page, tables_of(page))


def same(told: dict[str, float]) -> Any:
    """Return what equals these shares but for the order in which sellers' sums were taken."""
    return pytest.approx(told, rel=1e-12, abs=1e-15)


def table(asked: Everything, beginning: str) -> list[list[str]]:
    """Return the rows of the report's table whose caption begins so, its head first."""
    (found,) = (rows for name, rows in asked.tables.items() if name.startswith(beginning))
    return found


def entity(asked: Everything, name: str) -> dict[str, Any]:
    return next(one for one in asked.document["entities"] if one["id"] == name)


def test_screen_file_and_python_hold_one_document(asked: Everything) -> None:
    python = json.loads(json.dumps(asked.run.document))
    written = json.loads((asked.folder / "summary.json").read_text("utf-8"))
    assert python == asked.document
    assert written == asked.document


def test_frames_hold_the_document_s_numbers(asked: Everything) -> None:
    data, nvidia = asked.run.data, entity(asked, "nvidia")
    for name in ("revenue", "full_cost", "operating_result", "cash", "debt", "raised"):
        assert data[name].sel(entity="nvidia").to_numpy().tolist() == nvidia[name], name
    trace = asked.run.trace("nvidia")
    told = asked.document["trace"]["nvidia"]
    assert {name: trace.loc[name, "share"] for name in told} == same(told)
    ledger = asked.run.ledger().loc[asked.document["quarters"][0]]
    for row in asked.document["ledger"]["subsidy_by_firm"]:
        assert ledger.loc[row["firm"], "subsidy"] == row["subsidy"]


def test_tables_on_disk_hold_the_document_s_numbers(asked: Everything) -> None:
    frame = pd.read_parquet(asked.folder / "tables" / "entities.parquet")
    nvidia = frame[frame["entity"] == "nvidia"]
    assert nvidia["revenue"].tolist() == entity(asked, "nvidia")["revenue"]
    with (asked.folder / "transactions.csv").open(encoding="utf-8", newline="") as file:
        paid = {
            (row["quarter"], row["payer"], row["payee"], row["kind"]): float(row["amount"])
            for row in csv.DictReader(file)
        }
    quarters = asked.document["quarters"]
    for flow in asked.document["flows"]:
        for quarter, amount in zip(quarters, flow["amount"], strict=True):
            key = (quarter, flow["payer"], flow["payee"], flow["kind"])
            assert paid.get(key, 0.0) == amount


def test_the_trace_command_follows_the_same_dollars(asked: Everything) -> None:
    answer = json.loads(call("trace", "nvidia", *QUESTION, "--json"))
    told = asked.document["trace"]["nvidia"]
    found = {part["who"]: part["share"] for part in answer["parts"]}
    assert {name: told[name] for name in found} == same(found)
    names = {one["id"]: one["name"] for one in asked.document["entities"]}
    rows = {row[1]: row for row in table(asked, "Who ultimately pays:") if row[0] == "NVIDIA"}
    shown = 0
    for part in answer["parts"]:
        row = rows.get(names.get(part["who"]) or sentence_case(part["who"].replace("_", " ")))
        if row is not None:
            assert (row[2], row[5]) == (percent(part["share"]), money(part["usd_bn"]))
            shown += 1
    assert shown >= 10


def test_screen_and_report_print_the_same_digits(asked: Everything) -> None:
    head, *rows = table(asked, "Sales and full cost by tier")
    first, last = rows[0], rows[LAST]
    lines = {line.split()[0]: line.split()[1:] for line in asked.screen.splitlines() if line}
    sellers = [tier for tier in asked.document["tiers"] if any(tier["revenue"])]
    assert len(sellers) == 4
    for tier in sellers:
        name = tier["tier"]
        sales, cost = (head.index(f"{name.capitalize()}: {what}") for what in SERIES)
        assert lines[name][:2] == [first[sales], first[cost]]
        assert lines[name][-1] == last[sales]
        assert first[sales] == money(tier["revenue"][0])


SERIES = ("sales", "full cost")


def test_the_report_s_sentences_are_the_screen_s(asked: Everything) -> None:
    """The first sentence to the letter, and every figure of who pays and who covers the cost."""
    words = _plain(asked.page)
    screen = " ".join(asked.screen.split())
    assert screen.partition(" What its buyers")[0] in words
    cents = re.findall(r"(\d+) cents", screen.partition("Who ultimately")[0])
    assert len(cents) == 6  # four of the base quarter, two of the last
    assert all(f"{number}¢" in words for number in cents[:4])


def test_the_report_draws_every_payment_it_tells(asked: Everything) -> None:
    """Each row of the money flow's table is a payment of the document, told by the same words."""
    rows = table(asked, "Payments in 2026Q1")[1:]
    told: dict[float, int] = {}
    for flow in asked.document["flows"]:
        told[flow["amount"][0]] = told.get(flow["amount"][0], 0) + 1
    printed = sorted(money(amount) for amount in told)
    assert len(rows) > 100
    assert _share_of(rows, printed) > 0.9  # the rest joins payments between the same two


def _share_of(rows: Sequence[Sequence[str]], printed: Sequence[str]) -> float:
    return sum(row[3] in printed for row in rows) / len(rows)


def _plain(page: str) -> str:
    """Return the words of a page."""
    shown = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())
