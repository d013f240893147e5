"""Background computations: asked once, followed, cancelled, kept; told from any process."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cardhouse.cli.app import app
from cardhouse.errors import InputError
from cardhouse.studies.draw_numbers import asked_for
from cardhouse.studies.run import run_study
from cardhouse.web.app import create
from cardhouse.web.jobs import ENDED, Jobs
from cardhouse.web.problems import ProblemError
from cardhouse.web.shapes import PREFIX
from serving import GENEROUS, Client

SMALL = {"economy": "ride-hailing", "quarters": 2, "draws": 20, "paths": 8, "seed": 3}


def until(jobs: Jobs, name: str, *states: str) -> dict:
    for _ in range(400):
        told = jobs.state(name)
        if told and told["state"] in states:
            return told
        time.sleep(0.02)
    raise AssertionError(f"{name} is {told}")


@pytest.fixture
def jobs(tmp_path: Path):
    made = Jobs(tmp_path / "jobs", "build", queue=3)
    yield made
    made.close()


def test_a_job_is_computed_once(jobs: Jobs) -> None:
    calls = []

    def work(tell: Callable[[float], None]) -> dict:
        calls.append(1)
        tell(0.5)
        return {"answer": 42}

    name = jobs.ask("question", work)
    assert until(jobs, name, "done")["progress"] == 1.0
    assert jobs.ask("question", work) == name
    assert jobs.result(name) == {"answer": 42}
    assert jobs.ask("another", work) != name
    until(jobs, jobs.ask("another", work), "done")
    assert len(calls) == 2


def test_another_process_tells_of_it(jobs: Jobs) -> None:
    go = threading.Event()

    def work(tell: Callable[[float], None]) -> dict:
        tell(0.25)
        go.wait(10)
        return {}

    name = jobs.ask("question", work)
    until(jobs, name, "running")
    other = Jobs(jobs.folder, "build", queue=3)
    assert other.state(name)["state"] == "running"
    assert other.ask("question", work) == name, "it is not begun a second time"
    go.set()
    until(other, name, "done")
    other.close()


def test_a_job_can_be_cancelled_from_any_process(jobs: Jobs) -> None:
    def work(tell: Callable[[float], None]) -> dict:
        for _ in range(500):
            tell(0.1)
            time.sleep(0.01)
        return {}

    name = jobs.ask("question", work)
    until(jobs, name, "running")
    other = Jobs(jobs.folder, "build", queue=3)
    other.cancel(name)
    assert until(jobs, name, *ENDED)["state"] == "cancelled"
    assert jobs.result(name) is None
    other.close()


def test_a_wrong_question_fails_with_its_sentence(jobs: Jobs) -> None:
    def wrong(_: object) -> dict:
        raise InputError("what is wrong. What to do.")

    def broken(_: object) -> dict:
        raise ZeroDivisionError

    told = until(jobs, jobs.ask("wrong", wrong), "failed")
    assert told["detail"] == "what is wrong. What to do."
    assert "ZeroDivisionError" in until(jobs, jobs.ask("broken", broken), "failed")["detail"]


def test_a_job_whose_process_ended_is_told_so_and_can_be_asked_again(jobs: Jobs) -> None:
    name = jobs.ask("question", lambda _: {"answer": 1})
    until(jobs, name, "done")
    state = jobs.folder / name / "state.json"
    state.write_text(json.dumps({"id": name, "state": "running", "progress": 0.4, "detail": ""}))
    told = until(jobs, name, "failed")  # whoever did the job may be about to let go of it
    assert "Ask for it again" in told["detail"]
    assert jobs.ask("question", lambda _: {"answer": 2}) == name
    until(jobs, name, "done")
    assert jobs.result(name) == {"answer": 2}


def test_a_job_that_ends_while_it_is_asked_about_has_not_failed(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = jobs.ask("question", lambda _: {"answer": 1})
    until(jobs, name, "done")
    path = jobs.folder / name / "state.json"
    ended = path.read_text()
    path.write_text(json.dumps({**json.loads(ended), "state": "running"}))

    def ends(_: str) -> bool:
        path.write_text(ended)
        return False

    monkeypatch.setattr(jobs, "_is_on", ends)
    assert jobs.state(name)["state"] == "done"


def test_so_many_may_wait(jobs: Jobs) -> None:
    go = threading.Event()

    def work(_: object) -> dict:
        go.wait(10)
        return {}

    until(jobs, jobs.ask("first", work), "running")
    for number in range(3):
        jobs.ask(f"question {number}", work)
    with pytest.raises(ProblemError) as refused:
        jobs.ask("one more", work)
    assert refused.value.retry_after == 10
    go.set()


def test_paths_and_draws_are_those_of_the_command_line() -> None:
    with Client(create(GENEROUS)) as client:
        asked = client.post(f"{PREFIX}/ensembles", json=SMALL)
        assert asked.status_code == 202, asked.text
        here = asked.headers["location"]
        events = client.get(f"{here}/events").text
        assert events.rstrip().splitlines()[-2] == "event: done", events
        shares = [json.loads(line[6:])["progress"] for line in events.splitlines() if "{" in line]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
        told = client.get(here).json()["result"]
        run = run_study(economy="ride-hailing", quarters=2, drawing=asked_for(20, 3)).document
        assert told["uncertainty"] == run["uncertainty"]
        words = ["ensemble", "ride-hailing", "-n", "8", "--seed", "3", "--quarters", "2", "--json"]
        said = json.loads(CliRunner().invoke(app, words).stdout)
        assert {name: told[name] for name in said if name != "seconds"} == {
            name: one for name, one in said.items() if name != "seconds"
        }
        again = client.post(f"{PREFIX}/ensembles", json=SMALL).json()
        assert again["state"] == "done"
        assert client.request("DELETE", here).json()["state"] == "done"


def test_draws_alone_tell_of_the_accounts() -> None:
    body = {"economy": "ride-hailing", "quarters": 2, "draws": 20}
    with Client(create(GENEROUS)) as client:
        here = client.post(f"{PREFIX}/ensembles", json=body).headers["location"]
        client.get(f"{here}/events")
        told = client.get(here).json()
        assert told["state"] == "done", told
        assert set(told["result"]) == {"schema", "manifest", "uncertainty", "claims"}
        assert told["result"]["manifest"]["draws"] == 20


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"draws": 5}, "20 to 10,000"),
        ({}, "neither paths nor draws"),
        ({"draws": 2_001}, "at most 2,000"),
        ({"paths": 10_001}, "at most 10,000"),
        ({"paths": 1}, "-n is 1"),
        ({"draws": 20, "seed": -1}, "seed is -1"),
        ({"draw": 100}, "draw"),
        ({"paths": 10, "exceed": ["openai.cash"]}, "openai.cash"),
        ({"paths": 10, "scenario": ["capital-freez"]}, "Did you mean 'capital-freeze'?"),
        ({"paths": 10, "set": ["venture_supply=99"]}, "out of its range"),
        ({"paths": 10, "quarters": 1000}, "at most 80"),
        ([], "the body"),
    ],
)
def test_a_bad_ensemble_is_refused_in_one_sentence(
    client: Client, body: object, words: str
) -> None:
    answer = client.post(f"{PREFIX}/ensembles", json=body)
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["detail"]


def test_there_is_no_ensemble_that_nobody_asked_for(client: Client) -> None:
    for address in ("/ensembles/0123", "/ensembles/0123/events", "/ensembles/..%2Fx"):
        assert client.get(PREFIX + address).status_code == 404
    assert client.request("DELETE", f"{PREFIX}/ensembles/0123").status_code == 404


def test_a_job_that_waits_is_known_to_other_processes(jobs: Jobs) -> None:
    go = threading.Event()

    def long(_: Callable[[float], None]) -> dict:
        go.wait(10)
        return {}

    until(jobs, jobs.ask("first", long), "running")
    calls: list[int] = []
    waiting = jobs.ask("second", lambda _: {"calls": calls.append(1)})
    other = Jobs(jobs.folder, "build", queue=3)
    assert other.state(waiting)["state"] == "waiting"
    assert other.ask("second", lambda _: {"calls": calls.append(2)}) == waiting
    unwanted = jobs.ask("third", lambda _: {"calls": calls.append(3)})
    other.cancel(unwanted)
    go.set()
    until(other, waiting, "done")
    until(other, unwanted, "cancelled")
    other.close()
    assert calls == [1]


def test_a_result_that_is_not_finite_is_a_bug_that_is_told(jobs: Jobs) -> None:
    name = jobs.ask("question", lambda _: {"rate": float("nan")})
    assert "bug" in until(jobs, name, "failed")["detail"]
