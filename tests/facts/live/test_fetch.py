"""The fetcher: polite, patient, never fooled by a broken answer, and kept to its own hosts."""

from __future__ import annotations

import datetime as dt
import errno
import gzip
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import live_server as said
from cardhouse.errors import LiveError, NotThereError
from cardhouse.facts.live import answers
from cardhouse.facts.live.answers import check_kind, plain, retry_after
from cardhouse.facts.live.fetch import TRIES, Fetcher, Manners
from cardhouse.facts.live.hosts import Host, checked_contact, load_hosts
from cardhouse.facts.live.stored import Store

PATH = "/api/thing.json"
BODY = json.dumps({"figures": list(range(20_000))}).encode()
LATER = dt.datetime(2026, 12, 3, tzinfo=dt.UTC)
Make = Callable[..., Manners]


@pytest.fixture
def host(speaker: said.Speaker, address: str) -> Host:  # noqa: ARG001
    """Return the host of the SEC's data, in whose place the server stands, with one document."""
    speaker.pages[PATH] = BODY
    return load_hosts()["sec_data"]


def ask(fetcher: Fetcher, host: Host) -> bytes:
    return fetcher.get(host, PATH, answers.JSON, bytes).told


def test_says_who_asks_and_asks_for_gzip(
    fetcher: Fetcher, host: Host, speaker: said.Speaker
) -> None:
    assert ask(fetcher, host) == BODY
    ((path, headers),) = speaker.asked
    assert path == PATH
    assert headers["user-agent"] == "cardhouse/1.2 (Ada Example ada@example.org)"
    assert headers["accept-encoding"] == "gzip"


def test_what_is_fresh_is_not_asked_again_and_what_is_old_only_whether_it_changed(
    fetcher: Fetcher, host: Host, speaker: said.Speaker, polite: Make, tmp_path: Path
) -> None:
    first = fetcher.get(host, PATH, answers.JSON, bytes)
    assert first.new
    assert first.sha256 == hashlib.sha256(BODY).hexdigest()
    again = fetcher.get(host, PATH, answers.JSON, bytes)
    assert (again.told, again.new, len(speaker.asked)) == (BODY, False, 1)
    with Fetcher(polite(now=lambda: LATER), tmp_path / "cache" / "live") as later:
        found = later.get(host, PATH, answers.JSON, bytes)
        assert "if-none-match" in speaker.asked[-1][1]
        assert (found.told, found.new) == (BODY, False)
        assert found.fetched == first.fetched == dt.date(2026, 11, 30)  # its bytes came then
        assert ask(later, host) == BODY
    assert len(speaker.asked) == 2


def test_refresh_asks_and_offline_does_not(
    host: Host, speaker: said.Speaker, polite: Make, tmp_path: Path
) -> None:
    folder = tmp_path / "cache" / "live"
    with Fetcher(polite(offline=True), folder) as nobody, pytest.raises(LiveError, match="offline"):
        ask(nobody, host)
    assert speaker.asked == []
    with Fetcher(polite(), folder) as fetcher:
        ask(fetcher, host)
    with Fetcher(polite(refresh=True), folder) as eager:
        ask(eager, host)
    assert len(speaker.asked) == 2
    with Fetcher(polite(offline=True, now=lambda: LATER), folder) as nobody:
        assert ask(nobody, host) == BODY
    assert len(speaker.asked) == 2


def test_requests_are_spaced(host: Host, speaker: said.Speaker, polite: Make) -> None:
    time = [0.0]

    def sleep(seconds: float) -> None:
        time[0] += seconds

    times = []
    with Fetcher(polite(clock=lambda: time[0], sleep=sleep, refresh=True), None) as fetcher:
        for _ in range(4):
            ask(fetcher, host)
            times.append(time[0])
    assert times == pytest.approx([0.0, 0.2, 0.4, 0.6])
    assert len(speaker.asked) == 4


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_failure_passes(
    status: int, fetcher: Fetcher, host: Host, speaker: said.Speaker, waits: list[float]
) -> None:
    speaker.failures = [said.Reply(b"", status, {"Retry-After": "7"}), said.Reply(b"", status)]
    assert ask(fetcher, host) == BODY
    assert waits[0] == 7.0
    assert len(speaker.asked) == 3


