"""What services say, read: their real forms, and a sentence for every form that is another one."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import live_server as said
from cardhouse.errors import LiveError
from cardhouse.facts.live import inline, sec, series
from cardhouse.facts.live.sec import Filing

REVENUE = "RevenueFromContractWithCustomerExcludingAssessedTax"
AXIS = "us-gaap:StatementBusinessSegmentsAxis"
MEMBER = "amzn:AmazonWebServicesSegmentMember"
FILING = Filing(said.ACCESSION, "10-Q", dt.date(2026, 5, 1), "2026-03-31", "r.htm")
BUSINESS = {"us-gaap__StatementBusinessSegmentsAxis": MEMBER}
QUARTER = ("2026-01-01", "2026-03-31")
WORDS = st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
)


class TestCompanyfacts:
    def test_reads_dollars_by_tag(self) -> None:
        rows = [
            said.filed(None, "2025-12-31", 1_500_000_000, "2026-02-01", "10-K"),
            said.filed(None, "2025-12-31", 7, "2026-02-01", "S-1"),
        ]
        found = sec.companyfacts(said.companyfacts(7, {"Cash": rows}), 7)
        (one,) = found["Cash"]
        assert (one.start, one.end, one.value) == (
            None,
            dt.date(2025, 12, 31),
            Decimal(1_500_000_000),
        )
        assert (one.filed, one.form) == (dt.date(2026, 2, 1), "10-K")

    def test_other_units_are_left_out(self) -> None:
        told = json.loads(said.companyfacts(7, {"Cash": []}))
        told["facts"]["us-gaap"]["Cash"]["units"] = {"EUR": [{"end": "2025-12-31"}]}
        assert sec.companyfacts(json.dumps(told).encode(), 7) == {"Cash": []}

    @pytest.mark.parametrize("key", ["end", "val", "accn", "form", "filed"])
    def test_a_key_that_is_gone_is_named(self, key: str) -> None:
        row = said.filed(None, "2025-12-31", 1, "2026-02-01")
        row.pop(key)
        with pytest.raises(LiveError, match=f"'{key}' is missing.*format has changed"):
            sec.companyfacts(said.companyfacts(7, {"Cash": [row]}), 7)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"val": "12"}, "val is '12'"),
            ({"val": True}, "val is 'True'"),
            ({"val": None}, "val is 'None'"),
            ({"val": 10**19}, "number of dollars"),
            ({"end": "31.12.2025"}, "is no day"),
            ({"filed": 5}, "is no day"),
        ],
    )
    def test_a_cell_of_another_form_is_named(self, change: dict[str, Any], words: str) -> None:
        row = {**said.filed(None, "2025-12-31", 1, "2026-02-01"), **change}
        with pytest.raises(LiveError, match=words):
            sec.companyfacts(said.companyfacts(7, {"Cash": [row]}), 7)

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b'{"cik": 7}', b'{"cik": 7, "facts": {"us-gaap": []}}',
                 b'{"cik": 7, "facts": {"us-gaap": {"Cash": {"units": {"USD": {}}}}}}',
                 b'{"cik": NaN}', b"[" * 100_000]
    )  # fmt: skip
    def test_another_document_is_a_sentence(self, body: bytes) -> None:
        with pytest.raises(LiveError):
            sec.companyfacts(body, 7)

    def test_another_firm_is_refused(self) -> None:
        with pytest.raises(LiveError, match="'cik' is 8, expected 7"):
            sec.companyfacts(said.companyfacts(8, {}), 7)

    @given(JSON)
    def test_any_json_is_read_or_told(self, told: Any) -> None:
        for body in (told, {"cik": 7, "facts": {"us-gaap": told}}):
            said_so = ""
            try:
                sec.companyfacts(json.dumps(body).encode(), 7)
            except LiveError as error:
                said_so = str(error)
            assert said_so.isprintable()


def test_a_frame_has_every_firm() -> None:
    found = sec.frame(said.frame("Revenues", [7, 8]), "Revenues")
    assert [(one.cik, one.filed.value, one.filed.filed) for one in found] == [
        (7, 5_000_000_007, None), (8, 5_000_000_008, None)
    ]  # fmt: skip


@pytest.mark.parametrize("body", [b"{}", b'{"data": {}}', b'{"data": [{"cik": 7}]}'])
def test_a_frame_of_another_form_is_told(body: bytes) -> None:
    with pytest.raises(LiveError, match="format has changed"):
        sec.frame(body, "Revenues")


def test_reports_come_newest_first_and_others_are_left_out() -> None:
    rows = [
        ("a", "10-Q", "2025-08-01", "2025-06-30", "a.htm"), ("b", "4", "2025-09-01", "", "b.xml"),
        ("c", "10-K", "2026-02-01", "2025-12-31", "c.htm"), ("d", "10-Q", "2025-05-01", "", ""),
    ]  # fmt: skip
    assert [one.accession for one in sec.filings(said.submissions(7, rows), 7)] == ["c", "a"]


@pytest.mark.parametrize(
    "change",
    [{"form": None}, {"form": "10-Q"}, {"form": ["10-Q", "10-K"]}, {"filingDate": ["soon"]}],
)
def test_a_list_of_filings_of_another_form_is_told(change: dict[str, Any]) -> None:
    told = json.loads(said.submissions(7, [("a", "10-Q", "2025-08-01", "", "a.htm")]))
    told["filings"]["recent"].update(change)
    with pytest.raises(LiveError, match="format has changed"):
        sec.filings(json.dumps(told).encode(), 7)


def segment(contexts: str, body: str) -> list[Decimal]:
    tags = [REVENUE, "Revenues"]
    marked = inline.marked_figures(said.inline(contexts, body), "a filing", tags)
    return [one.value for one in inline.of_member(marked, FILING, tags, AXIS, [MEMBER])]


CONTEXT = said.context("s", *QUARTER, **BUSINESS)


class TestInline:
    @pytest.mark.parametrize(
        ("text", "more", "value"),
        [
            ("37,580", {}, 37_580_000_000),
            ("37,580", {"sign": "-"}, -37_580_000_000),
            ("37.58", {"scale": "9"}, 37_580_000_000),
            ("37580000000", {"scale": "0"}, 37_580_000_000),
            ("37.580", {"format": "ixt:num-comma-decimal"}, 37_580_000_000),
            ("37 580,5", {"format": "ixt4:numcommadecimal"}, 37_580_500_000),
            ("\N{EM DASH}", {"format": "ixt:fixed-zero"}, 0),
            ("\N{EN DASH}", {}, 0),
            ("<span>37,</span><b>580</b>", {}, 37_580_000_000),
        ],
    )
    def test_reads_text_scale_sign_and_format(
        self, text: str, more: dict[str, str], value: int
    ) -> None:
        assert segment(CONTEXT, said.mark(REVENUE, "s", text, **more)) == [value]

    def test_names_in_lower_case_are_the_same(self) -> None:
        body = said.mark(REVENUE, "s", "5").replace("ix:nonFraction", "ix:nonfraction")
        body = body.replace("contextRef", "contextref").replace("unitRef", "unitref")
        assert segment(CONTEXT, body) == [5_000_000]

    def test_only_the_segment_counts_whole_and_not_crossed(self) -> None:
        crossed = {**BUSINESS, "srt__StatementGeographicalAxis": "country:US"}
        other = dict.fromkeys(BUSINESS, "amzn:InternationalSegmentMember")
        members = {"s": BUSINESS, "all": {}, "us": crossed, "other": other}
        contexts = "".join(said.context(name, *QUARTER, **one) for name, one in members.items())
        marks = [said.mark(REVENUE, name, str(at)) for at, name in
                 enumerate(("s", "all", "us", "other"), 1)]  # fmt: skip
        assert segment(contexts, "".join(marks)) == [1_000_000]

    @pytest.mark.parametrize("taxonomy", ["srt", "us-gaap"])
    def test_operating_segments_are_the_whole_segment(self, taxonomy: str) -> None:
        more = {f"{taxonomy}__ConsolidationItemsAxis": "us-gaap:OperatingSegmentsMember"}
        contexts = said.context("s", *QUARTER, **BUSINESS, **more)
        assert segment(contexts, said.mark(REVENUE, "s", "5")) == [5_000_000]
        contexts = contexts.replace("OperatingSegmentsMember", "IntersegmentEliminationMember")
        assert segment(contexts, said.mark(REVENUE, "s", "5")) == []

    def test_the_first_tag_counts_and_of_one_tag_the_most_exact(self) -> None:
        body = (
            said.mark("Revenues", "s", "9") + said.mark(REVENUE, "s", "5.1", decimals="-5")
            + said.mark(REVENUE, "s", "5", decimals="-6")
        )  # fmt: skip
        assert segment(CONTEXT, body) == [5_100_000]

    def test_dollars_a_share_and_nothing_are_left_out(self) -> None:
        body = said.mark(REVENUE, "s", "9", unitRef="usdPerShare")
        body += (
            said.mark(REVENUE, "s", "")
            .replace(" scale", ' xsi:nil="true" scale')
            .replace(
                "<ix:nonFraction",
                '<ix:nonFraction xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
            )
        )
        assert segment(CONTEXT, body) == []

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (said.mark(REVENUE, "s", "n/a"), "'n/a'"),
            (said.mark(REVENUE, "s", "5", scale="six"), "is no figure"),
            (said.mark(REVENUE, "nowhere", "5"), "context that is not there"),
        ],
    )
    def test_a_figure_that_cannot_be_read_is_told(self, body: str, words: str) -> None:
        with pytest.raises(LiveError, match=words):
            segment(CONTEXT, body)

    def test_a_document_without_contexts_is_told(self) -> None:
        with pytest.raises(LiveError, match="no context"):
            segment("", "")

    @pytest.mark.parametrize("at", [200, 900, 1200])
    def test_a_document_cut_short_is_told(self, at: int) -> None:
        whole = said.inline(CONTEXT, said.mark(REVENUE, "s", "5"))
        with pytest.raises(LiveError, match="no whole XHTML"):
            inline.marked_figures(whole[:at], "a filing", [REVENUE])

    def test_a_billion_laughs_are_not_laughed(self) -> None:
        doctype = b'<!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
        whole = said.inline(CONTEXT, said.mark(REVENUE, "s", "5")).replace(
            b"<html", doctype + b"<html", 1
        )
        with pytest.raises(LiveError, match="defines entities"):
            inline.marked_figures(whole, "a filing", [REVENUE])


class TestFred:
    ROWS = (("2026-01-01", "1.5"), ("2026-01-02", "."), ("2026-01-05", "-2"))
    FOUND = ((dt.date(2026, 1, 1), 1.5), (dt.date(2026, 1, 5), -2.0))

    def test_json_and_csv_say_the_same_and_a_dot_is_nothing(self) -> None:
        assert tuple(series.fred_json(said.fred_json(list(self.ROWS)), "S")) == self.FOUND
        body = said.fred_csv("S", list(self.ROWS))
        assert tuple(series.fred_csv(body, "S")) == self.FOUND
        assert tuple(series.fred_csv(body.replace(b",.\n", b",\n"), "S")) == self.FOUND
        old = body.replace(b"observation_date", b"DATE")
        assert tuple(series.fred_csv(old, "S")) == self.FOUND

    def test_nothing_since_a_day_is_nothing(self) -> None:
        assert series.fred_csv(b"observation_date,S\n", "S") == []
        assert series.fred_json(said.fred_json([("2026-01-01", ".")]), "S") == []

    @pytest.mark.parametrize(
        "body",
        [b"", b"observation_date,OTHER\n2026-01-01,1\n", b"date,S\n2026-01-01,1\n",
         b"observation_date,S\n2026-01-01,1\n2026-0", b"observation_date,S\n2026-01-01,one\n",
         b"observation_date,S\n01/02/2026,1\n",
         b"observation_date,S\n2026-01-01,inf\n", b"observation_date,S\n\xff\xfe,1\n"],
    )  # fmt: skip
    def test_csv_of_another_form_is_told(self, body: bytes) -> None:
        with pytest.raises(LiveError, match="FRED series S"):
            series.fred_csv(body, "S")

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b"{}", b'{"observations": [{"date": "2026-01-01"}]}',
         b'{"observations": [3]}',
         b'{"count": 9, "observations": [{"date": "2026-01-01", "value": "1"}]}'],
    )  # fmt: skip
    def test_json_of_another_form_is_told(self, body: bytes) -> None:
        with pytest.raises(LiveError, match="FRED series S"):
            series.fred_json(body, "S")


class TestShiller:
    @given(st.integers(1871, 2199), st.integers(1, 12), st.booleans())
    def test_every_month_survives_its_lost_zero(self, year: int, month: int, text: bool) -> None:
        number = float(f"{year}.{month:02d}")
        cell = str(number) if text else number
        assert series.month_of(cell) == dt.date(year, month, 1)

    @pytest.mark.parametrize(
        "cell", ["", "Date", None, 2025.0, 2025.13, 1492.01, True, float("nan")]
    )
    def test_what_is_no_month_is_none(self, cell: object) -> None:
        assert series.month_of(cell) is None

    def test_reads_months_below_the_header_and_stops_at_the_notes(self) -> None:
        body = said.workbook([(1999.12, 1428.7, 48.2, "NA"), (2000.01, 1425.6, "", 43.8)])
        found = series.shiller_months(body)
        assert [(one.first.isoformat(), one.price, one.earnings, one.cape) for one in found] == [
            ("1999-12-01", 1428.7, 48.2, None), ("2000-01-01", 1425.6, None, 43.8)
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1broken", "cannot be read"),
            (said.workbook([(2000.01, 1.0, 1.0, 1.0)], sheet="Sheet1"), "no sheet 'Data'"),
            (said.workbook([(2000.01, 1.0, 1.0, 1.0)], header=["Date", "P", "E"]), "CAPE"),
            (said.workbook([]), "no month"),
            (said.workbook([(2000.01, 1.0, 1.0, 1.0), (2000.03, 1.0, 1.0, 1.0)]), "2000-03"),
        ],
    )
    def test_another_workbook_is_told(self, body: bytes, words: str) -> None:
        with pytest.raises(LiveError, match=words):
            series.shiller_months(body)

    @pytest.mark.parametrize("at", [600, 2000, 4000])
    def test_a_workbook_cut_short_is_told(self, at: int) -> None:
        whole = said.workbook([(2000.01, 1.0, 1.0, 1.0)])
        with pytest.raises(LiveError):
            series.shiller_months(whole[:at])

    @pytest.mark.parametrize(
        ("page", "link"),
        [
            (b'<a href="//img1.wsimg.com/a/ie_data.xls?ver=1&amp;x=2">', "https://img1.wsimg.com/a/ie_data.xls?ver=1&x=2"),
            (b"<a href='/d/ie_data.xls'>", "/d/ie_data.xls"),
        ],
    )  # fmt: skip
    def test_the_page_s_link_is_found(self, page: bytes, link: str) -> None:
        assert series.shiller_link(page) == link

    def test_a_page_without_a_link_is_told(self) -> None:
        with pytest.raises(LiveError, match="CARDHOUSE_SHILLER_URL"):
            series.shiller_link(b"<html>moved</html>")
