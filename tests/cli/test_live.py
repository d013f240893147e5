"""``facts pull``, ``diff FILE``, ``accept`` and ``gauge --pull``: nothing leaves this machine."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

import live_server as said
from cardhouse.cli import live
from cardhouse.cli.app import app
from cardhouse.facts import load_facts, read_facts
from cardhouse.facts.live.fetch import Manners
from cardhouse.studies.schemas import published_schemas

NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
NAME = "facts-proposed-2026-11-30.csv"


@pytest.fixture
def speaker() -> said.Speaker:
    months = [(2026.09, 7400.0, "", 40.5), (2026.1, 7500.0, "", 41.0)]
    rows = [("2026-04-01", "100"), ("2026-07-01", "101")]
    pages = {
        "/": b'<html><a href="/downloads/ie_data.xls">data</a></html>',
        "/downloads/ie_data.xls": said.workbook(months),
        "/data/constituents-financials.csv": said.constituents(),
        "/api/xbrl/companyfacts/CIK0001045810.json": said.companyfacts(1045810, said.cash_flows()),
        "/graph/fredgraph.csv?NASDAQCOM": said.fred_csv("NASDAQCOM", rows),
        "/graph/fredgraph.csv?NCBEILQ027S": said.fred_csv("NCBEILQ027S", [(rows[0][0], "2000000")]),
        "/graph/fredgraph.csv?TNWMVBSNNCB": said.fred_csv("TNWMVBSNNCB", [(rows[0][0], "1000")]),
        "/graph/fredgraph.csv?EXUSEU": said.fred_csv("EXUSEU", [(rows[0][0], "1.1")]),
        "/graph/fredgraph.csv?EXUSUK": said.fred_csv("EXUSUK", [(rows[0][0], "1.3")]),
    }
    return said.Speaker(pages)


@pytest.fixture(autouse=True)
def here(speaker: said.Speaker, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve every service from here, in an empty folder, without waiting."""
    manners_of = live.manners_of

    def quick(*words: Any, **more: Any) -> Manners:
        made = manners_of(*words, **more)
        return dataclasses.replace(made, now=lambda: NOW, sleep=lambda _: None)

    monkeypatch.setattr(live, "manners_of", quick)
    with said.serving(speaker) as base:
        for variable in said.VARIABLES:
            monkeypatch.setenv(variable, base)
        for variable in ("FRED_API_KEY", "CARDHOUSE_CONTACT", "HTTP_PROXY", "http_proxy"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("CARDHOUSE_CACHE", str(in_folder / "cache"))
        yield in_folder


def call(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, list(words))


def printed(*words: str) -> dict[str, Any]:
    done = call(*words, "--json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(found, published_schemas()[found["schema"].split("/")[1]])
    return found


def test_services_are_listed_with_what_they_need() -> None:
    words = call("facts", "pull").stdout
    assert max(map(len, words.splitlines())) <= 80
    assert "CARDHOUSE_CONTACT" in words


def test_proposals_go_to_a_table_of_the_day_that_can_be_used(here: Path) -> None:
    found = printed("facts", "pull", "shiller")
    assert found["file"] == NAME
    facts = read_facts(here / NAME)
    assert len(facts) == 4
    assert {one.source for one in facts} == {"Shiller, ie_data.xls"}
    assert found["counts"]["new"] == 4
    (service,) = found["services"]
    assert [one["new"] for one in service["answers"]] == [True, True]
    assert load_facts([here / NAME]).find("sp500", "cape")[-1].number == 41.0


def test_words_say_where_and_what_next() -> None:
    done = call("facts", "pull", "shiller", "constituents")
    assert done.exit_code == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    words = " ".join(done.stdout.split())
    assert f"Proposed in {NAME}; nothing is accepted." in words
    assert f"cardhouse facts accept {NAME}" in words


def test_the_same_answers_make_no_second_table_and_others_do_not_overwrite(
    here: Path, speaker: said.Speaker
) -> None:
    printed("facts", "pull", "shiller")
    first = (here / NAME).read_bytes()
    assert printed("facts", "pull", "shiller")["file"] == NAME
    speaker.pages["/downloads/ie_data.xls"] = said.workbook([(2026.09, 7000.0, "", 38.0)])
    other = printed("facts", "pull", "shiller", "--refresh")["file"]
    assert other == "facts-proposed-2026-11-30-2.csv"
    assert (here / NAME).read_bytes() == first


def test_a_failure_is_a_sentence_and_leaves_no_table(here: Path, speaker: said.Speaker) -> None:
    speaker.only, speaker.always = "ie_data", said.Reply(b"", 503)
    done = call("facts", "pull", "constituents", "shiller")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "Tried 5 times" in done.stderr
    assert list(here.glob("*.csv")) == []
    speaker.always = None
    asked = len(speaker.asked)
    assert call("facts", "pull", "constituents", "shiller").exit_code == 0
    assert [path for path, _ in speaker.asked[asked:]] == ["/downloads/ie_data.xls"]


def test_diff_sets_a_table_beside_what_is_known(here: Path) -> None:
    printed("facts", "pull", "constituents")
    found = printed("facts", "diff", NAME)
    assert found["counts"]["new"] == len(found["statements"])
    own = here / "mine.csv"
    own.write_text((here / NAME).read_text().replace(",40.0,,,derived", ",44.0,,,derived"))
    moved = printed("facts", "diff", NAME, "--facts", str(own))
    assert moved["counts"]["changes"] == 1
    assert moved["statements"][0]["distance"] == pytest.approx(40 / 44 - 1)
    words = call("facts", "diff", NAME, "--facts", str(own)).stdout
    assert "1 says otherwise than its source did before" in " ".join(words.split())
    assert max(map(len, words.splitlines())) <= 80


def test_accept_takes_in_and_asks_before_it_changes_anything(
    here: Path, speaker: said.Speaker
) -> None:
    printed("facts", "pull", "shiller")
    took = printed("facts", "accept", NAME)
    assert (len(took["added"]), took["into"]) == (4, "my-facts.csv")
    assert "Nothing new" in call("facts", "accept", NAME).stdout
    speaker.pages["/downloads/ie_data.xls"] = said.workbook([(2026.09, 7400.0, "", 39.0)])
    other = printed("facts", "pull", "shiller", "--refresh")["file"]
    before = (here / "my-facts.csv").read_bytes()
    refused = call("facts", "accept", other)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "40.5 becomes 39.0" in refused.stderr
    assert (here / "my-facts.csv").read_bytes() == before
    words = call("facts", "accept", other, "--replace").stdout
    assert "0 rows added, 1 replaced, 1 left out" in " ".join(words.split())
    assert read_facts(here / "my-facts.csv").find("sp500", "cape")[0].number == 39.0


def test_the_panel_shows_proposals_on_top_and_says_so(here: Path) -> None:
    words = call("gauge", "--pull").stdout
    assert max(map(len, words.splitlines())) <= 80
    cape = next(line for line in words.splitlines() if line.startswith("  CAPE"))
    assert cape.split()[1:3] == ["41.0", "2026-10+"]
    assert f"+ proposed in {NAME}, not accepted." in " ".join(words.split())
    found = printed("gauge", "cape", "--pull")
    assert found["proposals"]["file"] == NAME
    assert found["gauges"][0]["latest"]["fact"] in found["proposals"]["facts"]
    assert (here / NAME).is_file()
    assert "41.0" not in call("gauge", "cape").stdout


def test_the_panel_comes_though_a_service_fails_and_tells_which(speaker: said.Speaker) -> None:
    speaker.only, speaker.always = "ie_data", said.Reply(b"", 503)
    words = " ".join(call("gauge", "--pull").stdout.split())
    assert "Not fetched: shiller." in words
    assert "Tried 5 times" in words
    found = printed("gauge", "price_to_sales_constituents", "--pull")
    assert [one["service"] for one in found["proposals"]["failed"]] == ["shiller"]
    assert found["gauges"][0]["latest"]["fact"] in found["proposals"]["facts"]
    speaker.only = ""
    done = call("gauge", "--pull", "--as-of", "2025-01-01")
    assert done.exit_code == 0  # what was fetched before is kept


@pytest.mark.usefixtures("asked")
def test_the_mirror_and_the_pages_say_so_too(here: Path) -> None:
    words = " ".join(call("gauge", "--mirror", "--pull").stdout.split())
    assert f"+ proposed in {NAME}, not accepted." in words
    for kind in ((), ("--mirror",)):
        done = call("gauge", *kind, "--pull", "--html", "page.html", "--quiet")
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
        page = (here / "page.html").read_text(encoding="utf-8")
        assert f"Readings proposed in {NAME} lie on top" in page


def test_a_firm_s_figures_come_with_the_user_s_name(speaker: said.Speaker) -> None:
    found = printed(
        "facts", "pull", "sec", "--entity", "nvidia", "--since", "2025-01-01", "--contact",
        "Ada Example ada@example.org",
    )  # fmt: skip
    assert found["counts"]["new"] + found["counts"]["differs"] + found["counts"]["agrees"] > 10
    assert speaker.asked[0][1]["user-agent"].endswith("(Ada Example ada@example.org)")


def test_missing_packages_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardhouse.studies.live.PACKAGES", ("httpx", "no_such_package"))
    done = call("facts", "pull", "shiller")
    assert done.exit_code == 2
    assert "pip install 'cardhouse[live]'" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("facts", "pull", "shillr"), "Did you mean 'shiller'"),
        (("facts", "pull", "sec"), "CARDHOUSE_CONTACT"),
        (("facts", "pull", "sec", "--contact", "Ada"), "e-mail address"),
        (("facts", "pull", "sec", "--entity", "nvdia"), "Did you mean 'nvidia'"),
        (("facts", "pull", "frames", "--contact", "a@b.org"), "--quarter"),
        (("facts", "pull", "shiller", "--since", "soon"), "not a date"),
        (("facts", "pull", "shiller", "--offline"), "without --offline"),
        (("facts", "pull", "shiller", "--offline", "--refresh"), "Leave one"),
        (("facts", "pull", "--json"), "Name one"),
        (("facts", "diff", "nowhere.csv"), "no such file"),
        (("facts", "diff", "nowhere.csv", "--from", "2025-01-01"), "--from"),
        (("facts", "accept", "nowhere.csv"), "no such file"),
        (("facts", "accept", "a.csv", "--new", "--replace"), "Choose one"),
        (("gauge", "--series", "nasdaq", "--pull"), "--pull fetches"),
    ],
)
def test_wrong_input_ends_in_a_sentence(words: tuple[str, ...], told: str) -> None:
    done = call(*words)
    assert (done.exit_code, done.stdout) == (2, ""), done.stdout
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_named_table_is_never_overwritten(here: Path) -> None:
    (here / "there.csv").write_text("mine")
    done = call("facts", "pull", "shiller", "--out", "there.csv")
    assert done.exit_code == 2
    assert "is there already" in done.stderr
    assert (here / "there.csv").read_text() == "mine"
    assert call("facts", "pull", "shiller", "--out", "new.csv").exit_code == 0
    assert len(read_facts(here / "new.csv")) == 4
