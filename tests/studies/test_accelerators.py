"""Accelerators: figures read from facts, classes of a table, the document's part, the claim."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.accounts import economy_facts, read_definition
from cardhouse.accounts.definition import Definition
from cardhouse.accounts.tables import Row
from cardhouse.analysis.accelerators import INPUTS, Accelerator, cost_per_hour
from cardhouse.analysis.price_claims import Tariff, cost_covered
from cardhouse.errors import EconomyError, InputError
from cardhouse.facts import Fact, FactTable
from cardhouse.studies.accelerator_classes import (
    UNITS,
    AcceleratorClass,
    accelerator_classes,
    choose_classes,
    classes_of,
    machine_of,
    read_inputs,
)
from cardhouse.studies.accelerator_figures import FigureReader, parse_figure
from cardhouse.studies.accelerator_market import Market, price_all, price_class
from cardhouse.studies.check_files import check_file
from cardhouse.studies.document_accelerators import (
    accelerator_rows,
    accelerators_row,
    cited_facts,
)
from cardhouse.studies.schemas_accelerators import accelerators_part

SHIPPED = Path(__file__).parents[2] / "src/cardhouse/accounts/economies/ai"
BASE = "2025Q2"
DAY = dt.date(2025, 5, 15)
COLUMNS = ("class", "name", "input", "figure", "value", "low", "high", "note")
RENTAL = ("class", "kind", "figure", "utilisation", "low", "high", "note")


def fact(number: int, metric: str, value: float, **changes: Any) -> Fact:
    day = changes.pop("day", DAY)
    cells = {
        "id": f"{number:010x}", "entity": "nvidia", "tier": "chips", "metric": metric, "item": "",
        "counterparty": "", "unit": "usd", "period_start": day, "period_end": day, "value": value,
        "low": None, "high": None, "basis": "filing", "grade": "B", "published": "2025-07-01",
        "known_from": day, "known_from_basis": "stated", "source": "a filing",
        "url": "https://example.com", "note": "",
    }  # fmt: skip
    return Fact(**{**cells, **changes})


def read(cell: str, *facts: Fact, day: dt.date = DAY, **more: Any) -> Any:
    return FigureReader(FactTable(facts), day, **more).read(parse_figure(cell, "x"), "x")


PLAIN = {
    "price": 30_000, "server_share": 0.5, "site_per_kw": 10_000, "power_kw": 1.5, "pue": 1.2,
    "power_price": 0.08, "other": 0.05, "life": 5, "site_life": 20, "rate": 0.08,
    "utilisation": 0.8,
}  # fmt: skip


def economy(inputs: dict[str, Any], rentals: list[dict[str, str]] | None = None) -> Definition:
    """Return the tables of an economy with one class, ``card``."""
    rows = [
        {"class": "card", "name": "Card", "input": name, **_cells(cells)}
        for name, cells in inputs.items()
    ]
    tables = {
        "accelerators.csv": _rows("accelerators.csv", COLUMNS, rows),
        "accelerator_rentals.csv": _rows("accelerator_rentals.csv", RENTAL, rentals or []),
    }
    return Definition("invented", tables)


def _cells(cells: Any) -> dict[str, str]:
    given = cells if isinstance(cells, dict) else {"value": cells}
    return {name: str(cell) for name, cell in given.items()}


def _rows(table: str, columns: tuple[str, ...], rows: list[dict[str, str]]) -> list[Row]:
    return [
        Row(table, number, {column: row.get(column, "") for column in columns})
        for number, row in enumerate(rows, start=2)
    ]


def card(rentals: list[dict[str, str]] | None = None, **inputs: Any) -> AcceleratorClass:
    return classes_of(economy({**PLAIN, **inputs}, rentals))[0]


def rent(day: dt.date, value: float, number: int, item: str = "") -> Fact:
    return fact(number, "gpu_hour_price", value, entity="h100", item=item, day=day)


def told(classes: tuple[AcceleratorClass, ...], market: Market) -> dict[str, Any] | None:
    """Return the document's part on classes."""
    return accelerators_row(price_all(classes, market), market)


@cache
def shipped() -> dict[str, Any]:
    facts = economy_facts("ai").known_at(dt.date(2026, 10, 31))
    market = Market(facts, BASE, {"nvidia_accelerators": 41.1})
    part = told(accelerator_classes("ai"), market)
    assert part is not None
    return part


