"""What is too much is refused at once, with when to come back; nothing else suffers."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.web.app import create
from cardhouse.web.doors import Bucket
from cardhouse.web.limits import Limits
from cardhouse.web.problems import ProblemError
from cardhouse.web.shapes import PREFIX
from cardhouse.web.work import Lane
from serving import GENEROUS, Client

VIEW = f"{PREFIX}/view?economy=ride-hailing&quarters=2"


def test_a_long_query_is_not_read(client: Client) -> None:
    answer = client.get(f"{VIEW}&scenario={'x' * 9_000}")
    assert answer.status_code == 413
    assert "8,192" in answer.json()["detail"]


def test_a_long_body_is_not_read(client: Client) -> None:
    answer = client.post(f"{PREFIX}/ensembles", content=b"[" * 70_000)
    assert answer.status_code == 413

    def endless():
        for _ in range(100):
            yield b"[" * 1_000

    async def streamed():
        for part in endless():
            yield part

    assert client.post(f"{PREFIX}/ensembles", content=streamed()).status_code == 413


def test_many_levers_and_scenarios_are_refused(client: Client) -> None:
    many = client.get(VIEW + "&scenario=baseline" * 9)
    assert many.json()["detail"] == "'scenario' is given 9 times; 8 are allowed here."
    assert client.get(VIEW + "&set=a=1" * 61).status_code == 422


def test_deep_json_is_refused(client: Client) -> None:
    body = b'{"set":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    headers = {"content-type": "application/json"}
    answer = client.post(f"{PREFIX}/ensembles", content=body, headers=headers)
    assert answer.status_code == 422


def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    with Client(create(Limits(rate=0.01, burst=3))) as client:
        answers = [client.get(f"{PREFIX}/health") for _ in range(5)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
        assert int(answers[-1].headers["retry-after"]) > 1
        assert answers[-1].headers["content-type"] == "application/problem+json"


def test_long_computations_have_a_rate_of_their_own() -> None:
    with Client(create(Limits(slow_rate=0.01, slow_burst=2))) as client:
        states = [
            client.get(f"{PREFIX}/matrix?economy=ride-hailing&which={which}&by={by}").status_code
            for which in ("flows", "balance")
            for by in ("tier", "entity")
        ]
        assert states == [200, 200, 429, 429]
        assert client.get(f"{PREFIX}/health").status_code == 200


def test_no_header_gets_a_long_computation_past_its_rate() -> None:
    with Client(create(Limits(slow_rate=0.01, slow_burst=1))) as client:
        states = [
            client.get(
                f"{PREFIX}/matrix?economy=ride-hailing&which={which}",
                headers={"If-None-Match": '"made-up"'},
            ).status_code
            for which in ("flows", "balance")
        ]
    assert states == [200, 429]


def test_a_long_setting_is_taken_whole() -> None:
    firms = "openai,anthropic,xai,cohere,mistral,cursor,perplexity,jasper,coreweave,oracle,meta"
    more = ",".join(f"nobody{number}" for number in range(20))
    with Client(create(GENEROUS)) as client:
        answer = client.get(f"{PREFIX}/run?quarters=1&set=remove={firms},{more}")
    assert answer.status_code == 422
    assert "nobody" in answer.text


@given(rate=st.floats(0.5, 50.0), burst=st.integers(1, 20), asked=st.integers(1, 60))
def test_a_bucket_lets_no_more_through_than_it_says(rate: float, burst: int, asked: int) -> None:
    bucket = Bucket(rate, burst)
    start = time.monotonic()
    passed = sum(bucket.wait_for("one") == 0 for _ in range(asked))
    spent = time.monotonic() - start
    assert min(asked, burst) <= passed <= burst + rate * spent + 1
    assert bucket.wait_for("another") == 0, "addresses do not share"


def test_the_same_question_is_computed_once_for_all_who_ask() -> None:
    lane, calls, go = Lane("test", 2, 10, 10.0), [], threading.Event()

    def work() -> int:
        calls.append(1)
        go.wait(5)
        return 42

    async def ask() -> list[int]:
        asked = [asyncio.create_task(lane.do("same", work)) for _ in range(5)]
        await asyncio.sleep(0.05)
        go.set()
        return await asyncio.gather(*asked)

    assert asyncio.run(ask()) == [42] * 5
    assert len(calls) == 1
    lane.close()


def test_a_full_lane_refuses_and_a_slow_answer_is_given_up() -> None:
    lane, go = Lane("test", 1, 1, 0.05), threading.Event()

    async def ask() -> list[object]:
        first = [lane.do(str(number), lambda: go.wait(5)) for number in range(3)]
        return await asyncio.gather(*first, return_exceptions=True)

    found = asyncio.run(ask())
    kinds = [one.kind if isinstance(one, ProblemError) else "" for one in found]
    assert kinds == ["slow", "slow", "busy"]
    assert all(isinstance(one, ProblemError) and one.retry_after for one in found)
    go.set()
    lane.close()


def test_an_error_reaches_everybody_who_asked() -> None:
    lane = Lane("test", 1, 5, 5.0)

    def wrong() -> None:
        raise ValueError("no")

    async def ask() -> list[object]:
        both = [lane.do("same", wrong), lane.do("same", wrong)]
        return await asyncio.gather(*both, return_exceptions=True)

    assert [type(one) for one in asyncio.run(ask())] == [ValueError, ValueError]
    lane.close()


def test_many_at_once_get_what_one_would_get(client: Client) -> None:
    addresses = [f"{VIEW}&set=demand_level={0.5 + at / 100:.2f}" for at in range(12)] * 2
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(client.get, addresses))
    assert {one.status_code for one in answers} == {200}
    with Client() as alone:
        for address, answer in zip(addresses[:12], answers[:12], strict=True):
            assert alone.get(address).content == answer.content


def test_a_busy_server_says_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    limits = Limits(threads=1, waiting=0, quick_seconds=5)
    with Client(create(limits)) as client, ThreadPoolExecutor(2) as pool:
        client.get(VIEW)
        from cardhouse.web import answers

        real = answers.live_view
        monkeypatch.setattr(
            "cardhouse.web.answers.live_view", lambda *given: go.wait(5) and real(*given)
        )
        first = pool.submit(client.get, f"{VIEW}&set=demand_level=0.9")
        time.sleep(0.2)
        second = client.get(f"{VIEW}&set=demand_level=0.8")
        assert second.status_code == 503
        assert second.headers["retry-after"] == "1"
        assert client.get(VIEW).status_code == 200, "what is known is still told"
        go.set()
        assert first.result().status_code == 200