def test_waits_grow_and_end_in_a_sentence(
    fetcher: Fetcher, host: Host, speaker: said.Speaker, waits: list[float]
) -> None:
    speaker.always = said.Reply(b"", 503)
    with pytest.raises(LiveError, match=r"Tried 5 times\. Try again later"):
        ask(fetcher, host)
    assert len(speaker.asked) == TRIES
    growing = [wait for wait in waits if wait >= 0.9]
    assert len(growing) == TRIES - 1
    assert all(2**at <= wait <= 1.25 * 2**at for at, wait in enumerate(growing))


def test_a_service_that_wants_long_is_left_alone(
    fetcher: Fetcher, host: Host, speaker: said.Speaker
) -> None:
    speaker.always = said.Reply(b"", 429, {"Retry-After": "3600"})
    with pytest.raises(LiveError, match="asks to wait 3600 seconds"):
        ask(fetcher, host)
    assert len(speaker.asked) == 1


@pytest.mark.parametrize("encoded", [False, True])
def test_a_broken_answer_is_gone_on_with(
    encoded: bool, fetcher: Fetcher, host: Host, speaker: said.Speaker
) -> None:
    headers = {"ETag": '"v1"'}
    body = BODY
    if encoded:
        headers, body = {**headers, "Content-Encoding": "gzip"}, gzip.compress(BODY)
    rest = {**headers, "Content-Range": f"bytes 5000-{len(body) - 1}/{len(body)}"}
    speaker.failures = [
        said.Reply(body, 200, headers, cut=5000), said.Reply(body[5000:], 206, rest)
    ]  # fmt: skip
    assert ask(fetcher, host) == BODY
    told = speaker.asked[-1][1]
    assert (told["range"], told["if-range"]) == ("bytes=5000-", '"v1"')


def test_the_rest_is_asked_for_after_the_program_was_stopped(
    host: Host, speaker: said.Speaker, polite: Make, tmp_path: Path
) -> None:
    folder = tmp_path / "cache" / "live"
    speaker.always = said.Reply(BODY, 200, {"ETag": '"v1"'}, cut=7000)
    with Fetcher(polite(), folder) as first, pytest.raises(LiveError, match="broke off"):
        ask(first, host)
    speaker.always = None
    rest = {"ETag": '"v1"', "Content-Range": f"bytes 7000-{len(BODY) - 1}/{len(BODY)}"}
    speaker.failures = [said.Reply(BODY[7000:], 206, rest)]
    with Fetcher(polite(), folder) as second:
        assert ask(second, host) == BODY
    assert speaker.asked[-1][1]["range"] == "bytes=7000-"
    assert list(folder.glob("*.part*")) == []


def test_a_part_of_another_version_is_not_mixed_in(
    fetcher: Fetcher, host: Host, speaker: said.Speaker
) -> None:
    other = BODY[::-1][: len(BODY) - 1] + b"{"
    speaker.failures = [said.Reply(other[::-1], 200, {"ETag": '"old"'}, cut=5000)]
    assert ask(fetcher, host) == BODY
    speaker.failures = []


@pytest.mark.parametrize(
    "reply",
    [
        said.Reply(BODY[9:], 206, {"Content-Range": "bytes 9-20/30", "ETag": '"v1"'}),
        said.Reply(b"", 416),
    ],
)
def test_another_part_than_asked_for_is_thrown_away(
    reply: said.Reply, fetcher: Fetcher, host: Host, speaker: said.Speaker
) -> None:
    speaker.failures = [said.Reply(BODY, 200, {"ETag": '"v1"'}, cut=5000), reply]
    assert ask(fetcher, host) == BODY


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (said.Reply(BODY, cut=100), "broke off"),
        (said.Reply(BODY, delay=0.5), "no answer in time"),
        (said.Reply(b"<html><title>Sorry | We are away</title>"), r"web page \('Sorry \| We are"),
        (said.Reply(b""), "nothing where JSON"),
        (said.Reply(b"figures,are\n1,2\n"), "where JSON is expected"),
        (said.Reply(b"", 404), "has nothing under"),
        (said.Reply(b"<title>Undeclared Automated Tool</title>", 403), "Undeclared Automated Tool"),
        (
            said.Reply(b"<title>Request Rate Threshold Exceeded</title>", 403),
            "Wait ten minutes",
        ),
        (said.Reply(b'{"error_message": "Bad Request. No such series"}', 400), "No such series"),
        (said.Reply(b"x", headers={"Content-Length": str(10**12)}, cut=1), "more than 64 MiB"),
        (said.Reply(b"x", headers={"Content-Encoding": "br"}), "encoding 'br'"),
        (said.Reply(b"no gzip", headers={"Content-Encoding": "gzip"}), "no gzip"),
        (said.Reply(b"", 302, {"Location": "https://elsewhere.example/"}), "elsewhere.example"),
        (said.Reply(b"", 302, {"Location": PATH}), "round in circles"),
    ],
)
def test_a_fault_ends_in_one_sentence_and_leaves_what_was_kept(
    reply: said.Reply, words: str, host: Host, speaker: said.Speaker, polite: Make, tmp_path: Path
) -> None:
    folder = tmp_path / "cache" / "live"
    with Fetcher(polite(), folder) as fetcher:
        ask(fetcher, host)
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    speaker.always = reply
    impatient = polite(now=lambda: LATER, read_seconds=0.2)
    with Fetcher(impatient, folder) as fetcher, pytest.raises(LiveError, match=words) as told:
        ask(fetcher, host)
    message = str(told.value)
    assert "\n" not in message
    assert "A copy of 2026-11-30 is kept: --offline uses it." in message
    after = {path.name: path.read_bytes() for path in folder.iterdir() if ".part" not in path.name}
    assert after == kept
    with Fetcher(polite(offline=True), folder) as fetcher:
        assert ask(fetcher, host) == BODY