def of(name: str) -> dict[str, Any]:
    return next(one for one in shipped()["classes"] if one["id"] == name)


class TestFigures:
    @given(st.lists(st.floats(0.5, 5.0), min_size=6, max_size=6).map(sorted), st.booleans())
    def test_a_range_takes_every_corner(self, cuts: list[float], divide: bool) -> None:
        first = fact(1, "rack_price", cuts[1], low=cuts[0], high=cuts[2])
        second = fact(2, "server_price", cuts[4], low=cuts[3], high=cuts[5])
        sign = "/" if divide else "-"
        found = read(f"rack_price@nvidia {sign} server_price@nvidia", first, second)
        ends = [a / b if divide else a - b for a in cuts[:3] for b in cuts[3:]]
        assert found.low == pytest.approx(min(ends))
        assert found.high == pytest.approx(max(ends))
        assert found.low <= found.value <= found.high

    def test_the_nearest_fact_counts_and_the_better_grade_of_two_as_near(self) -> None:
        days = [DAY + dt.timedelta(days=days) for days in (-90, 20, -20, 400)]
        grades = ("A", "C", "B", "A")
        facts = [
            fact(at, "rack_price", 10.0 * at, day=day, grade=grade)
            for at, (day, grade) in enumerate(zip(days, grades, strict=True), start=1)
        ]
        assert read("rack_price@nvidia", *facts).value == 30.0
        assert read("rack_price@nvidia", *facts, day=days[3]).value == 40.0

    def test_a_general_figure_goes_before_that_of_a_partner(self) -> None:
        region = fact(1, "power_price", 0.15, entity="datacentre", counterparty="nvidia")
        general = fact(
            2, "power_price", 0.08, entity="datacentre", day=DAY + dt.timedelta(days=300)
        )
        assert read("power_price@datacentre", region, general).value == 0.08
        assert read("power_price@datacentre", region).value == 0.15

    def test_alternatives_items_and_single_facts(self) -> None:
        one, two = (fact(n, "gpu_price", 1.0 * n, item=f"type_{n}") for n in (1, 2))
        assert read("rack_price@nvidia | gpu_price@nvidia.type_2", one, two).value == 2.0
        assert read("fact:0000000001 * 3", one, two).value == 3.0
        assert read("fact:00000000ff", one) is None

    def test_all_entities_add_up_within_the_quarter_alone(self) -> None:
        quarter = (dt.date(2025, 4, 1), dt.date(2025, 6, 30))
        facts = [
            fact(1, "gpu_units", 1.0, low=0.5, high=2.0),
            fact(2, "gpu_units", 2.0, entity="meta"),
            fact(3, "gpu_units", 9.0, entity="oracle", day=dt.date(2025, 7, 5)),
        ]
        found = read("gpu_units@*", *facts, within=quarter)
        assert (found.value, found.low, found.high) == (3.0, 2.5, 4.0)
        assert len(found.facts) == 2

    def test_guidance_and_later_knowledge_are_no_figures(self) -> None:
        plan = fact(1, "rack_price", 5.0, basis="guidance")
        late = fact(2, "rack_price", 6.0, known_from=dt.date(2026, 1, 1))
        assert read("rack_price@nvidia", plan) is None
        known = FactTable([late]).known_at(dt.date(2025, 12, 31))
        assert FigureReader(known, DAY).read(parse_figure("rack_price@nvidia", "x"), "x") is None

    def test_sales_of_a_line(self) -> None:
        assert read("line:chips / 2", sales={"chips": 4.0}).value == 2.0
        assert read("line:chips / 2") is None

    @pytest.mark.parametrize(
        ("cell", "said"),
        [
            ("rack_price@nvidia /", "is no arithmetic over facts"),
            ("__import__('os')", "is no arithmetic over facts"),
            ("rack_price@nvidia ** 2", "is no arithmetic over facts"),
            ("rack_price", "is no arithmetic over facts"),
            (
                "rack_prise@nvidia",
                "metric 'rack_prise', which is not in the dictionary of facts. D",
            ),
            ("rack_price@nvidai", "Did you mean 'nvidia'"),
            ("(" * 500 + "1" + ")" * 500, "is no arithmetic over facts"),
        ],
    )
    def test_a_cell_that_cannot_be_read_is_refused(self, cell: str, said: str) -> None:
        with pytest.raises(EconomyError, match="row 7") as caught:
            parse_figure(cell, "row 7")
        assert said in str(caught.value)

    def test_a_fact_of_zero_below_a_line_is_told(self) -> None:
        with pytest.raises(EconomyError, match="0000000001"):
            read("1 / rack_price@nvidia", fact(1, "rack_price", 0.0))


