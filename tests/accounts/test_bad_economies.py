"""One mistake in an economy's tables each: the message names file and row, and what to do."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from cardhouse.accounts import open_world
from cardhouse.errors import CardhouseError
from cardhouse.model.world import Population


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped economy to break."""
    with resources.as_file(resources.files("cardhouse.accounts") / "economies" / "ai") as shipped:
        return Path(shutil.copytree(shipped, tmp_path / "mine"))


MISTAKES = [
    (
        "entities.csv",
        "cursor,Cursor (Anysphere),firm",
        "cursor,Cursor (Anysphere),frim",
        ("kind 'frim'", "firm"),
    ),
    (
        "entities.csv",
        "aws,AWS,division,clouds,,amazon",
        "aws,AWS,division,clouds,,amazn",
        ("parent 'amazn'", "Did you mean 'amazon'"),
    ),
    (
        "entities.csv",
        "cursor,Cursor (Anysphere)",
        "openai,Cursor (Anysphere)",
        ("'openai' is already defined",),
    ),
    (
        "lines.csv",
        "cursor_app,app",
        "cursor_ap,app",
        ("'cursor_ap' is no line", "Did you mean 'cursor_app'"),
    ),
    (
        "lines.csv",
        "aws_ai,compute,yes,yes,0.25,0.18,yes,22",
        "aws_ai,compute,yes,yes,0.25,0.18,yes,long",
        ("life_quarters 'long' is not a finite number",),
    ),
    ("lines.csv", "aws_ai,compute,yes", "aws_ai,compute,maybe", ("'maybe'. Use yes or no",)),
    (
        "firms.csv",
        "jasper,venture",
        "jasper,ventura",
        ("access to 'ventura'", "Did you mean 'venture'"),
    ),
    (
        "contracts.csv",
        ",sale,consumers,openai_chatgpt",
        ",gift,consumers,openai_chatgpt",
        ("kind 'gift' is not known",),
    ),
    (
        "contracts.csv",
        ",sale,consumers,openai_chatgpt",
        ",sale,venture,openai_chatgpt",
        ("payer 'venture' of a sale is a pool", "segment"),
    ),
    (
        "contracts.csv",
        "spread=1 people_mn=35",
        "sprad=1 people_mn=35",
        ("no term 'sprad'", "Did you mean 'spread'"),
    ),
    ("contracts.csv", "conversion=0.05", "conversion=5", ("conversion=5", "[0.0, 1.0]")),
    ("positions.csv", "cash:cursor,", "cash:cursr,", ("'cash:cursor' has no row",)),
    (
        "debts.csv",
        "oracle_bonds,oracle,bonds",
        "oracle_bonds,oracle,bands",
        ("pool 'bands'", "Did you mean 'bonds'"),
    ),
    ("rounds.csv", "2025-08-16", "16 August", ("paid_on '16 August' is not a date",)),
    ("rounds.csv", ",c01c0b4208,", ",c01c0b4209,", ("there is no fact 'c01c0b4209'",)),
    (
        "observations.csv",
        "revenue(openai)",
        "revenu(openai)",
        ("'revenu' is no function", "Did you mean 'revenue'"),
    ),
    (
        "observations.csv",
        "revenue(openai)",
        "revenue(openia)",
        ("no entity 'openia'", "Did you mean 'openai'"),
    ),
    (
        "observations.csv",
        ",flow,openai,revenue,",
        ",flows,openai,revenue,",
        ("reading 'flows' is not known",),
    ),
    (
        "parameters.csv",
        "order_speed",
        "order_sped",
        ("name 'order_sped'", "Did you mean 'order_speed'"),
    ),
    ("about.csv", "base_until,2026Q1", "base_until,last year", ("'last year' is not a quarter",)),
    ("pools.csv", "venture,equity", "venture,equities", ("instrument 'equities'", "equity, debt")),
    (
        "populations.csv",
        "other_apps,400",
        "other_aps,400",
        ("populations.csv:2: firm 'other_aps' is not known", "Did you mean 'other_apps'"),
    ),
    ("populations.csv", "other_apps,400", "other_apps_app,400", ("firm 'other_apps_app'",)),
    ("populations.csv", "other_apps,400", "other_apps,", ("column 'count' is empty",)),
    (
        "populations.csv",
        "other_apps,400",
        "other_apps,1",
        ("populations.csv:2: count '1' is not a whole number from 2 to 5000",),
    ),
    ("populations.csv", "other_apps,400", "other_apps,5001", ("count '5001' is not a whole",)),
    ("populations.csv", "other_apps,400", "other_apps,40.5", ("count '40.5' is not a whole",)),
    ("populations.csv", "400,1.5", "400,-1", ("size_spread -1 lies outside [0, 5]",)),
    ("populations.csv", "400,1.5", "400,inf", ("size_spread 'inf' is not a finite number",)),
    ("populations.csv", "0.7,0.12", "0.7,12", ("growth_sd 12 lies outside [0, 5]",)),
    (
        "populations.csv",
        "other_apps,400",
        "other_apps,9,1,0,0,0,\nother_apps,400",
        ("populations.csv:3: 'other_apps' is already defined in populations.csv:2",),
    ),
    ("populations.csv", "margin_sd", "margin", ("column 'margin' is not known", "'margin_sd'")),
]


