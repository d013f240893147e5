"""A loopback server in the place of every service, and a guard against any other host."""

from __future__ import annotations

import datetime as dt
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import live_server as said
from cardhouse.facts.live.asked import load_filers
from cardhouse.facts.live.fetch import Fetcher, Manners

NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
CONTACT = "Ada Example ada@example.org"
AMAZON, MICROSOFT, ALPHABET, NVIDIA, AMD = 1018724, 789019, 1652044, 1045810, 2488
SEGMENT = "us-gaap__StatementBusinessSegmentsAxis"


@pytest.fixture(scope="session", autouse=True)
def nothing_is_sent_elsewhere() -> Iterator[None]:
    """Fail on any connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
            "127.0.0.1", "::1",
        ):  # fmt: skip
            raise AssertionError(f"a test asked {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture
def speaker() -> said.Speaker:
    """Return what every service says when all is well."""
    pages: dict[str, bytes] = {}
    for filer in load_filers().values():
        facts = said.companyfacts(filer.cik, said.cash_flows())
        pages[f"/api/xbrl/companyfacts/CIK{filer.cik:010d}.json"] = facts
    ciks = [one.cik for one in load_filers().values()]
    for tag in ("RevenueFromContractWithCustomerExcludingAssessedTax", "OperatingIncomeLoss"):
        pages[f"/api/xbrl/frames/us-gaap/{tag}/USD/CY2026Q1.json"] = said.frame(tag, ciks)
    for cik, member in (
        (AMAZON, "amzn:AmazonWebServicesSegmentMember"),
        (MICROSOFT, "msft:IntelligentCloudMember"),
        (ALPHABET, "goog:GoogleCloudMember"),
        (NVIDIA, "nvda:DataCenterMember"),
        (AMD, "amd:DataCenterMember"),
    ):
        reports = [
            (said.ACCESSION, "10-Q", "2026-05-01", "2026-03-31", "report.htm"),
            ("0001018724-26-000009", "8-K", "2026-04-30", "2026-04-30", "other.htm"),
        ]
        pages[f"/submissions/CIK{cik:010d}.json"] = said.submissions(cik, reports)
        folder = said.ACCESSION.replace("-", "")
        pages[f"/Archives/edgar/data/{cik}/{folder}/report.htm"] = report(cik, member)
    for series, value in (
        ("NASDAQCOM", "23639.08"), ("NCBEILQ027S", "70000000"), ("TNWMVBSNNCB", "35000"),
        ("EXUSEU", "1.12"), ("EXUSUK", "1.31"),
    ):  # fmt: skip
        rows = [("2026-01-01", value), ("2026-04-01", "."), ("2026-07-01", value)]
        pages[f"/graph/fredgraph.csv?{series}"] = said.fred_csv(series, rows)
        pages[f"/fred/series/observations?{series}"] = said.fred_json(rows)
    pages["/"] = b'<html><a href="/downloads/ie_data.xls?ver=1788371540009">data</a></html>'
    pages["/downloads/ie_data.xls"] = said.workbook(
        [(2025.09, 6584.0, 240.1, 39.1), (2025.1, 6735.7, "", 39.5), (2025.11, 6740.9, "", 39.6)]
    )
    pages["/data/constituents-financials.csv"] = said.constituents()
    return said.Speaker(pages)


def report(cik: int, member: str) -> bytes:
    """Return a quarterly report whose segment is marked on the dimension that is asked for."""
    axis = "srt__ProductOrServiceAxis" if cik == NVIDIA else SEGMENT
    contexts = said.context("s", "2026-01-01", "2026-03-31", **{axis: member})
    contexts += said.context("all", "2026-01-01", "2026-03-31")
    tag = "Revenues" if cik == NVIDIA else "RevenueFromContractWithCustomerExcludingAssessedTax"
    body = said.mark(tag, "s", "37,580") + said.mark(tag, "all", "178,000")
    return said.inline(contexts, body + said.mark("OperatingIncomeLoss", "s", "14,161"))


@pytest.fixture
def address(
    speaker: said.Speaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[str]:
    """Serve it, and point every host there."""
    with said.serving(speaker) as base:
        for variable in said.VARIABLES:
            monkeypatch.setenv(variable, base)
        for variable in ("FRED_API_KEY", "CARDHOUSE_CONTACT", "HTTP_PROXY", "http_proxy"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("CARDHOUSE_CACHE", str(tmp_path / "cache"))
        yield base


@pytest.fixture
def waits() -> list[float]:
    """Return the seconds that a fetcher of these tests would have waited."""
    return []


@pytest.fixture
def polite(waits: list[float]) -> Callable[..., Manners]:
    """Return a function that makes manners which note their waits."""

    def make(**more: Any) -> Manners:
        usual: dict[str, Any] = {
            "contact": CONTACT, "version": "1.2", "now": lambda: NOW, "sleep": waits.append,
            "read_seconds": 2.0, "connect_seconds": 2.0,
        }  # fmt: skip
        return Manners(**{**usual, **more})

    return make


@pytest.fixture
def fetcher(address: str, polite: Callable[..., Manners], tmp_path: Path) -> Iterator[Fetcher]:  # noqa: ARG001
    """Return a fetcher with a cache of its own."""
    with Fetcher(polite(), tmp_path / "cache" / "live") as made:
        yield made


def changed(body: bytes, **values: Any) -> bytes:
    """Return a JSON object with other values; None takes a key away."""
    told = {**json.loads(body), **values}
    return json.dumps({key: value for key, value in told.items() if value is not None}).encode()