def test_an_answer_that_drips_is_given_up(host: Host, speaker: said.Speaker, polite: Make) -> None:
    speaker.always = said.Reply(b"{" + b" " * 400, drip=0.01)
    slow = polite(all_seconds=0.05)
    with Fetcher(slow, None) as fetcher, pytest.raises(LiveError, match="too slowly"):
        ask(fetcher, host)


def test_a_bomb_is_not_unpacked(host: Host, speaker: said.Speaker, polite: Make) -> None:
    speaker.always = said.packed(b"[" + b" " * 3_000_000)
    small = replace(host, limit=1_000_000)
    with Fetcher(polite(), None) as fetcher, pytest.raises(LiveError, match="more than 0 MiB"):
        ask(fetcher, small)


def test_nobody_is_asked_without_a_name(host: Host, speaker: said.Speaker, polite: Make) -> None:
    with Fetcher(polite(contact=""), None) as fetcher:
        with pytest.raises(LiveError, match="CARDHOUSE_CONTACT"):
            ask(fetcher, host)
        assert speaker.asked == []


def test_a_host_that_is_down_is_told(
    host: Host, polite: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDHOUSE_SEC_DATA_URL", "http://127.0.0.1:9")
    with Fetcher(polite(), None) as fetcher, pytest.raises(LiveError, match="cannot be reached"):
        fetcher.get(load_hosts()["sec_data"], PATH, answers.JSON, bytes)
    assert host.base != "http://127.0.0.1:9"


def test_a_link_to_another_host_is_not_followed(fetcher: Fetcher, host: Host) -> None:
    with pytest.raises(LiveError, match=r"evil\.example"):
        fetcher.get(host, "https://evil.example/x.json", answers.JSON, bytes)


def test_a_key_is_sent_and_neither_kept_nor_told(
    fetcher: Fetcher, host: Host, speaker: said.Speaker, tmp_path: Path
) -> None:
    speaker.always = said.Reply(b'{"error_message": "key hush4711 is not registered"}', 400)
    with pytest.raises(LiveError, match=r"key \*\*\* is not registered") as told:
        fetcher.get(host, PATH, answers.JSON, bytes, {"id": "A"}, secret={"api_key": "hush4711"})
    assert "hush4711" not in str(told.value)
    speaker.always = said.Reply(b"{}")
    fetcher.get(host, PATH, answers.JSON, bytes, {"id": "A"}, secret={"api_key": "hush4711"})
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"hush4711" not in path.read_bytes()


@pytest.mark.parametrize("harm", ["cut", "other", "no story", "story alone", "story half"])
def test_a_half_written_cache_is_noticed_and_fetched_anew(
    harm: str, fetcher: Fetcher, host: Host, speaker: said.Speaker, tmp_path: Path
) -> None:
    ask(fetcher, host)
    folder = tmp_path / "cache" / "live"
    (body,) = folder.glob("*.body")
    (story,) = folder.glob("*.json")
    if harm == "cut":
        body.write_bytes(BODY[:100])
    elif harm == "other":
        body.write_bytes(b"{}")
    elif harm == "no story":
        story.unlink()
    elif harm == "story alone":
        body.unlink()
    else:
        story.write_text(story.read_text()[:40])
    assert ask(fetcher, host) == BODY
    assert len(speaker.asked) == 2
    assert "damaged" in fetcher.notices[0]
    assert ask(fetcher, host) == BODY
    assert len(speaker.asked) == 2


def test_a_writer_that_is_stopped_leaves_what_was_there(
    fetcher: Fetcher, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(fetcher, host)
    store = Store(tmp_path / "cache" / "live")
    (kept,) = (store.read(f"{host.base}{PATH}"),)
    assert kept is not None

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cardhouse.facts.live.stored.os.fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        store.write(kept[0], b"half")
    monkeypatch.undo()
    assert store.read(f"{host.base}{PATH}") == kept
    assert list(store.folder.glob(".part-*")) == []


@pytest.mark.parametrize(
    "contact", ["Ada", "ada@", "Ada <ada@example>", "ada@example.org\nX: y", "x" * 130 + "@e.org"]
)
def test_a_contact_without_an_address_is_refused(contact: str) -> None:
    with pytest.raises(LiveError, match="e-mail address"):
        checked_contact(contact)


@given(st.text(max_size=60))
def test_whatever_is_told_of_waiting_is_understood_or_ignored(text: str) -> None:
    found = retry_after(text, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert found is None or found >= 0


@given(st.text(max_size=400))
def test_foreign_words_fit_on_one_line(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert len(shown) <= 160


@given(st.binary(max_size=200), st.sampled_from(["JSON", "CSV", "XLS", "web page", "inline XBRL"]))
def test_any_answer_is_of_its_kind_or_a_sentence(body: bytes, kind: str) -> None:
    said_so = ""
    try:
        check_kind(body, kind, "a service")
    except LiveError as error:
        said_so = str(error)
    assert said_so.isprintable()


def test_a_variable_that_is_no_address_is_told() -> None:
    with pytest.raises(LiveError, match="CARDHOUSE_SEC_DATA_URL is 'ftp://x'"):
        load_hosts({"CARDHOUSE_SEC_DATA_URL": "ftp://x"})


def test_only_who_asks_for_a_name_is_told_it(
    fetcher: Fetcher, speaker: said.Speaker, address: str
) -> None:
    assert address
    speaker.pages["/graph/fredgraph.csv?A"] = b"observation_date,A\n"
    fetcher.get(load_hosts()["fred_graph"], "/graph/fredgraph.csv", answers.CSV, bytes, {"id": "A"})
    assert speaker.asked[-1][1]["user-agent"] == "cardhouse/1.2"


def test_what_another_version_kept_and_this_one_cannot_read_is_asked_for_anew(
    fetcher: Fetcher, host: Host, speaker: said.Speaker, polite: Make, tmp_path: Path
) -> None:
    ask(fetcher, host)
    speaker.pages[PATH] = b'{"form": 2}'

    def read(body: bytes) -> bytes:
        if b"form" not in body:
            raise LiveError("another form.")
        return body

    folder = tmp_path / "cache" / "live"
    with Fetcher(polite(offline=True), folder) as nobody, pytest.raises(LiveError, match="form"):
        nobody.get(host, PATH, answers.JSON, read)
    assert fetcher.get(host, PATH, answers.JSON, read).told == b'{"form": 2}'


def test_what_cannot_be_read_is_not_kept(
    fetcher: Fetcher, host: Host, speaker: said.Speaker
) -> None:
    def read(body: bytes) -> bytes:
        if len(speaker.asked) < 2:
            raise LiveError("it says nothing of use.")
        return body

    with pytest.raises(LiveError, match="nothing of use"):
        fetcher.get(host, PATH, answers.JSON, read)
    assert fetcher.get(host, PATH, answers.JSON, read).told == BODY
    assert len(speaker.asked) == 2


def test_two_programs_do_not_fetch_into_one_place_at_once(
    fetcher: Fetcher, host: Host, tmp_path: Path
) -> None:
    first = Store(tmp_path / "cache" / "live").alone()
    with first, pytest.raises(LiveError, match="another cardhouse fetches"):
        ask(fetcher, host)
    assert ask(fetcher, host) == BODY


def test_a_full_disk_is_told(fetcher: Fetcher, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("cardhouse.facts.live.stored.os.fsync", full)
    with pytest.raises(LiveError, match="cannot be kept: No space left"):
        ask(fetcher, host)


def test_nothing_there_is_an_error_of_its_own(fetcher: Fetcher, host: Host) -> None:
    with pytest.raises(NotThereError):
        fetcher.get(host, "/api/none.json", answers.JSON, bytes)