class TestClasses:
    def test_an_assumption_stands_where_no_fact_is_known(self) -> None:
        one = card(price={"figure": "rack_price@nvidia", "value": 7, "low": 6, "high": 9})
        reader = FigureReader(FactTable([]), DAY)
        assumed = read_inputs(one, reader)["price"]
        assert (assumed.value, assumed.low, assumed.high, assumed.basis) == (7, 6, 9, "assumption")
        known = FigureReader(FactTable([fact(1, "rack_price", 8.0)]), DAY)
        found = read_inputs(one, known)["price"]
        assert (found.value, found.low, found.high) == (8.0, 6, 9)
        assert (found.basis, found.range_basis, found.facts) == (
            "fact",
            "assumption",
            ("0000000001",),
        )

    def test_a_range_always_holds_its_value(self) -> None:
        one = card(price={"figure": "rack_price@nvidia", "value": 7, "low": 6, "high": 9})
        far = FigureReader(FactTable([fact(1, "rack_price", 80.0)]), DAY)
        assert read_inputs(one, far)["price"].high == 80.0

    def test_what_is_asked_takes_the_place_of_everything(self) -> None:
        asked = read_inputs(card(), FigureReader(FactTable([]), DAY), {"life": 3.0})["life"]
        assert (asked.value, asked.low, asked.high, asked.basis) == (3.0, 3.0, 3.0, "asked")

    def test_the_machine_is_the_inputs(self) -> None:
        inputs = read_inputs(card(), FigureReader(FactTable([]), DAY))
        assert machine_of(inputs) == Accelerator(**PLAIN)

    @pytest.mark.parametrize(
        ("inputs", "said"),
        [
            ({"prize": 3}, "Did you mean 'price'"),
            ({"price": -3}, "accelerators.csv:2: value of price is -3. It must be above 0"),
            ({"pue": 0.9}, "at least 1"),
            ({"utilisation": 1.2}, "at most 1"),
            ({"price": {"value": 3, "low": 4}}, "low <= value <= high"),
            ({"price": {"note": "none"}}, "figure and value are empty"),
            ({"price": "much"}, "is not a finite number"),
        ],
    )
    def test_a_wrong_row_is_refused(self, inputs: dict[str, Any], said: str) -> None:
        with pytest.raises(EconomyError) as caught:
            classes_of(economy(inputs))
        assert said in str(caught.value)

    def test_a_rental_of_no_class_is_refused(self) -> None:
        with pytest.raises(EconomyError, match="Did you mean 'card'"):
            card([{"class": "cart", "kind": "list", "figure": "gpu_hour_price@h100"}])

    def test_an_economy_without_the_tables_has_none(self, tmp_path: Path) -> None:
        own = tmp_path / "own"
        shutil.copytree(SHIPPED, own)
        (own / "accelerators.csv").unlink()
        (own / "accelerator_rentals.csv").unlink()
        assert accelerator_classes(str(own)) == ()
        assert told((), Market(FactTable([]), BASE)) is None

    def test_a_check_of_a_folder_reads_them(self, tmp_path: Path) -> None:
        own = tmp_path / "own"
        shutil.copytree(SHIPPED, own)
        path = own / "accelerators.csv"
        path.write_text(path.read_text().replace("gpu_price_h100@nvidia |", "gpu_prise@nvidia |"))
        assert "gpu_prise" in check_file(own)[0]

    def test_a_class_that_is_not_known_is_mended(self) -> None:
        with pytest.raises(InputError, match="Did you mean 'card'"):
            choose_classes((card(),), ["cart"])

    def test_capitals_of_a_class_do_not_count(self) -> None:
        assert choose_classes((card(),), ["CARD"]) == (card(),)


RENTALS = [
    {"class": "card", "kind": "contract", "figure": "gpu_hour_price@h100.year",
     "utilisation": "1"},
    {"class": "card", "kind": "market", "figure": "gpu_hour_price@h100"},
]  # fmt: skip


