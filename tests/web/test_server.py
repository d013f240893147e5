"""The real server on loopback: several processes, hostile connections, a calm end."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from typer.testing import CliRunner

import cardhouse as ch
from cardhouse.cli.app import app
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.kernel.simulate import simulate_compiled

VIEW = "/api/v1/view?economy=ride-hailing&quarters=3"


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


@functools.cache
def compiled() -> None:
    """Compile the engine, if nobody has: a service answers within 30 seconds, or asks to wait."""
    chain = compile_chain(ch.open("ride-hailing"))
    simulate_compiled(chain, neutral(chain, 1))


@contextlib.contextmanager
def serving(*words: str) -> Iterator[tuple[str, subprocess.Popen]]:
    compiled()
    port = free_port()
    command = [sys.executable, "-m", "cardhouse", "serve", "--port", str(port), *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{address}/api/v1/health").status_code == 200:
                    break
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.1)
        yield address, process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(20)
        process.stderr.close()


def test_two_workers_give_the_same_bytes_and_stop_calmly() -> None:
    with serving("--cold", "--workers", "2") as (address, process):
        answers = []
        for number in range(12):  # each connection goes to whichever process takes it
            lever = f"{VIEW}&set=demand_level=0.{5 + number % 3}"
            answers.append((number % 3, httpx.get(address + lever, timeout=60)))
        for group in range(3):
            alike = [one for number, one in answers if number == group]
            assert len({one.content for one in alike}) == 1
            assert len({one.headers["etag"] for one in alike}) == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_request_that_runs_is_answered_before_the_end() -> None:
    slow = "/api/v1/run?economy=ride-hailing&quarters=60&scenario=capital-freeze"
    with serving("--cold") as (address, process), httpx.Client(timeout=60) as client:
        client.get(address + VIEW)  # the connection is open, and the economy
        with ThreadPoolExecutor(1) as apart:
            asked = apart.submit(client.get, address + slow)
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            assert asked.result(60).status_code == 200
        assert process.wait(40) == 0
        told = [json.loads(one) for one in process.stderr.read().splitlines() if one[:1] == "{"]
        assert any(one.get("path", "").endswith("/run") and one["status"] == 200 for one in told)


def test_a_follower_does_not_hold_up_the_end() -> None:
    question = {"economy": "ride-hailing", "quarters": 2, "draws": 2000, "paths": 10_000}
    with serving("--cold") as (address, process):
        asked = httpx.post(f"{address}/api/v1/ensembles", json=question, timeout=60).json()
        with httpx.stream("GET", address + asked["links"]["events"], timeout=60) as events:
            lines = events.iter_lines()
            assert next(lines) == "event: progress"
            start = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert "event: done" not in list(lines)
        assert process.wait(40) == 0
        assert time.monotonic() - start < 30


def test_a_server_that_still_warms_up_ends_at_once() -> None:
    with serving() as (_, process):
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0
        assert time.monotonic() - start < 20


def test_what_is_no_http_ends_its_connection_alone() -> None:
    with serving("--cold") as (address, _):
        port = int(address.rpartition(":")[2])
        for hostile in (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
            b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Long: " + b"a" * 40_000 + b"\r\n\r\n",
            b"GET /api/v1/view?" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST /api/v1/ensembles HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(hostile)
                answer = connection.recv(200)
                assert not answer or answer.startswith(b"HTTP/1.1 4"), answer
        half = socket.create_connection(("127.0.0.1", port), timeout=10)
        half.sendall(b"GET /api/v1/health HTTP/1.1\r\nHo")
        assert httpx.get(f"{address}/api/v1/health").status_code == 200
        half.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--port", "70000"], "--port is 70000"),
        (["--workers", "0"], "--workers is 0"),
        (["--host", "256.1.1.1"], "nobody can listen at 256.1.1.1"),
    ],
)
def test_bad_options_are_one_sentence(words: list[str], told: str) -> None:
    ended = CliRunner().invoke(app, ["serve", *words])
    assert ended.exit_code == 2
    assert told in ended.stderr
    assert ended.stdout == ""


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = CliRunner().invoke(app, ["serve", "--port", port])
    assert ended.exit_code == 2
    assert f"port {port}" in ended.stderr


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardhouse.cli.extras.WEB", ("fastapi", "a_package_nobody_has"))
    ended = CliRunner().invoke(app, ["serve"])
    assert ended.exit_code == 2
    assert "pip install 'cardhouse[web]'" in ended.stderr
