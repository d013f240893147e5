"""Files to carry away hold the numbers of the run, in every form, the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import shlex
import zipfile

import pandas as pd
import pytest
from typer.testing import CliRunner

from cardhouse.cli.app import app
from cardhouse.studies.outputs import tables
from cardhouse.studies.recipes import recipes
from cardhouse.studies.run import run_study
from cardhouse.studies.table_files import FORMATS, WORDS, all_tables
from cardhouse.web.shapes import PREFIX
from serving import Client

OPEN = "economy=ride-hailing&quarters=4&scenario=capital-freeze"


def test_every_form_holds_the_same_cells(client: Client) -> None:
    plain = client.get(f"{PREFIX}/tables/tiers.csv?{OPEN}")
    rows = list(csv.DictReader(io.StringIO(plain.text)))
    run = client.get(f"{PREFIX}/run?{OPEN}").json()
    assert [float(row["revenue"]) for row in rows] == [
        one for tier in run["tiers"] for one in tier["revenue"]
    ]
    assert client.get(f"{PREFIX}/tables/tiers.json?{OPEN}").json() == [
        {name: _number(cell) for name, cell in row.items()} for row in rows
    ]
    parquet = pd.read_parquet(io.BytesIO(_bytes(client, "tiers.parquet")))
    sheet = pd.read_excel(io.BytesIO(_bytes(client, "tiers.xlsx")), engine="calamine")
    for frame in (parquet, sheet):
        assert list(frame.columns) == list(rows[0])
        assert frame["revenue"].tolist() == pytest.approx([float(r["revenue"]) for r in rows])
    assert plain.headers["content-disposition"].startswith('attachment; filename="ride-hailing-')


def _bytes(client: Client, file: str) -> bytes:
    answer = client.get(f"{PREFIX}/tables/{file}?{OPEN}")
    form = file.partition(".")[2]
    assert answer.headers["content-type"] == FORMATS[form]
    assert client.get(f"{PREFIX}/tables/{file}?{OPEN}").content == answer.content
    return answer.content


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def test_every_table_listed_can_be_fetched(client: Client) -> None:
    listed = client.get(f"{PREFIX}/tables?{OPEN}").json()
    run = client.get(f"{PREFIX}/run?{OPEN}").json()
    names = [one["name"] for one in listed["tables"]]
    assert set(names) == {"transactions", "balance_sheets", *tables(run)}
    for one in listed["tables"]:
        assert one["words"] == WORDS[one["name"]]
        for url in one["urls"].values():
            assert client.get(url).status_code == 200
    assert client.get(listed["zip"]).status_code == 200


@pytest.mark.parametrize("file", ["tier.csv", "tiers.xls", "tiers", "../run.csv", "tiers.csv.gz"])
def test_what_is_no_table_is_said(client: Client, file: str) -> None:
    answer = client.get(f"{PREFIX}/tables/{file}?{OPEN}")
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_parcel_holds_tables_licences_and_how_to_cite(client: Client) -> None:
    first = client.get(f"{PREFIX}/download.zip?{OPEN}")
    with zipfile.ZipFile(io.BytesIO(first.content)) as parcel:
        names = parcel.namelist()
        readme = parcel.read("README.txt").decode()
        tiers = parcel.read("tiers.csv")
        assert b"MIT License" in parcel.read("LICENSE")
    assert {"CITATION.txt", "LICENSE-DATA", "transactions.csv", "parquet/tiers.parquet"} <= {*names}
    assert tiers == client.get(f"{PREFIX}/tables/tiers.csv?{OPEN}").content
    run = client.get(f"{PREFIX}/run?{OPEN}").json()["manifest"]
    for words in (run["digest"], run["caution"], "not a forecast", "curl ", "jsonlite"):
        assert words in readme
    with Client() as other:
        assert other.get(f"{PREFIX}/download.zip?{OPEN}").content == first.content


QUERY = [
    ("economy", "ride-hailing"),
    ("quarters", "3"),
    ("scenario", "price-war"),
    ("set", "demand_level=0.5"),
    ("set", "remove=map_supplier"),
]


def test_the_lines_compute_the_same(client: Client) -> None:
    lines = recipes("http://127.0.0.1:8000/api/v1/run", QUERY)
    told = client.get(f"{PREFIX}/run", params=QUERY).json()
    words = shlex.split(lines["shell"])
    said = CliRunner().invoke(app, words[1:])
    assert json.loads(said.stdout) == told
    names: dict = {}
    exec(lines["Python"].removesuffix("; run.data"), names)
    row = next(one for one in told["entities"] if one["id"] == "drivers")
    assert names["run"].data["revenue"].sel(entity="drivers").to_numpy().tolist() == row["revenue"]
    url = shlex.split(lines["curl"])[1]
    assert client.get(url.removeprefix("http://127.0.0.1:8000")).json() == told
    assert json.loads(lines["R"].removeprefix("jsonlite::fromJSON(").removesuffix(")")) == url


def test_a_line_keeps_a_hostile_word_in_its_quotes() -> None:
    lines = recipes("http://x.test/run", [("scenario", "a'; rm -rf / #"), ("set", "remove=$(x)")])
    assert shlex.split(lines["shell"])[3] == "a'; rm -rf / #"
    assert len(shlex.split(lines["curl"])) == 2


def test_every_table_of_any_run_has_its_words() -> None:
    """The AI economy has tables that others lack."""
    document = run_study(economy="ai", quarters=1).document
    drawn = {"figures": {"ledger.subsidy_usd_bn": {"value": 1.0}}}
    known = all_tables({**document, "journal": [{}], "uncertainty": drawn})
    assert set(known) <= set(WORDS)
    assert {"accelerators", "accelerator_rents", "intervals", "promises"} <= set(known)