@pytest.mark.parametrize(
    ("table", "right", "wrong", "said"), MISTAKES, ids=[f"{m[0]}-{m[2][:24]}" for m in MISTAKES]
)
def test_one_mistake_gets_one_sentence(
    folder: Path, table: str, right: str, wrong: str, said: tuple[str, ...]
) -> None:
    path = folder / table
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(CardhouseError) as caught:
        open_world(str(folder))
    message = str(caught.value)
    assert "\n" not in message
    for words in said:
        assert words in message
    if table != "about.csv":
        assert table in message


def test_a_missing_table_is_named(folder: Path) -> None:
    (folder / "pools.csv").unlink()
    with pytest.raises(CardhouseError, match=r"pools\.csv: this table of the economy is missing"):
        open_world(str(folder))


def test_an_economy_without_populations_is_the_same_economy(folder: Path) -> None:
    with_them = open_world(str(folder))
    (folder / "populations.csv").unlink()
    without = open_world(str(folder))
    assert [one.firm for one in with_them.populations] == ["other_apps"]
    assert without == replace(with_them, populations=())


def test_a_blank_spread_is_the_usual_one(folder: Path) -> None:
    path = folder / "populations.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(f"{header}\nother_apps,30,,,,,\n", encoding="utf-8")
    assert open_world(str(folder)).populations == (Population("other_apps", 30),)


def test_an_optional_table_under_another_name_is_not_passed_over(folder: Path) -> None:
    open_world(str(folder))
    (folder / "populations.csv").rename(folder / "population.csv")
    with pytest.raises(CardhouseError, match=r"population\.csv: .* mean 'populations\.csv'"):
        open_world(str(folder))


def test_a_file_beside_the_tables_is_nobody_s_business(folder: Path) -> None:
    (folder / "population.csv").write_text("kept from last year\n", encoding="utf-8")
    (folder / "my facts.csv").touch()
    assert open_world(str(folder)).populations


def test_a_missing_and_an_extra_column_are_named(folder: Path) -> None:
    path = folder / "debts.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("maturity_quarters", "maturity", 1), encoding="utf-8")
    with pytest.raises(CardhouseError, match=r"debts\.csv:1: column 'maturity' is not known"):
        open_world(str(folder))


def test_a_table_in_another_encoding_is_named_by_its_row(folder: Path) -> None:
    path = folder / "causes.csv"
    path.write_bytes(path.read_bytes() + "Zürich,cause\n".encode("latin-1"))
    with pytest.raises(CardhouseError, match=r"causes\.csv:\d+: byte \d+ is not UTF-8"):
        open_world(str(folder))


@pytest.mark.parametrize("more", [b"a\x00b,c\n", b'"a,b\n', b"a" * 200_000 + b",b\n"])
def test_a_broken_cell_gets_one_sentence(folder: Path, more: bytes) -> None:
    path = folder / "causes.csv"
    path.write_bytes(path.read_bytes() + more)
    with pytest.raises(CardhouseError, match=r"causes\.csv:\d+"):
        open_world(str(folder))


def test_what_a_spreadsheet_adds_is_no_mistake(folder: Path) -> None:
    """A byte order mark, other line ends, a line break in a quoted cell."""
    path = folder / "causes.csv"
    text = path.read_text(encoding="utf-8") + 'Cohere run rate,"Two\nlines"\n'
    before = open_world(str(folder))
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert open_world(str(folder)).contracts == before.contracts


def test_a_long_list_of_names_is_cut(folder: Path) -> None:
    path = folder / "causes.csv"
    path.write_text(path.read_text(encoding="utf-8") + "Cohere run rat,x\n", encoding="utf-8")
    with pytest.raises(CardhouseError, match=r"more\. Did you mean 'Cohere run rate'") as caught:
        open_world(str(folder))
    assert len(str(caught.value)) < 500
