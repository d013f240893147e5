"""A loopback server that speaks the formats of the services, and fails as they do when told to."""

from __future__ import annotations

import gzip
import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import xlwt

VARIABLES = (
    "CARDHOUSE_SEC_DATA_URL",
    "CARDHOUSE_SEC_ARCHIVE_URL",
    "CARDHOUSE_FRED_API_URL",
    "CARDHOUSE_FRED_GRAPH_URL",
    "CARDHOUSE_SHILLER_URL",
    "CARDHOUSE_CONSTITUENTS_URL",
)


@dataclass(frozen=True)
class Reply:
    """What is said once: ``cut`` sends so many bytes of the body and hangs up."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    delay: float = 0.0
    drip: float = 0.0


@dataclass
class Speaker:
    """What a server says under each path, and what it was asked."""

    pages: dict[str, bytes] = field(default_factory=dict)
    failures: list[Reply] = field(default_factory=list)
    always: Reply | None = None
    only: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    agents_needed: bool = True

    def say(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Reply:
        """Return the next reply for a path."""
        self.asked.append((path, headers))
        if self.agents_needed and "@" not in headers.get("user-agent", "") and "/api/" in path:
            page = b"<html><head><title>SEC.gov | Your Request Originates from an Undeclared"
            return Reply(page + b" Automated Tool</title></head></html>", 403)
        if not self.only or self.only in path:
            if self.failures:
                return self.failures.pop(0)
            if self.always is not None:
                return self.always
        key = f"{path}?{query['id']}" if "id" in query else path
        key = f"{path}?{query['series_id']}" if "series_id" in query else key
        if key not in self.pages:
            return Reply(b"<html><title>404 Not Found</title></html>", 404)
        return self.page(key, headers)

    def page(self, key: str, headers: dict[str, str]) -> Reply:
        """Return a page, or that it has not changed, or the rest of it."""
        body = self.pages[key]
        etag = f'"{abs(hash(body))}"'
        if headers.get("if-none-match") == etag:
            return Reply(b"", 304, {"ETag": etag})
        wanted = headers.get("range", "")
        if wanted and headers.get("if-range") == etag:
            first = int(wanted.removeprefix("bytes=").removesuffix("-"))
            told = f"bytes {first}-{len(body) - 1}/{len(body)}"
            return Reply(body[first:], 206, {"ETag": etag, "Content-Range": told})
        return Reply(body, 200, {"ETag": etag})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    speaker: Speaker

    def do_GET(self) -> None:
        """Answer as the speaker says."""
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.speaker.say(parts.path, query, headers)
        time.sleep(reply.delay)
        try:
            self._send(reply)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        told = {"Content-Length": str(len(reply.body)), **reply.headers}
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        body = reply.body if reply.cut is None else reply.body[: reply.cut]
        if reply.drip:
            for at in range(len(body)):
                self.wfile.write(body[at : at + 1])
                self.wfile.flush()
                time.sleep(reply.drip)
        else:
            self.wfile.write(body)
        if reply.cut is not None:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing on the terminal."""


@contextmanager
def serving(speaker: Speaker) -> Iterator[str]:
    """Serve what a speaker says on this machine, and give the address."""
    handler = type("Handler", (_Handler,), {"speaker": speaker})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --- what each service says ----------------------------------------------------------------------

ACCESSION = "0001018724-26-000012"
YEAR = "2025-01-01"


def filed(
    start: str | None, end: str, value: int, day: str, form: str = "10-Q", **more: Any
) -> Any:
    """Return a row of companyfacts."""
    row = {
        "end": end, "val": value, "accn": more.pop("accn", ACCESSION), "fy": 2025, "fp": "Q1",
        "form": form, "filed": day, **more,
    }  # fmt: skip
    return row if start is None else {"start": start, **row}


def companyfacts(cik: int, tags: dict[str, list[Any]]) -> bytes:
    """Return what ``companyfacts`` says of a firm."""
    concepts = {
        tag: {"label": tag, "description": tag, "units": {"USD": rows}}
        for tag, rows in tags.items()
    }
    told = {"cik": cik, "entityName": "A FIRM", "facts": {"dei": {}, "us-gaap": concepts}}
    return json.dumps(told).encode()


def cash_flows() -> dict[str, list[Any]]:
    """Return a firm that tells revenue by quarter and capital spending from the year's start."""
    capex = [
        filed(YEAR, "2025-03-31", 10_000_000_000, "2025-05-01"),
        filed(YEAR, "2025-06-30", 22_000_000_000, "2025-08-01"),
        filed(YEAR, "2025-09-30", 36_000_000_000, "2025-11-01"),
        filed(YEAR, "2025-12-31", 52_000_000_000, "2026-02-06", "10-K"),
    ]
    revenue = [
        filed(YEAR, "2025-03-31", 155_667_000_000, "2025-05-02"),
        filed("2025-04-01", "2025-06-30", 167_702_000_000, "2025-08-01"),
        filed("2025-07-01", "2025-09-30", 180_169_000_000, "2025-10-31"),
        filed(YEAR, "2025-12-31", 716_924_000_000, "2026-02-06", "10-K"),
    ]
    return {
        "PaymentsToAcquireProductiveAssets": capex,
        "RevenueFromContractWithCustomerExcludingAssessedTax": revenue,
        "OperatingIncomeLoss": revenue,
        "NetIncomeLoss": revenue,
        "NetCashProvidedByUsedInOperatingActivities": capex,
    }


