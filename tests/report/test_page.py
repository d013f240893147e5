"""The report as a file: self-contained, complete, safe, and true to the document."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import cardhouse.report
from cardhouse.report._cast import Cast
from cardhouse.report._headline import by_group, headline_numbers
from cardhouse.report._over_time import panel, round_top
from cardhouse.report._subsidies import NOT_IN_CASH
from cardhouse.report.page import report_html
from cardhouse.studies import document_ledger
from report.sample import quarter, sample_document

Document = dict[str, Any]
VOID = {"meta", "link", "input", "br", "rect", "line", "path"}


class Reader(HTMLParser):
    """Collect what a page is made of, and whether its elements close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page() -> str:
    return report_html(sample_document())


@pytest.fixture(scope="module")
def reader(page: str) -> Reader:
    return Reader(page)


def test_the_room_writes_a_file(tmp_path: Path) -> None:
    cardhouse.report.write_report(sample_document(), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.strip().startswith("<!doctype html>")
    assert text.strip().endswith("</html>")


def test_people_and_prices_are_told_with_their_sources(page: str) -> None:
    assert 'id="people"' in page
    assert "pays $246, serving it costs $150; a free user costs $5.40" in page
    assert "640 (580 to 700)" in page
    assert "$63.00" not in page
    assert "$63 a year instead of $240: 38% pay instead of 5%" in page
    assert "Free users are held as they are." in page
    assert "Enterprises (elasticity 0.8): takings rise with every price" in page


def test_envelopes_stand_side_by_side(page: str) -> None:
    assert "An invented yearbook" in page
    assert re.search(r"These accounts.*?198\.0.*?396\.0.*?792\.0", page, re.DOTALL)


def test_a_verdict_stands_beside_each_definition(page: str) -> None:
    assert "those who only rent out accelerators" in page
    assert page.count('class="rulings"') == 1
    assert "Then and now: Clouds live on thin margins" in page
    assert "Margin (2025-06)" in page


def test_a_document_without_them_is_told_without_them() -> None:
    short = sample_document()
    for part in ("people", "best_price", "back_of_envelope"):
        del short["ledger"][part]
    short["ledger_by_quarter"] = {}
    told = report_html(short)
    assert 'id="people"' not in told
    assert "back-of-envelope" not in told


def test_the_same_document_gives_the_same_bytes(page: str) -> None:
    assert report_html(sample_document()) == page


def test_elements_close_in_order_and_ids_are_unique(reader: Reader) -> None:
    assert reader.open == []
    ids = [attributes["id"] for _, attributes in reader.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))


def test_nothing_is_asked_of_anybody(page: str, reader: Reader) -> None:
    for tag in ("script", "img", "iframe", "object", "embed", "form", "base", "image", "use"):
        assert not reader.all(tag)
    assert [one["href"] for one in reader.all("link")] == ["data:,"]
    style = page.split("<style>")[1].split("</style>", maxsplit=1)[0]
    assert "url(" not in style
    assert "@import" not in style
    assert not any("style" in attributes for _, attributes in reader.elements)
    assert not any(
        name.startswith("on") for _, attributes in reader.elements for name in attributes
    )


def test_the_security_policy_names_this_very_style_sheet(page: str, reader: Reader) -> None:
    style = page.split("<style>")[1].split("</style>", maxsplit=1)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(one["content"] for one in reader.all("meta") if one.get("http-equiv"))
    assert policy is not None
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_links_inside_the_page_lead_somewhere(reader: Reader) -> None:
    ids = {attributes.get("id") for _, attributes in reader.elements}
    inside = [one["href"] for one in reader.all("a") if (one["href"] or "").startswith("#")]
    assert inside
    assert {str(href)[1:] for href in inside} <= ids