class TestMarket:
    def market(self, *facts: Fact, **more: Any) -> Market:
        return Market(FactTable(facts), BASE, **more)

    def test_each_price_meets_the_cost_of_its_day(self) -> None:
        early, late = dt.date(2023, 6, 1), dt.date(2025, 5, 1)
        facts = [
            rent(early, 8.0, 1), rent(late, 2.0, 2),
            fact(3, "rack_price", 60_000.0, day=early), fact(4, "rack_price", 30_000.0, day=late),
        ]  # fmt: skip
        one = card(RENTALS, price={"figure": "rack_price@nvidia"})
        rentals = price_class(one, self.market(*facts)).rentals
        assert [rental.machine.price for rental in rentals if rental.machine] == [60_000, 30_000]
        assert [rental.is_nearest for rental in rentals] == [False, True]

    def test_a_fact_counts_for_the_first_kind_that_asks_for_it(self) -> None:
        facts = [rent(DAY, 2.0, 1, "year"), rent(DAY, 3.0, 2)]
        priced = price_class(card(RENTALS), self.market(*facts))
        kinds = {rental.kind: rental for rental in priced.rentals}
        assert kinds["contract"].facts == ("0000000001",)
        assert kinds["market"].facts == ("0000000002",)
        assert kinds["contract"].machine.utilisation == 1.0  # type: ignore[union-attr]
        assert kinds["market"].machine.utilisation == 0.8  # type: ignore[union-attr]

    def test_a_class_without_an_input_says_so(self) -> None:
        one = classes_of(economy({name: x for name, x in PLAIN.items() if name != "price"}))[0]
        priced = price_class(one, self.market())
        assert priced.cost is None
        assert priced.left_out == "No price is known."

    def test_a_class_not_sold_yet_is_left_out(self) -> None:
        late = fact(1, "rack_price", 9e4, day=dt.date(2027, 1, 1))
        one = card(price={"figure": "rack_price@nvidia"})
        assert "2027-01-01" in price_class(one, self.market(late)).left_out

    def test_units_are_sales_over_price(self) -> None:
        one = card(sales={"figure": "line:chips"}, all_sales={"figure": "line:chips * 2"})
        part = told((one,), self.market(sales={"chips": 3.0}))
        assert part is not None
        units = part["classes"][0]["units"]
        assert units["bought"]["value"] == pytest.approx(0.1)
        assert units["if_all_sales"]["value"] == pytest.approx(0.2)
        assert units["counted"] is None

    def test_a_price_asked_about(self) -> None:
        one = card(
            RENTALS,
            asked_price={"value": 30_000, "low": 20_000, "high": 40_000},
            tokens_per_second={"value": 1000, "low": 100, "high": 2000},
            token_price=10, plan_price=20, use_per_month=1,
        )  # fmt: skip
        part = told((one,), self.market(rent(DAY, 5.0, 1)))
        assert part is not None
        cost = cost_per_hour(Accelerator(**PLAIN))
        low, middle, high = part["prices"]
        assert middle["cost"]["value"] == pytest.approx(cost.total)
        assert high["accelerator"] == pytest.approx(2 * low["accelerator"])
        assert middle["tariffs"][0]["cost_share"] == pytest.approx(cost.total / 5.0)
        assert middle["tokens"]["per_million"]["value"] == pytest.approx(cost.total / 3.6)
        assert middle["tokens"]["needed_per_second"] == pytest.approx(cost.total / 10 * 1e6 / 3600)
        assert middle["plan"]["hours"]["value"] == pytest.approx(20 / cost.total)
        assert middle["plan"]["hours_taken"] == pytest.approx(1 / cost.total)
        assert middle["plan"]["hours_taken_in_full"] is None


