"""One file holds the page and its answers: it opens from disk and asks nobody for anything."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cardhouse.cli.app import app
from cardhouse.errors import InputError
from cardhouse.studies.scenario_files import list_scenarios
from cardhouse.web.export import MOST_BYTES, Exported, Wanted, export_html
from serving import Client

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WANTED = Wanted("ride-hailing", quarters=3, scenarios=("price-war",))
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8" /><title>fake</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml" />
<script type="module" crossorigin src="/assets/app-1.js"></script>
<link rel="stylesheet" crossorigin href="/assets/app-1.css">
</head><body><div id="app">empty</div></body></html>
"""
SCRIPT = """
const told = {};
for (const [name, url] of Object.entries({
  view: "/api/v1/view?scenario=price-war&kept=12&economy=ride-hailing&quarters=3",
  bare: "/api/v1/view?kept=12",
  moved: "/api/v1/view?kept=12&set=demand_level%3D0.5",
})) {
  const answer = await fetch(url);
  const type = answer.headers.get("Content-Type");
  told[name] = { status: answer.status, type, body: await answer.json() };
}
history.replaceState(null, "", "?moved=1");
document.querySelector("#app").textContent = JSON.stringify(told); // "</script" is no end
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text(PAGE)
    (folder / "assets" / "app-1.js").write_text(SCRIPT)
    (folder / "assets" / "app-1.css").write_text("body { color: rgb(1, 2, 3); }")
    return folder


@pytest.fixture(scope="module")
def made(built: Path) -> Exported:
    return export_html(WANTED, static=built)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield running
        running.close()


def test_it_opens_from_disk_with_the_answers_of_the_api(
    made: Exported, chromium: Any, client: Client, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(made.text)
    page = chromium.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.on("console", lambda one: wrong.append(one.text))
    page.on("pageerror", lambda one: wrong.append(str(one)))
    page.goto(file.as_uri())
    page.locator("#app", has_text='"view"').wait_for()  # its policy forbids to evaluate a text
    told = json.loads(page.inner_text("#app"))
    assert asked == [file.as_uri()], "nothing else is asked for"
    assert wrong == []
    question = {"economy": "ride-hailing", "quarters": 3, "kept": 12}
    moved = client.get("/api/v1/view", params={**question, "scenario": "price-war"}).json()
    assert told["view"]["body"] == moved
    assert told["bare"]["body"] == client.get("/api/v1/view", params=question).json()
    assert told["moved"]["status"] == 404
    assert told["moved"]["type"] == "application/problem+json"
    assert "cardhouse serve" in told["moved"]["body"]["detail"]
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(1, 2, 3)"
    page.close()


def test_it_is_small_and_the_same_each_time(made: Exported, built: Path) -> None:
    assert len(made.text.encode()) < MOST_BYTES
    assert made.scenarios == ("price-war",)
    assert export_html(WANTED, static=built).text == made.text
    assert "http://" not in made.text.replace("http://file.invalid", "").replace(
        "http://www.w3.org", ""
    )


def test_of_all_scenarios_those_are_held_that_apply(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [one for one in list_scenarios() if one.id in ("capital-freeze", "openai-fails")]
    monkeypatch.setattr("cardhouse.web.word_routes.list_scenarios", lambda: some)
    told = export_html(Wanted("ride-hailing", quarters=2), static=built).scenarios
    assert told == ("capital-freeze",)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted("ride-hailin"), "Did you mean 'ride-hailing'?"),
        (Wanted("ride-hailing", scenarios=("price-wars",)), "Did you mean 'price-war'?"),
        (Wanted("ride-hailing", scenarios=("openai-fails",)), "openai"),
        (Wanted("ride-hailing", quarters=0), "1 to 400"),
    ],
)
def test_what_cannot_be_exported_is_said(built: Path, wanted: Wanted, words: str) -> None:
    with pytest.raises(InputError, match=r".") as refused:
        export_html(wanted, static=built)
    assert words in str(refused.value)


def test_a_page_that_is_not_built_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="make web"):
        export_html(WANTED, static=tmp_path)


def test_the_command_writes_the_file(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cardhouse.web.export.STATIC", built)
    out = tmp_path / "out.html"
    words = ["export", "ride-hailing", "--quarters", "2", "--scenario", "baseline", "--html"]
    ended = CliRunner().invoke(app, [*words, str(out)])
    assert ended.exit_code == 0, ended.stderr
    assert "1 scenario." in ended.stderr
    assert out.stat().st_size > 10_000
    nowhere = CliRunner().invoke(app, [*words, str(tmp_path / "no" / "out.html")])
    assert nowhere.exit_code == 2
