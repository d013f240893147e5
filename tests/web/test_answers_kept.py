"""Answers are tagged by what they follow from, kept, and sent once."""

from __future__ import annotations

import gzip

import pytest

from cardhouse.web.app import create, warm_up
from cardhouse.web.kept import Kept, Made
from cardhouse.web.limits import Limits
from serving import GENEROUS, Client

VIEW = "/api/v1/view?economy=ride-hailing&quarters=3&set=demand_level=0.9"


def test_a_client_that_has_the_answer_is_told_so(client: Client) -> None:
    first = client.get(VIEW)
    tag = first.headers["etag"]
    assert first.headers["cache-control"].startswith("public, max-age=")
    for told in (tag, f'"other", {tag}', f"W/{tag}"):
        again = client.get(VIEW, headers={"If-None-Match": told})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert client.get(VIEW, headers={"If-None-Match": '"other"'}).content == first.content


def test_tags_follow_the_question(client: Client) -> None:
    addresses = [
        VIEW,
        VIEW.replace("0.9", "0.8"),
        VIEW.replace("quarters=3", "quarters=4"),
        VIEW + "&kept=1",
        VIEW + "&scenario=price-war",
        VIEW.replace("/view", "/run"),
    ]
    tags = [client.get(one).headers["etag"] for one in addresses]
    assert len(set(tags)) == len(tags)


def test_a_known_tag_needs_no_computation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another server that has computed nothing knows what its answer would be."""
    with Client(create()) as one:
        tag = one.get(VIEW).headers["etag"]

    def never(*_: object) -> None:
        raise AssertionError("computed")

    with Client(create()) as other:
        monkeypatch.setattr("cardhouse.web.answers.live_view", never)
        assert other.get(VIEW, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("address", ["view", "stage", "levers"])
def test_an_answer_at_hand_waits_for_no_other_thread(
    client: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Each change of thread may wait for whoever computes in between."""
    moved = "&set=demand_level=0.9" if address == "view" else ""
    quarters = "" if address == "levers" else "&quarters=3"
    asked = f"/api/v1/{address}?economy=ride-hailing{quarters}{moved}"
    first = client.get(asked)

    async def never(*_: object, **__: object) -> None:
        raise AssertionError("another thread")

    monkeypatch.setattr("anyio.to_thread.run_sync", never)
    again = client.get(asked)
    assert (again.status_code, again.content) == (200, first.content)


def test_two_servers_give_the_same_bytes() -> None:
    addresses = [
        VIEW,
        VIEW.replace("view", "stage").partition("&set")[0],
        "/api/v1/levers?economy=ride-hailing",
    ]
    with Client() as one, Client() as other:
        for address in addresses:
            mine, theirs = one.get(address), other.get(address)
            assert mine.content == theirs.content
            assert mine.headers["etag"] == theirs.headers["etag"]


def test_far_clients_get_compressed_bytes() -> None:
    far = Client(create(), "203.0.113.7")
    near = Client(create())
    with far, near:
        plain, squeezed = near.get(VIEW), far.get(VIEW)
        assert squeezed.headers["content-encoding"] == "gzip"
        assert squeezed.json() == plain.json()
        assert squeezed.headers["etag"] != plain.headers["etag"]
        told = far.get(VIEW, headers={"If-None-Match": squeezed.headers["etag"]})
        assert told.status_code == 304
        assert int(squeezed.headers["content-length"]) < len(plain.content) / 2
        assert len(gzip.compress(plain.content)) > 0


def test_every_answer_has_strict_headers(client: Client) -> None:
    for address in ("/", "/api/v1/health", "/api/v1/nowhere", VIEW):
        headers = client.get(address).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


def test_only_the_page_with_one_figure_may_be_framed(client: Client) -> None:
    for address in ("/", "/?embed=", "/api/v1/health?embed=flows"):
        headers = client.get(address).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
    headers = client.get("/?embed=flows").headers
    assert "frame-ancestors *" in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "x-frame-options" not in headers


def test_the_least_used_is_forgotten_first() -> None:
    kept: Kept[str, bytes] = Kept(10, len)
    kept.put("a", b"1234")
    kept.put("b", b"1234")
    assert kept.get("a") == b"1234"
    kept.put("c", b"1234")
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (b"1234", None, b"1234")
    kept.put("a", b"12345678")
    assert kept.get("c") is None
    kept.put("d", b"x" * 99)
    assert kept.get("d") == b"x" * 99, "what is larger than the budget is kept alone"


def test_a_value_is_made_once() -> None:
    made: Made[str, object] = Made(2)
    first = made.get("a", object)
    assert made.get("a", object) is first
    assert made.known("b") is None


def test_without_a_built_page_the_root_says_what_to_do(tmp_path) -> None:
    with Client(create(GENEROUS, tmp_path)) as bare:
        assert "make web" in bare.get("/").text


def test_a_built_page_is_served(tmp_path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<h1>page</h1>")
    (tmp_path / "assets" / "app-1234.js").write_text("let x")
    with Client(create(GENEROUS, tmp_path)) as built:
        assert built.get("/").text == "<h1>page</h1>"
        assert built.get("/").headers["cache-control"] == "no-cache"
        assert "immutable" in built.get("/assets/app-1234.js").headers["cache-control"]
        assert built.get("/../conftest.py").status_code == 404
        assert built.get("/api/v1/health").status_code == 200


def test_limits_have_usual_values() -> None:
    assert Limits().quarters == 80


def test_a_head_is_a_get_without_its_body(client: Client) -> None:
    whole, head = client.get(VIEW), client.request("HEAD", VIEW)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("etag", "content-length", "content-type"):
        assert head.headers[name] == whole.headers[name]
    assert client.request("HEAD", "/api/v1/nowhere").status_code == 404


def test_a_service_can_be_warmed_up_before_anybody_asks() -> None:
    with Client() as client:
        warm_up(client.app.state.service, "ride-hailing")
        opening = client.app.state.service.openings.known(("ride-hailing", None, None))
        assert opening is not None
        warm_up(client.app.state.service, "nowhere")
        assert client.get("/api/v1/health").status_code == 200