class TestShipped:
    def test_every_class_has_a_cost_with_its_parts_and_a_range(self) -> None:
        assert [one["id"] for one in shipped()["classes"]] == [
            "h100",
            "b200",
            "gb200",
            "gb300",
            "tpu",
        ]
        for one in shipped()["classes"]:
            cost = one["cost"]
            assert cost["low"] < cost["value"] < cost["high"]
            assert sum(cost["parts"].values()) == pytest.approx(cost["value"])
            known = {row["name"]: row for row in one["inputs"]}
            assert set(known) >= set(INPUTS)
            assert all(row["low"] <= row["value"] <= row["high"] for row in one["inputs"])

    def test_every_input_rests_on_facts_or_says_why_not(self) -> None:
        facts = economy_facts("ai")
        for one in shipped()["classes"]:
            for row in one["inputs"]:
                if row["basis"] == "assumption":
                    assert len(row["note"]) > 10, row
                elif row["name"] != "all_sales":
                    assert row["facts"]
                    assert all(fact in facts.by_id for fact in row["facts"])

    @pytest.mark.parametrize("name", ["h100", "gb200", "gb300"])
    def test_an_analyst_s_cost_of_a_fully_used_hour_is_near(self, name: str) -> None:
        """The same question answered by somebody else, from a survey of prices."""
        published = next(r for r in of(name)["inputs"] if r["name"] == "published_cost")["value"]
        assert of(name)["cost_if_all_sold"] == pytest.approx(published, rel=0.15)

    def test_the_rents_of_the_h100_are_told_by_date(self) -> None:
        rents = {(row["day"], row["kind"]): row["value"] for row in of("h100")["rentals"]}
        assert rents["2023-04-01", "open market"] == 8.0
        assert rents["2025-10-16", "contract"] == 1.7
        assert rents["2026-10-05", "open market"] == 2.81
        days = [row["day"] for row in of("h100")["rentals"]]
        assert days == sorted(days)

    def test_units_are_near_those_that_are_counted(self) -> None:
        for name in ("h100", "gb200"):
            units = of(name)["units"]
            assert units["bought"]["value"] == pytest.approx(units["counted"]["value"], rel=0.25)

    def test_what_is_known_grows_with_the_date(self) -> None:
        early = economy_facts("ai").known_at(dt.date(2025, 8, 21))
        part = told(accelerator_classes("ai"), Market(early, BASE))
        assert part is not None
        then = {one["id"]: one for one in part["classes"]}
        assert then["gb200"]["left_out"] == "No price is known."
        assert len(then["h100"]["rentals"]) < len(of("h100")["rentals"])
        known = economy_facts("ai").known_at(dt.date(2025, 8, 21)).by_id
        assert set(cited_facts(part)) <= set(known)

    def test_it_is_as_the_schema_says_and_has_tables(self) -> None:
        told = json.loads(json.dumps(shipped(), allow_nan=False))
        jsonschema.Draft202012Validator(accelerators_part()).validate(told)
        tables = accelerator_rows(shipped())
        for columns, rows in tables.values():
            assert rows
            assert all(len(row) == len(columns) for row in rows)
        assert accelerator_rows(None) == {}

    def test_notes_name_facts_that_exist(self) -> None:
        facts = economy_facts("ai").by_id
        definition = read_definition("ai")
        notes = " ".join(row.text("note") for row in definition.rows("accelerators"))
        named = [word.strip("(),;:") for word in notes.split()]
        ids = [word for word in named if len(word) == 10 and word.isalnum() and word[-1].isalnum()]
        cited = [word for word in ids if all(letter in "0123456789abcdef" for letter in word)]
        assert len(cited) > 8
        assert [word for word in cited if word not in facts] == []

    def test_every_unit_is_named(self) -> None:
        rows = [row for one in shipped()["classes"] for row in one["inputs"]]
        assert {row["name"] for row in rows} <= set(UNITS)


class TestClaim:
    def tariff(self, rent: float, cost: float = 2.0, *, is_judged: bool = True) -> Tariff:
        return Tariff(
            "Card", "list", "2025-06", rent, cost, 3.0, "a life of 3 years", 1.0, 0.5, is_judged
        )

    @pytest.mark.parametrize(
        ("rents", "verdict"),
        [([5.0, 4.0], "holds"), ([5.0, 2.5], "in_part"), ([1.0, 2.5], "in_part"),
         ([1.0, 1.5], "does_not_hold"), ([], "undetermined")],
    )  # fmt: skip
    def test_the_verdict_follows_the_definition(self, rents: list[float], verdict: str) -> None:
        assert cost_covered([self.tariff(rent) for rent in rents]).verdict == verdict

    def test_only_the_nearest_of_a_kind_are_judged_and_told(self) -> None:
        found = cost_covered([self.tariff(5.0), self.tariff(1.0, is_judged=False)])
        assert found.verdict == "holds"
        assert found.opposes == ()

    def test_a_rent_that_hangs_on_one_input_is_told_on_both_sides(self) -> None:
        found = cost_covered([self.tariff(2.5)])
        assert "covers 2.00" in found.supports[0]
        assert "3.00, the cost with a life of 3 years" in found.opposes[0]