def frame(tag: str, ciks: list[int]) -> bytes:
    """Return what ``frames`` says of one tag and quarter."""
    rows = [
        {
            "accn": ACCESSION, "cik": cik, "entityName": "A FIRM", "loc": "US-WA",
            "start": "2026-01-01", "end": "2026-03-31", "val": 5_000_000_000 + cik,
        }
        for cik in ciks
    ]  # fmt: skip
    told = {
        "taxonomy": "us-gaap", "tag": tag, "ccp": "CY2026Q1", "uom": "USD", "label": tag,
        "description": tag, "pts": len(rows), "data": rows,
    }  # fmt: skip
    return json.dumps(told).encode()


def submissions(cik: int, reports: list[tuple[str, str, str, str, str]]) -> bytes:
    """Return a firm's list of filings: accession, form, day, report day, document."""
    names = ("accessionNumber", "form", "filingDate", "reportDate", "primaryDocument")
    columns = {name: [row[at] for row in reports] for at, name in enumerate(names)}
    told = {"cik": f"{cik:010d}", "name": "A FIRM", "filings": {"recent": columns, "files": []}}
    return json.dumps(told).encode()


def context(name: str, start: str, end: str, **members: str) -> str:
    """Return a context; dimensions are named with two underscores for the colon."""
    told = "".join(
        f'<xbrldi:explicitMember dimension="{axis.replace("__", ":")}">{member}'
        "</xbrldi:explicitMember>"
        for axis, member in members.items()
    )
    segment = f"<xbrli:segment>{told}</xbrli:segment>" if told else ""
    return (
        f'<xbrli:context id="{name}"><xbrli:entity>'
        f'<xbrli:identifier scheme="http://www.sec.gov/CIK">0001018724</xbrli:identifier>{segment}'
        f"</xbrli:entity><xbrli:period><xbrli:startDate>{start}</xbrli:startDate>"
        f"<xbrli:endDate>{end}</xbrli:endDate></xbrli:period></xbrli:context>"
    )


def mark(tag: str, context_: str, text: str, **more: str) -> str:
    """Return a figure as it is marked."""
    told = {
        "unitRef": "usd", "decimals": "-6", "scale": "6", "format": "ixt:num-dot-decimal", **more
    }  # fmt: skip
    cells = "".join(f' {name}="{value}"' for name, value in told.items())
    start = f'<ix:nonFraction name="us-gaap:{tag}" contextRef="{context_}"{cells}>'
    return f"{start}{text}</ix:nonFraction>"


def inline(contexts: str, body: str) -> bytes:
    """Return a filing with inline XBRL."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:ix="http://www.xbrl.org/2013/inlineXBRL"'
        ' xmlns:xbrli="http://www.xbrl.org/2003/instance"'
        ' xmlns:xbrldi="http://xbrl.org/2006/xbrldi"><head><title>amzn-20260331</title></head><body>'
        f"<ix:header><ix:resources>{contexts}"
        '<xbrli:unit id="usd"><xbrli:measure>iso4217:USD</xbrli:measure></xbrli:unit>'
        '<xbrli:unit id="usdPerShare"><xbrli:divide><xbrli:unitNumerator>'
        "<xbrli:measure>iso4217:USD</xbrli:measure></xbrli:unitNumerator><xbrli:unitDenominator>"
        "<xbrli:measure>xbrli:shares</xbrli:measure></xbrli:unitDenominator></xbrli:divide>"
        f"</xbrli:unit></ix:resources></ix:header>{body}</body></html>"
    ).encode()


def fred_csv(series: str, rows: list[tuple[str, str]]) -> bytes:
    """Return what FRED's public CSV says."""
    lines = "".join(f"{day},{value}\n" for day, value in rows)
    return f"observation_date,{series}\n{lines}".encode()


def fred_json(rows: list[tuple[str, str]]) -> bytes:
    """Return what FRED's API says."""
    told = [
        {"realtime_start": "2026-11-30", "realtime_end": "2026-11-30", "date": day, "value": value}
        for day, value in rows
    ]
    return json.dumps({"count": len(told), "limit": 100000, "observations": told}).encode()


def workbook(months: list[tuple[float, float, float | str, float | str]], **more: Any) -> bytes:
    """Return Shiller's workbook: header in row 8, notes above and below."""
    book = xlwt.Workbook()
    book.add_sheet("Notes")
    sheet = book.add_sheet(more.get("sheet", "Data"))
    sheet.write(0, 0, "Stock Market Data Used in Irrational Exuberance")
    header = ["Date", "P", "D", "E", "CPI", "Fraction", "Rate GS10", "Price", "CAPE"]
    for at, name in enumerate(more.get("header", header)):
        sheet.write(7, at, name)
    for row, (month, price, earnings, cape) in enumerate(months, 8):
        cells = [month, price, 70.0, earnings, 315.6, month, 4.3, price, cape]
        for at, value in enumerate(cells):
            sheet.write(row, at, value)
    sheet.write(8 + len(months), 1, "Price is that of the last close")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HEADER = (
    "Symbol,Name,Sector,Price,Price/Earnings,Dividend Yield,Earnings/Share,52 Week Low,"
    "52 Week High,Market Cap,EBITDA,Price/Sales,Price/Book,SEC Filings"
)


def constituents(count: int = 495) -> bytes:
    """Return the constituents file: NVIDIA, Microsoft, and firms worth 10 bn each."""
    rows = [
        "NVDA,NVIDIA,Semiconductors,180,50,0,4,90,190,4000000000000,1,25,40,",
        "MSFT,Microsoft,Software,500,38,0,13,350,530,3000000000000,1,13,10,",
        *(f"F{at},Firm {at},Other,10,20,0,1,5,12,10000000000,1,2,4," for at in range(count - 2)),
    ]
    return f"{HEADER}\n{chr(10).join(rows)}\n".encode()


def packed(body: bytes) -> Reply:
    """Return a body in gzip."""
    return Reply(gzip.compress(body), headers={"Content-Encoding": "gzip"})