def test_every_figure_has_a_sentence_a_table_and_the_digest(page: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert len(figures) >= 9
    for figure in figures:
        spoken = re.findall(r'role="img" aria-label="([^"]+)"', figure)
        assert spoken
        assert all(len(one.split()) >= 3 for one in spoken)
        assert "<details>" in figure
        assert "<caption>" in figure
        assert "9f86d081884c" in figure


@pytest.mark.parametrize(
    "words",
    [
        "Capital stops: NVIDIA's sales are",
        "not a forecast and not advice",
        "Where the money goes in 2025Q2",
        "Each tier over time",
        "Who ultimately pays the largest sellers",
        "Who is subsidised",
        "Who fails, when, and who bears the loss",
        "Runway without new money",
        "Debt falling due",
        "Figures that cannot all be true",
        "Method and limits",
        "Sources behind the numbers",
        "Invented yearbook, volume 5",
        "Its own money, come round",
        "the baseline in the same quarter",
    ],
)
def test_the_report_tells(page: str, words: str) -> None:
    assert words.replace("'", "&#39;") in page or words in page


def test_numbers_are_the_documents_to_the_printed_digit(page: str) -> None:
    document = sample_document()
    nvidia = next(one for one in document["entities"] if one["id"] == "nvidia")
    assert f"${nvidia['revenue'][0]:,.1f}\N{NO-BREAK SPACE}bn" in page
    for row, name in enumerate(document["quarters"]):
        chips = next(one for one in document["tiers"] if one["tier"] == "chips")
        assert re.search(rf'scope="row">{name}</th>.*{chips["revenue"][row]:,.1f}<', page)
    assert '<td class="number">-4.4</td>' in page.replace("<strong>", "").replace("</strong>", "")


def test_cited_facts_are_listed_once_with_source_date_and_grade(page: str) -> None:
    listed = re.findall(r'<li id="fact-(\w+)" value="(\d+)">(.*?)</li>', page)
    assert [int(number) for _, number, _ in listed] == list(range(1, len(listed) + 1))
    assert len({fact for fact, _, _ in listed}) == 8
    assert all("example.com" in text and "grade" in text for _, _, text in listed)


def test_evidence_against_stands_beside_evidence_for(page: str) -> None:
    claims = re.findall(r"<article.*?</article>", page, re.DOTALL)
    assert len(claims) == 4
    assert all("<h4>For</h4>" in one and "<h4>Against</h4>" in one for one in claims)
    assert "Holds in part" in claims[0]
    assert "List prices are per month" in claims[0]


def test_much_evidence_is_folded_and_nothing_is_lost() -> None:
    document = sample_document()
    lines = [f"Witness number {number}" for number in range(9)]
    figures = [
        {"name": f"measure {number}", "value": number, "facts": list(document["facts"])}
        for number in range(8)
    ]
    document["claims"] = [{**document["claims"][0], "for": lines, "figures": figures}]
    claim = re.findall(r"<article.*?</article>", report_html(document), re.DOTALL)[0]
    assert [line for line in lines if line not in claim] == []
    assert "2 more figures" in claim
    assert "5 more<" in claim
    assert claim.count("5 more sources") == 8
    assert claim.count('class="cite"') == 8 * 8


def test_text_from_a_document_is_never_markup() -> None:
    document = sample_document()
    evil = '"><script>alert(1)</script>&'
    document["manifest"]["scenario_words"] = evil
    document["entities"][5]["name"] = evil
    document["claims"] = [{**document["claims"][0], "claim": evil, "for": [evil]}]
    document["facts"] = {
        one: {**fact, "source": evil, "url": "javascript:alert(1)"}
        for one, fact in document["facts"].items()
    }
    page = report_html(document)
    assert "<script" not in page
    assert "javascript:" not in page
    assert Reader(page).open == []


def test_a_calm_run_says_that_nobody_fails() -> None:
    page = report_html(sample_document(freeze=False))
    assert "No firm fails or comes under stress on the central path" in page
    assert "cardhouse ensemble" in page
    assert "the baseline in the same quarter" not in page


def test_each_default_of_a_firm_is_told_with_its_quarter() -> None:
    full = sample_document(freeze=True)
    last = full["fragility"]["defaults"][-1]
    before = {**last, "quarter": full["quarters"][1], "owed": 9.0, "paid": 8.0}
    full["fragility"]["defaults"].insert(0, {**before, "loss_by_holder": {}})
    page = report_html(full)
    told = f"{before['quarter']}: owed $9.0 bn, paid $8.0 bn; {last['quarter']}: owed"
    assert told in page.replace("\N{NO-BREAK SPACE}", " ")


def test_a_bare_document_is_a_report(document: Document) -> None:
    page = report_html(document)
    assert Reader(page).open == []
    assert "None" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


@pytest.fixture
def document() -> Document:
    """Return a document with one quarter, one payment and nothing that may be missing."""
    full = sample_document(freeze=False, count=1)
    users, firm = full["entities"][0], full["entities"][24]
    empty = {"revenue_needed_usd_bn": None, "implied_expected_growth": {}, "subsidy_by_source": {}}
    pays = {"with_programs": None, "without_programs": None}
    lone = {**firm, "cash": [], "debt": [], "status": [None], "price": [None]}
    shares = dict.fromkeys(("firms", "revenue", "users_spending"))
    fragility = {"defaults": [], "maturities": [], "profit_share": {}, "profit_herfindahl": None}
    return {
        **{key: full[key] for key in ("schema", "manifest", "quarters", "tiers", "checks")},
        "entities": [users, lone],
        "flows": [{"payer": users["id"], "payee": firm["id"], "kind": "sale", "amount": [1.0]}],
        "ledger": {**empty, "users_pay_per_dollar_of_cost": pays, "subsidy_by_firm": []},
        "ledger_by_quarter": {},
        "trace": {},
        "trace_by_quarter": {},
        "trace_round_trip_usd_bn": {},
        "claims": [],
        "fragility": {**fragility, "loss_making_share": shares},
        "accounts": {"moves": [], "estimated_share_of_flows": 0.0},
    }


def test_a_long_run_of_many_firms_stays_under_two_megabytes() -> None:
    document = sample_document(count=401)
    copies = [
        {**one, "id": f"{one['id']}_{number}", "name": f"{one['name']} {number}"}
        for number in range(4)
        for one in document["entities"]
    ]
    flows = [
        {**flow, "payer": f"{flow['payer']}_{number}", "payee": f"{flow['payee']}_{number}"}
        for number in range(4)
        for flow in document["flows"]
    ]
    document["entities"] += copies
    document["flows"] += flows
    assert quarter(400) in (page := report_html(document))
    assert len(page.encode()) < 2_000_000


def test_the_four_numbers_are_those_of_the_document() -> None:
    document = sample_document()
    numbers = headline_numbers(document, Cast(document))
    assert [one.figure for one in numbers] == [
        "43¢",
        "$9.2\N{NO-BREAK SPACE}bn",
        "13%",
        "3 firms fail",
    ]
    assert "paid by known final customers" in numbers[2].what
    assert "Other chip buyers 34%, whose own money is unknown" in numbers[2].detail
    assert "on the central path" in numbers[3].what
    assert "cardhouse ensemble" in numbers[3].detail
    assert "61¢ without training" in numbers[0].detail
    assert "Venture funds, $3.4" in numbers[1].detail
    assert "2026Q3" in numbers[3].detail


def test_round_trips_are_chains_a_person_can_read(page: str) -> None:
    figure = page.split('<figure id="round-trips"')[1].split("</figure>", maxsplit=1)[0]
    chain = "NVIDIA \N{RIGHTWARDS ARROW} OpenAI \N{RIGHTWARDS ARROW} Microsoft"
    assert f"{chain} \N{RIGHTWARDS ARROW} NVIDIA" in figure
    assert "shares; programs; plant" in figure
    assert "On what is promised, 1 loop has finance in it, the widest" in figure
    assert "shares (letter of intent); programs (promised); plant (not promised)" in figure
    assert "through Microsoft in all" in figure


def test_a_run_in_which_nothing_runs_round_has_no_such_section() -> None:
    nothing = {"loops": [], "smaller": {"loops": 0, "usd_bn": 0.0}, "by_seller": {}}
    document = {**sample_document(), "round_trips": {"base": nothing, "cumulated": nothing}}
    assert 'id="round-trips"' not in report_html(document)


def test_shares_by_kind_of_payer_add_up() -> None:
    document = sample_document()
    for shares in document["trace"].values():
        assert sum(by_group(Cast(document), shares).values()) == pytest.approx(1.0)


def test_a_missing_value_breaks_a_curve_and_is_never_drawn_as_zero() -> None:
    tier = {"tier": "labs", "revenue": [1.0, None, 3.0], "full_cost": [2.0, 2.0, 2.0]}
    drawing = str(panel(tier, ["2025Q2", "2025Q3", "2025Q4"], None))
    curve = re.search(r'd="([^"]*)" class="curve sales"', drawing)
    assert curve is not None
    assert curve.group(1).count("M") == 2
    assert curve.group(1).count("L") == 0


@pytest.mark.parametrize("most", [1e-6, 0.3, 1.0, 7.0, 99.9, 12345.6])
def test_axes_start_at_zero_and_end_at_a_round_number_above(most: float) -> None:
    top = round_top(most)
    assert most <= top <= 2.5 * most
    drawing = str(
        panel({"tier": "x", "revenue": [most] * 2, "full_cost": [0.0] * 2}, ["2025Q2"] * 2, None)
    )
    assert re.search(r'class="tick end">0</text>', drawing)


def test_the_ledgers_name_for_what_is_not_cash_is_the_studys() -> None:
    assert NOT_IN_CASH == document_ledger.NOT_IN_CASH
