"""Each service end to end on this machine: facts with their passports, and its list of faults."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

import live_server as said
from cardhouse.errors import CardhouseError, LiveError
from cardhouse.facts import Fact, load_dictionaries, load_facts
from cardhouse.facts.live.asked import (
    Pulled,
    Wanted,
    check_entities,
    check_services,
    load_concepts,
    load_filers,
    load_segments,
    load_series,
    load_services,
)
from cardhouse.facts.live.fetch import Fetcher, Manners
from cardhouse.studies.live import EVERY
from explosive import data_file

Make = Callable[..., Manners]
ALL = Wanted(since=dt.date(2025, 1, 1), quarter="2026Q1")
NVIDIA = Wanted(frozenset({"nvidia"}), dt.date(2025, 1, 1), "2026Q1")


def ask(service: str, fetcher: Fetcher, wanted: Wanted = ALL) -> Pulled:
    return EVERY[service](fetcher, wanted)


def by_period(found: Pulled, entity: str, metric: str) -> dict[tuple[str, str], Fact]:
    return {
        (one.period_start.isoformat(), one.period_end.isoformat()): one
        for one in found.facts
        if (one.entity, one.metric) == (entity, metric)
    }


def test_the_tables_name_known_words() -> None:
    words = load_dictionaries()
    assert set(EVERY) == set(load_services())
    assert set(load_filers()) <= set(words.entities)
    for concept in load_concepts():
        assert concept.metric in words.metrics
        assert set(concept.only) <= set(load_filers())
    for segment in load_segments():
        assert segment.entity in words.entities
        assert segment.metric in words.metrics
        assert segment.filer in load_filers()
    for one in load_series():
        assert one.entity in words.entities
        assert one.metric in words.metrics
        assert one.unit in words.units
        assert one.least < one.most


@pytest.mark.parametrize("service", EVERY)
def test_every_fact_has_its_passport(service: str, fetcher: Fetcher) -> None:
    found = ask(service, fetcher)
    assert found.facts
    for fact in found.facts:
        assert fact.source
        assert fact.url.startswith("https://")
        assert fact.grade in ("A", "B")
        assert fact.known_from <= dt.date(2026, 11, 30)
        assert "fetched" in fact.note
    assert len({fact.key for fact in found.facts}) == len(found.facts)
    assert all(len(one.sha256) == 64 for one in found.asked)


def test_quarters_of_cash_flow_are_differences_and_say_so(fetcher: Fetcher) -> None:
    found = by_period(ask("sec", fetcher, NVIDIA), "nvidia", "capex")
    second = found["2025-04-01", "2025-06-30"]
    assert (second.value, second.basis, second.grade) == (12.0, "derived", "A")
    assert second.known_from == dt.date(2025, 8, 1)
    assert "derived: 10-Q 0001018724-26-000012 of 2025-08-01 less 10-Q" in second.note
    first = found["2025-01-01", "2025-03-31"]
    assert (first.value, first.basis) == (10.0, "filing")
    assert found["2025-10-01", "2025-12-31"].value == 16.0
    assert found["2025-01-01", "2025-12-31"].value == 52.0
    assert ("2025-01-01", "2025-06-30") not in found


def test_the_last_quarter_of_sales_is_what_the_year_has_beyond_three(fetcher: Fetcher) -> None:
    found = by_period(ask("sec", fetcher, NVIDIA), "nvidia", "revenue")
    last = found["2025-10-01", "2025-12-31"]
    assert last.value == pytest.approx(716.924 - 155.667 - 167.702 - 180.169)
    assert last.basis == "derived"


def test_a_restatement_wins_and_what_was_filed_before_is_told(
    fetcher: Fetcher, speaker: said.Speaker
) -> None:
    rows = [
        said.filed("2025-01-01", "2025-03-31", 9_000_000_000, "2025-05-01"),
        said.filed("2025-01-01", "2025-03-31", 8_500_000_000, "2026-05-01", accn="0001-26-000099"),
    ]
    page = "/api/xbrl/companyfacts/CIK0001045810.json"
    speaker.pages[page] = said.companyfacts(1045810, {"OperatingIncomeLoss": rows})
    pulled = ask("sec", fetcher, NVIDIA)
    (one,) = by_period(pulled, "nvidia", "operating_income").values()
    assert (one.value, one.known_from) == (8.5, dt.date(2026, 5, 1))
    assert "0001-26-000099" in one.url
    assert "restated, before 9 in 10-Q 0001018724-26-000012 of 2025-05-01" in one.note
    assert "nvidia revenue: no figure since 2025-01-01" in pulled.gaps


def test_a_tag_that_a_firm_left_is_followed_by_the_next(
    fetcher: Fetcher, speaker: said.Speaker
) -> None:
    old = [said.filed("2025-01-01", "2025-03-31", 1_000_000_000, "2025-05-01")]
    new = [said.filed("2025-04-01", "2025-06-30", 2_000_000_000, "2025-08-01")]
    tags = {"Revenues": old, "RevenueFromContractWithCustomerExcludingAssessedTax": new}
    speaker.pages["/api/xbrl/companyfacts/CIK0001045810.json"] = said.companyfacts(1045810, tags)
    found = by_period(ask("sec", fetcher, NVIDIA), "nvidia", "revenue")
    assert [fact.value for fact in found.values()] == [1.0, 2.0]


def test_a_firm_without_accounts_is_a_gap(fetcher: Fetcher, speaker: said.Speaker) -> None:
    del speaker.pages["/api/xbrl/companyfacts/CIK0001769628.json"]
    found = ask("sec", fetcher)
    assert any(gap.startswith("coreweave") for gap in found.gaps)
    assert {fact.entity for fact in found.facts} == set(load_filers()) - {"coreweave"}


def test_frames_are_one_quarter_of_all_and_date_themselves_by_rule(fetcher: Fetcher) -> None:
    found = ask("frames", fetcher)
    told = [fact for fact in found.facts if fact.metric == "revenue"]
    assert {fact.entity for fact in told} == set(load_filers())
    assert {fact.known_from_basis for fact in told} == {"rule"}
    assert "nvidia capex: none in 2026Q1" in found.gaps
    with pytest.raises(LiveError, match="--quarter is ''"):
        ask("frames", fetcher, Wanted())


def test_segments_come_out_of_the_filings(fetcher: Fetcher, speaker: said.Speaker) -> None:
    found = ask("segments", fetcher)
    (one,) = by_period(found, "aws", "revenue").values()
    assert (one.value, one.basis, one.grade) == (37.58, "filing", "A")
    assert one.known_from == dt.date(2026, 5, 1)
    (result,) = by_period(found, "azure", "operating_income_intelligent_cloud").values()
    assert result.value == 14.161
    assert by_period(found, "nvidia", "data_center_revenue")
    assert not any("other.htm" in path for path, _ in speaker.asked)


def test_a_segment_alone_asks_its_filer_alone(fetcher: Fetcher, speaker: said.Speaker) -> None:
    ask("segments", fetcher, Wanted(frozenset({"aws"}), ALL.since))
    assert {path for path, _ in speaker.asked if "submissions" in path} == {
        "/submissions/CIK0001018724.json"
    }


@pytest.mark.parametrize("key", ["", "k" * 32])
def test_fred_says_the_same_with_a_key_and_without(
    key: str, fetcher: Fetcher, speaker: said.Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRED_API_KEY", key)
    found = ask("fred", fetcher, Wanted(since=dt.date(2026, 1, 1)))
    closes = by_period(found, "nasdaq", "index_close")
    assert [one.value for one in closes.values()] == [23639.08] * 2
    q = by_period(found, "us_equity", "tobin_q")["2026-01-01", "2026-03-31"]
    assert (q.value, q.basis, q.source) == (2.0, "derived", "FRED NCBEILQ027S over TNWMVBSNNCB")
    euro = by_period(found, "fx", "exchange_rate")
    assert euro
    used = "/fred/series/observations" if key else "/graph/fredgraph.csv"
    assert {path for path, _ in speaker.asked} == {used}
    assert all(key not in one.address for one in found.asked if key)


def test_a_changed_unit_is_refused(fetcher: Fetcher, speaker: said.Speaker) -> None:
    rows = [("2026-01-01", "70000")]
    speaker.pages["/graph/fredgraph.csv?NCBEILQ027S"] = said.fred_csv("NCBEILQ027S", rows)
    with pytest.raises(LiveError, match=r"0\.002 on 2026-03-31 lies outside 0\.1 to 10"):
        ask("fred", fetcher)


def test_shiller_s_months_are_read_and_the_provisional_ones_marked(
    fetcher: Fetcher, speaker: said.Speaker
) -> None:
    found = ask("shiller", fetcher)
    cape = by_period(found, "sp500", "cape")
    october = cape["2025-10-01", "2025-10-31"]
    assert (october.value, october.grade) == (39.5, "B")
    assert "provisional" in october.note
    assert cape["2025-09-01", "2025-09-30"].grade == "A"
    assert [path for path, _ in speaker.asked] == ["/", "/downloads/ie_data.xls"]


@pytest.mark.parametrize("link", ["downloads/ie_data.xls", "/downloads/ie_data.xls", "whole"])
def test_the_workbook_is_found_wherever_the_page_says(
    link: str, address: str, fetcher: Fetcher, speaker: said.Speaker
) -> None:
    link = f"{address}/downloads/ie_data.xls" if link == "whole" else link
    speaker.pages["/"] = f"<html><a href='{link}'>data</a></html>".encode()
    assert ask("shiller", fetcher).facts


def test_the_workbook_itself_can_be_named(
    address: str, fetcher: Fetcher, speaker: said.Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDHOUSE_SHILLER_URL", f"{address}/downloads/ie_data.xls")
    assert ask("shiller", fetcher).facts
    assert [path for path, _ in speaker.asked] == ["/downloads/ie_data.xls"]


def test_a_file_that_has_not_changed_is_no_younger(
    address: str, polite: Make, tmp_path: Path
) -> None:
    assert address
    folder = tmp_path / "cache" / "live"
    later = dt.datetime(2026, 12, 9, tzinfo=dt.UTC)
    days = set()
    for manners in (polite(), polite(now=lambda: later)):
        with Fetcher(manners, folder) as fetcher:
            days |= {one.period_end for one in ask("constituents", fetcher).facts}
    assert days == {dt.date(2026, 11, 30)}


def test_the_constituents_are_added_up(fetcher: Fetcher) -> None:
    found = {(one.entity, one.metric): one for one in ask("constituents", fetcher).facts}
    value = 4000 + 3000 + 493 * 10
    book = 4000 / 40 + 3000 / 10 + 493 * 10 / 4
    assert found["sp500", "market_cap"].value == pytest.approx(value)
    assert found["sp500", "price_to_book_constituents"].value == pytest.approx(value / book, 1e-4)
    assert found["nvidia", "sp500_weight"].value == pytest.approx(4000 / value, 1e-4)
    assert found["microsoft", "price_to_book_firm"].value == 10.0
    assert found["nvidia", "market_cap"].tier == "market"


def test_a_real_file_gives_the_shipped_figures_of_its_day(
    fetcher: Fetcher, speaker: said.Speaker
) -> None:
    body = data_file("sp500_constituents_financials_2026-08-14.csv").read_bytes()
    speaker.pages["/data/constituents-financials.csv"] = body
    shipped = load_facts(tables=("market_gauges.csv",))
    compared = 0
    for fact in ask("constituents", fetcher).facts:
        told = [
            one
            for one in shipped.find(fact.entity, fact.metric)
            if one.period_end == dt.date(2026, 8, 14)
        ]
        if told:
            compared += 1
            assert fact.number == pytest.approx(told[0].number, rel=5e-3), fact.metric
    assert compared >= 20


def test_a_real_workbook_s_months_give_the_shipped_cape(
    fetcher: Fetcher, speaker: said.Speaker
) -> None:
    with data_file("shiller_ie_data_to_2026-01.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    months = [
        (
            float(row["month"][:7].replace("-", ".")), float(row["price"]),
            float(row["earnings"]) if row["earnings"] else "",
            float(row["cape"]) if row["cape"] else "NA",
        )
        for row in rows
    ]  # fmt: skip
    speaker.pages["/downloads/ie_data.xls"] = said.workbook(months)
    found = ask("shiller", fetcher, Wanted(since=dt.date(1881, 1, 31)))
    cape = by_period(found, "sp500", "cape")
    assert len(cape) == (2026 - 1881) * 12 + 1
    shipped = [
        one
        for one in load_facts(tables=("market_gauges.csv",)).find("sp500", "cape")
        if "ie_data.xls" in one.source
    ]
    assert len(shipped) >= 30
    for fact in shipped:
        told = cape[fact.period_start.isoformat(), fact.period_end.isoformat()]
        assert told.number == pytest.approx(fact.number, abs=0.006)


def test_a_day_with_gaps_is_not_added_up(fetcher: Fetcher, speaker: said.Speaker) -> None:
    speaker.pages["/data/constituents-financials.csv"] = said.constituents(400)
    with pytest.raises(LiveError, match="only 400 firms"):
        ask("constituents", fetcher)


FAULTS = {
    "down": (said.Reply(b"", 503), "Tried 5 times"),
    "too many": (said.Reply(b"", 429, {"Retry-After": "900"}), "wait 900 seconds"),
    "cut": (said.Reply(b"{" + b" " * 900, headers={"ETag": '"v"'}, cut=100), "broke off"),
    "slow": (said.Reply(b"{}", delay=0.3), "no answer in time"),
    "refused": (said.Reply(b"<title>Access Denied</title>", 403), "Access Denied"),
    "page": (said.Reply(b"<html><title>Maintenance</title></html>"), "Maintenance"),
    "empty": (said.Reply(b""), "nothing where"),
    "binary": (said.Reply(b"\x00\x01\x02" * 50), "is expected"),
    "other": (said.Reply(b'{"some": "thing"}'), "changed|is expected|is missing"),
    "elsewhere": (said.Reply(b"", 301, {"Location": "http://other.example/"}), "other.example"),
}  # fmt: skip
STEPS = {
    "sec": "companyfacts",
    "frames": "frames",
    "segments": "Archives",
    "fred": "fredgraph",
    "shiller": "ie_data",
    "constituents": "constituents",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("service", STEPS)
def test_each_service_survives_each_fault_and_resumes(
    service: str, fault: str, address: str, speaker: said.Speaker, polite: Make, tmp_path: Path
) -> None:
    assert address
    reply, words = FAULTS[fault]
    folder = tmp_path / "cache" / "live"
    speaker.only, speaker.always = STEPS[service], reply
    impatient = polite(read_seconds=0.1) if fault == "slow" else polite()
    with Fetcher(impatient, folder) as fetcher, pytest.raises(LiveError, match=words) as told:
        ask(service, fetcher, NVIDIA)
    assert str(told.value).isprintable()
    speaker.always = None
    with Fetcher(polite(), folder) as fetcher:
        assert ask(service, fetcher, NVIDIA).facts
    asked = len(speaker.asked)
    with Fetcher(polite(), folder) as fetcher:
        ask(service, fetcher, NVIDIA)
    frames_without = sum("frames" in path for path, _ in speaker.asked[asked:])
    assert len(speaker.asked) == asked + (frames_without if service == "frames" else 0)


@pytest.mark.parametrize(
    ("service", "page", "body"),
    [
        ("sec", "/api/xbrl/companyfacts/CIK0001045810.json", b'{"cik": 1045810, "facts": 3}'),
        ("segments", "/submissions/CIK0001045810.json", b'{"filings": {"recent": {}}}'),
        ("fred", "/graph/fredgraph.csv?NASDAQCOM", b"day;value\n2026-01-01;1\n"),
        ("shiller", "/downloads/ie_data.xls", said.workbook([], sheet="Daten")),
        ("constituents", "/data/constituents-financials.csv", b"Ticker,Value\nNVDA,1\n"),
    ],
)
def test_a_changed_schema_is_told_and_proposes_nothing(
    service: str, page: str, body: bytes, fetcher: Fetcher, speaker: said.Speaker
) -> None:
    speaker.pages[page] = body
    with pytest.raises(LiveError, match="format has changed"):
        ask(service, fetcher, NVIDIA)


def test_without_a_contact_the_sec_is_not_asked(
    address: str, polite: Make, speaker: said.Speaker
) -> None:
    assert address
    with Fetcher(polite(contact=""), None) as fetcher:
        for service in ("sec", "frames", "segments"):
            with pytest.raises(LiveError, match="CARDHOUSE_CONTACT"):
                ask(service, fetcher)
    assert speaker.asked == []


@pytest.mark.parametrize(
    ("check", "name", "hint"),
    [(check_services, "shillr", "shiller"), (check_entities, "nvdia", "nvidia")],
)
def test_a_wrong_name_gets_a_hint(check: Callable[..., object], name: str, hint: str) -> None:
    with pytest.raises(CardhouseError, match=f"Did you mean '{hint}'"):
        check([name])


def test_what_servers_say_here_is_json() -> None:
    json.loads(said.companyfacts(7, said.cash_flows()))
