"""Scenario files and the paths of levers they ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cardhouse.errors import CardhouseError, InputError, ScenarioError
from cardhouse.facts import load_facts
from cardhouse.model.scenario import Event, Lever, Scenario, Shock
from cardhouse.studies.check_files import Against, check_file
from cardhouse.studies.levers import load_levers
from cardhouse.studies.scenario_files import (
    combine,
    expectations,
    lever_paths,
    list_scenarios,
    load_scenario,
    scenario_schema,
)
from cardhouse.studies.scenario_models import GROUPS
from cardhouse.studies.yaml_text import parse_yaml

BASE = "2025Q2"
BAD = Path(__file__).parent / "bad_scenarios"
SHIPPED = [
    "baseline",
    "accelerator-price-collapse",
    "capital-freeze",
    "credit-crunch",
    "demand-disappoints",
    "dot-com-replay",
    "efficiency-breakthrough",
    "everything-is-fine",
    "hyperscaler-capex-pause",
    "open-models-win",
    "openai-fails",
    "price-war",
    "short-accelerator-life",
    "users-pay-full-cost",
    "vendor-finance-ends",
    "venture-drought",
]
FACT_ID = re.compile(r"\b[0-9a-f]{10}\b")
LEVERS = load_levers()

MISTAKES = {
    "a-list": ":1: the file is ['schema'",
    "at-the-base": ":7: t+0 is not after the base quarter 2025Q2",
    "bare-number-quarter": ":7: shocks.0.from is 3; write t+N",
    "before-the-base": ":7: 2024Q4 is not after the base quarter 2025Q2",
    "beyond-any-run": ":7: t+401 is 401 quarters after the base",
    "billion-laughs": "has more than 16 aliases",
    "bites-its-tail": "nests deeper than 12 levels",
    "circle-a": "circle-b.yaml:6: the files extend each other in a circle",
    "circle-b": "circle-b.yaml -> circle-a.yaml -> circle-b.yaml",
    "code-in-a-tag": ":6: the tag",
    "duplicate-key": ":8: the key 'venture_supply' stands twice, first on line 7",
    "empty": "the file is empty",
    "expects-of-nobody": ":7: expected.0 is",
    "few-aliases-much-text": "holds more than 20000 values",
    "half-a-switch": ":6: new_names_open is 0.5, which is out of its range: use 0 or 1",
    "id-not-kebab": ":2: id is 'Broken File'; write kebab-case",
    "infinite": ":6: levers.venture_supply is inf; a finite number",
    "levers-as-a-list": ":6: levers is ['venture_supply', 0.4]; keys with values",
    "list-as-a-key": ":7: a key must be a word",
    "long-pulse": ":7: a pulse of venture_supply lasts one quarter",
    "missing-parent": ":6: there is no scenario 'capital-freez'. Did you mean 'capital-freeze'?",
    "missing-title": "the key 'title' is missing in the file",
    "no-quarter": ":7: shocks.0.from is 'next year'; write t+N",
    "not-a-number": ":6: levers.venture_supply is nan; a finite number",
    "not-utf-8": "byte 50 is not UTF-8",
    "not-yaml": "this is not valid YAML: expected ',' or '}'",
    "other-schema": ":1: schema is 'cardhouse/scenario/2'; use cardhouse/scenario/1",
    "out-of-range": ":6: venture_supply is 3.5, which is out of its range: use 0 to 3",
    "product-out-of-range": "overlap and multiply to 4 at t+2",
    "ramp-from-nothing": ":7: accelerator_life has no values between its default and 12",
    "remove-a-number": ":6: remove is 1.0: use ids of firms, such as openai,xai",
    "remove-at-a-time": ":7: `remove` cannot stand here",
    "remove-nobody": ":6: levers.remove is []; list should have at least 1 item",
    "text-for-a-number": ":6: levers.venture_supply is '0.4'; a finite number",
    "to-before-from": ":7: venture_supply moves from t+9 to t+2, which is earlier",
    "too-deep": ":6: the file nests deeper than 12 levels",
    "capital-entity": "shocks.0.entity is 'Anthropic'; write snake_case: small letters and digits "
    "joined by underscores, such as anthropic.",
    "unknown-entity": "names 'openia', which this economy does not have. Did you mean 'openai'?",
    "unknown-event": ":7: shocks.0.event is 'explode'; use default",
    "unknown-key": ":7: the key 'shap' is not known here. Did you mean 'shape'?",
    "unknown-lever": ":6: there is no lever 'ventur_supply'. Did you mean 'venture_supply'?",
    "unknown-shape": ":7: shocks.0.shape is 'cliff'; use step, ramp or pulse",
    "unknown-top-key": ":6: the key 'tittle' is not known here. Did you mean 'title'?",
    "yes-for-a-number": ":6: levers.venture_supply is True; a finite number",
}


def write(folder: Path, body: str, name: str = "mine", extends: str = "") -> Path:
    path = folder / f"{name}.yaml"
    parent = f"extends: {extends}\n" if extends else ""
    path.write_text(
        f"schema: cardhouse/scenario/1\nid: {name}\ntitle: Mine\nwords: W.\nreason: R.\n"
        f"{parent}{body}",
        encoding="utf-8",
    )
    return path


def scenario(*shocks: Shock, **levers: float) -> Scenario:
    return Scenario("s", "S", "W.", "R.", levers, shocks)


def refused(ask: Callable[[], object]) -> str | None:
    """Return the sentence with which a request is refused; None when it is not."""
    try:
        ask()
    except CardhouseError as error:
        return str(error)
    return None


class TestShipped:
    def test_are_the_sixteen_promised_baseline_first(self) -> None:
        assert [one.id for one in list_scenarios()] == SHIPPED

    def test_each_stands_under_a_heading_and_every_heading_is_used(self) -> None:
        assert {one.group for one in list_scenarios()} == set(GROUPS)

    @pytest.mark.parametrize("name", SHIPPED[1:])
    def test_reasons_cite_facts_that_exist(self, name: str) -> None:
        cited = FACT_ID.findall(load_scenario(name, BASE).reason)
        known = load_facts().by_id
        assert cited or name == "open-models-win"  # it rests on a paper alone
        assert [one for one in cited if one not in known] == []

    @pytest.mark.parametrize("name", SHIPPED[1:])
    def test_reasons_say_what_is_assumed(self, name: str) -> None:
        measured = ("venture-drought", "demand-disappoints")  # each number is somebody's count
        if name not in measured:
            assert re.search("[Aa]ssum|not an estimate", load_scenario(name, BASE).reason)

    @pytest.mark.parametrize("name", SHIPPED)
    def test_load_and_move_within_range(self, name: str) -> None:
        loaded = load_scenario(name, BASE)
        assert loaded.id == name
        assert loaded.words
        assert loaded.reason
        moved = lever_paths(loaded, 20)
        assert bool(moved or loaded.events) == (name != "baseline")

    @pytest.mark.parametrize("name", SHIPPED[1:])
    def test_say_what_they_expect(self, name: str) -> None:
        assert all(one.direction in ("down", "up") for one in expectations(name, BASE))
        assert expectations(name, BASE)

    def test_freeze_starts_in_the_second_quarter_and_lasts_two_years(self) -> None:
        venture = lever_paths(load_scenario("capital-freeze", BASE), 12)["venture_supply"]
        np.testing.assert_array_equal(venture, [1, 1, *[0.1] * 8, 1, 1, 1])

    @pytest.mark.parametrize("name", SHIPPED)
    def test_pass_their_own_check_and_schema(self, name: str) -> None:
        path = Path(load_scenario.__code__.co_filename).with_name("scenarios") / f"{name}.yaml"
        assert check_file(path) == []
        jsonschema.Draft202012Validator(scenario_schema()).validate(YAML(typ="safe").load(path))


class TestBadFiles:
    def test_each_has_its_expected_sentence(self) -> None:
        assert {path.stem for path in BAD.glob("*.yaml")} == set(MISTAKES)

    @pytest.mark.parametrize("name", sorted(MISTAKES))
    def test_are_refused_in_one_clear_sentence(self, name: str) -> None:
        with pytest.raises(ScenarioError) as refusal:
            lever_paths(load_scenario(BAD / f"{name}.yaml", BASE, entities=["openai", "meta"]), 8)
        assert MISTAKES[name] in str(refusal.value)
        assert "\n" not in str(refusal.value)
        assert len(str(refusal.value).replace(str(BAD), "")) < 320

    @pytest.mark.parametrize("name", sorted(MISTAKES))
    def test_are_found_by_a_check(self, name: str) -> None:
        problems = check_file(BAD / f"{name}.yaml", Against(base=BASE))
        assert len(problems) == 1
        if name != "other-schema":
            assert MISTAKES[name] in problems[0]

    def test_every_problem_of_a_file_is_reported(self, tmp_path: Path) -> None:
        path = write(tmp_path, "levers: {venture_suply: 1, capex_plan: 9}\nshocks:\n"
                     "  - {lever: bond_supply, value: 1, from: t+0}\n")  # fmt: skip
        problems = check_file(path)
        assert [re.search(r":(\d+):", problem).group(1) for problem in problems] == ["6", "6", "8"]  # type: ignore[union-attr]

    def test_other_things_than_files_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(ScenarioError, match="there is no such file"):
            load_scenario(tmp_path / "none.yaml", BASE)
        (tmp_path / "folder.yaml").mkdir()
        with pytest.raises(ScenarioError, match="not a file"):
            load_scenario(tmp_path / "folder.yaml", BASE)

    def test_a_large_file_is_not_read(self, tmp_path: Path) -> None:
        path = write(tmp_path, "# " + "x" * 300_000)
        with pytest.raises(ScenarioError, match="larger than 256 KiB"):
            load_scenario(path, BASE)

    def test_an_unknown_id_is_mended(self) -> None:
        with pytest.raises(ScenarioError, match="Did you mean 'venture-drought'"):
            load_scenario("venture-drougth", BASE)

    @given(st.text(max_size=200))
    def test_any_text_ends_in_values_or_in_a_sentence(self, text: str) -> None:
        message = refused(lambda: parse_yaml(text, "any.yaml"))
        assert message is None or message.startswith("any.yaml")

    @given(st.data())
    def test_any_damage_to_a_good_file_ends_in_a_scenario_or_a_sentence(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        source = Path(load_scenario.__code__.co_filename).with_name("scenarios")
        text = (source / "demand-disappoints.yaml").read_text(encoding="utf-8")
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 40))
        filler = data.draw(st.text(max_size=20))
        path = tmp_path_factory.mktemp("damage") / "damaged.yaml"
        damaged = text[:start] + filler + text[start + length :]
        path.write_text(damaged, encoding="utf-8", errors="replace")
        assert refused(lambda: lever_paths(load_scenario(path, BASE), 12)) != ""


class TestTimes:
    def test_quarters_and_counts_agree(self, tmp_path: Path) -> None:
        body = "shocks:\n  - {lever: capex_plan, value: 0.5, from: %s, to: %s}\n"
        named = load_scenario(write(tmp_path, body % ("2025Q4", "2026Q1"), "named"), BASE)
        counted = load_scenario(write(tmp_path, body % ("t+2", "t+3"), "counted"), BASE)
        assert named.shocks == counted.shocks == (Shock("capex_plan", 0.5, 2, 3, "step"),)

    def test_an_event_keeps_its_quarter(self, tmp_path: Path) -> None:
        path = write(tmp_path, "shocks:\n  - {event: default, entity: openai, at: 2026Q2}\n")
        assert load_scenario(path, BASE, entities=["openai"]).events == (
            Event("default", "openai", 4),
        )

    def test_a_move_after_the_last_quarter_is_refused(self) -> None:
        late = scenario(Shock("capex_plan", 0.5, 9))
        with pytest.raises(ScenarioError, match=r"--quarters 9"):
            lever_paths(late, 8)
        with pytest.raises(ScenarioError, match="default of openai starts at t"):
            lever_paths(Scenario("s", "", "", "", events=(Event("default", "openai", 9),)), 8)

    def test_a_move_may_outlast_the_run(self) -> None:
        path = lever_paths(scenario(Shock("capex_plan", 0.5, 2, 90)), 3)["capex_plan"]
        np.testing.assert_array_equal(path, [1, 1, 0.5, 0.5])

    @pytest.mark.parametrize("quarters", [0, -1, 401])
    def test_runs_have_one_to_four_hundred_quarters(self, quarters: int) -> None:
        with pytest.raises(InputError, match="1 to 400"):
            lever_paths(scenario(), quarters)


class TestExtends:
    def test_parents_apply_first(self, tmp_path: Path) -> None:
        write(tmp_path, "levers: {interest_shift: 1, capex_plan: 0.5}\n", "parent")
        path = write(
            tmp_path, "levers: {interest_shift: 2, capex_plan: 0.5}\n", "child", "./parent.yaml"
        )
        loaded = load_scenario(path, BASE)
        assert loaded.id == "child"
        assert loaded.levers == {"interest_shift": 2.0, "capex_plan": 0.25}

    def test_a_shipped_parent_is_named_by_its_id(self, tmp_path: Path) -> None:
        path = write(tmp_path, "levers: {substitution: 0.6}\n", extends="capital-freeze")
        moved = lever_paths(load_scenario(path, BASE), 12)
        assert moved["substitution"][1] == 0.6
        assert moved["venture_supply"][2] == 0.1

    def test_long_chains_end(self, tmp_path: Path) -> None:
        for number in range(14):
            write(tmp_path, "", f"s{number}", f"./s{number + 1}.yaml")
        with pytest.raises(ScenarioError, match="more than 10 files"):
            load_scenario(tmp_path / "s0.yaml", BASE)


class TestCombine:
    def test_remove_makes_events_of_the_first_quarter(self) -> None:
        whole = combine([scenario(venture_supply=0.5)], {"remove": ("openai",), "bond_supply": 0.2})
        assert whole.events == (Event("default", "openai", 1),)
        assert whole.levers == {"venture_supply": 0.5, "bond_supply": 0.2}

    def test_remove_in_a_file_is_the_same_event(self, tmp_path: Path) -> None:
        path = write(tmp_path, "levers: {remove: [openai, xai], bond_supply: 1}\n")
        loaded = load_scenario(path, BASE)
        assert loaded.events == (Event("default", "openai", 1), Event("default", "xai", 1))
        assert loaded.levers == {"bond_supply": 1.0}

    def test_nothing_is_the_baseline(self) -> None:
        assert combine([]).id == "baseline"
        assert lever_paths(combine([]), 4) == {}

    def test_names_what_it_joins_without_the_baseline(self) -> None:
        names = ("baseline", "capital-freeze", "demand-disappoints")
        parts = [load_scenario(name, BASE) for name in names]
        assert combine(parts).id == "capital-freeze+demand-disappoints"
        assert combine(parts[:1]).id == "baseline"

    def test_settings_come_last(self) -> None:
        freeze = load_scenario("capital-freeze", BASE)
        moved = lever_paths(combine([freeze], {"interest_shift": 1.0, "bond_supply": 0.5}), 10)
        np.testing.assert_array_equal(moved["interest_shift"], [0.0] + [1.0] * 10)
        np.testing.assert_array_equal(moved["bond_supply"], [1, 0.5, *[0.25] * 8, 0.5])

    @pytest.mark.parametrize(
        ("settings", "expected"),
        [
            ({"bond_suply": 1.0}, "Did you mean 'bond_supply'"),
            ({"bond_supply": 4.0}, "out of its range"),
            ({"bond_supply": float("nan")}, "not a finite number"),
        ],
    )
    def test_wrong_settings_are_explained(self, settings: dict[str, float], expected: str) -> None:
        with pytest.raises(ScenarioError, match=expected):
            combine([], settings)

    def test_products_out_of_range_are_refused(self) -> None:
        with pytest.raises(ScenarioError, match="bond_supply is 6"):
            combine([scenario(bond_supply=2.0), scenario(bond_supply=3.0)])


class TestShapes:
    def test_a_step_returns(self) -> None:
        path = lever_paths(scenario(Shock("interest_shift", 2, 2, 3)), 5)["interest_shift"]
        np.testing.assert_array_equal(path, [0, 0, 2, 2, 0, 0])

    def test_a_pulse_lasts_one_quarter(self) -> None:
        path = lever_paths(scenario(Shock("capex_plan", 0, 2, None, "pulse")), 4)["capex_plan"]
        np.testing.assert_array_equal(path, [1, 1, 0, 1, 1])

    def test_a_ramp_arrives_at_its_end_and_stays(self) -> None:
        path = lever_paths(scenario(Shock("capex_plan", 0, 1, 4, "ramp")), 6)["capex_plan"]
        np.testing.assert_allclose(path, [1, 0.75, 0.5, 0.25, 0, 0, 0])

    def test_a_ramp_without_an_end_arrives_with_the_run(self) -> None:
        path = lever_paths(scenario(Shock("capex_plan", 2, 3, None, "ramp")), 4)["capex_plan"]
        np.testing.assert_allclose(path, [1, 1, 1, 1.5, 2])

    def test_a_level_ramps_from_where_it_stands(self) -> None:
        moves = [Shock("interest_shift", 4, 1), Shock("interest_shift", 0, 3, 4, "ramp")]
        path = lever_paths(scenario(*moves), 5)["interest_shift"]
        np.testing.assert_allclose(path, [0, 4, 4, 2, 0, 0])

    def test_a_later_level_hides_an_earlier_one_while_it_lasts(self) -> None:
        moves = [Shock("interest_shift", 4, 1), Shock("interest_shift", 1, 2, 3)]
        path = lever_paths(scenario(*moves), 4)["interest_shift"]
        np.testing.assert_array_equal(path, [0, 4, 1, 1, 4])


QUARTERS = 12


@st.composite
def shocks_on(draw: st.DrawFn, lever: Lever, most: float | None = None) -> Shock:
    """A shock that the lever may take; factors up to `most`, so that products stay in range."""
    high = lever.high if most is None else min(most, lever.high)
    start = draw(st.integers(1, QUARTERS))
    shape = draw(st.sampled_from(["step", "ramp", "pulse"]))
    end = None if shape == "pulse" else draw(st.none() | st.integers(start, 2 * QUARTERS))
    return Shock(lever.id, draw(st.floats(lever.low, high)), start, end, shape)


FACTORS = [lever for lever in LEVERS.values() if lever.kind == "factor" and lever.low == 0]
LEVELS = [LEVERS[name] for name in ("interest_shift", "margin_stance", "usage_per_user")]


class TestLaws:
    @given(st.sampled_from(list(LEVERS.values())), st.integers(1, 8), st.booleans())
    def test_a_neutral_move_changes_nothing(self, lever: Lever, start: int, whole: bool) -> None:
        shock = Shock(lever.id, lever.default, start, None, "step")
        moved = scenario(**{lever.id: lever.default}) if whole else scenario(shock)
        assert lever_paths(moved, 8) == {}

    @given(st.data(), st.sampled_from(FACTORS))
    def test_factors_commute(self, data: st.DataObject, lever: Lever) -> None:
        shocks = data.draw(st.lists(shocks_on(lever, most=1.0), min_size=1, max_size=4))
        other = data.draw(st.permutations(shocks))
        one, two = lever_paths(scenario(*shocks), 12), lever_paths(scenario(*other), 12)
        assert one.keys() == two.keys()
        for name in one:
            np.testing.assert_allclose(one[name], two[name], rtol=1e-12, atol=1e-300)

    @given(st.data(), st.sampled_from(LEVELS))
    def test_the_last_level_wins(self, data: st.DataObject, lever: Lever) -> None:
        shocks = data.draw(st.lists(shocks_on(lever), max_size=3))
        last = data.draw(shocks_on(lever))
        covered = slice(last.start, (last.start if last.shape == "pulse" else last.end or 12) + 1)
        path = lever_paths(scenario(*shocks, last), 12).get(lever.id, np.full(13, lever.default))
        arrives = path[covered][-1:] if last.shape == "ramp" else path[covered]
        if last.shape != "ramp" or last.end is None or last.end <= QUARTERS:
            np.testing.assert_array_equal(arrives, last.value)

    @given(st.data())
    def test_values_are_in_range_or_refused(self, data: st.DataObject) -> None:
        lever = data.draw(st.sampled_from([*FACTORS, *LEVELS]))
        shocks = data.draw(st.lists(shocks_on(lever), min_size=1, max_size=4))
        message = refused(lambda: lever_paths(scenario(*shocks), QUARTERS))
        if message is not None:
            assert lever.kind == "factor"
            assert "overlap and multiply" in message
            return
        for path in lever_paths(scenario(*shocks), QUARTERS).values():
            assert path.shape == (QUARTERS + 1,)
            assert path[0] == lever.default
            assert ((path >= lever.low) & (path <= lever.high)).all()

    @given(st.data(), st.sampled_from([*FACTORS, *LEVELS]))
    def test_combining_is_applying_in_order(self, data: st.DataObject, lever: Lever) -> None:
        most = 1.0 if lever.kind == "factor" else None
        first, second = (
            data.draw(st.lists(shocks_on(lever, most=most), max_size=2)) for _ in range(2)
        )
        together = lever_paths(combine([scenario(*first), scenario(*second)]), QUARTERS)
        in_one = lever_paths(scenario(*first, *second), QUARTERS)
        assert together.keys() == in_one.keys()
        for name in together:
            np.testing.assert_array_equal(together[name], in_one[name])

    @given(st.data(), st.sampled_from([*FACTORS, *LEVELS]))
    def test_a_setting_is_a_move_for_the_whole_run(self, data: st.DataObject, lever: Lever) -> None:
        most = 1.0 if lever.kind == "factor" else None
        shocks = data.draw(st.lists(shocks_on(lever, most=most), max_size=3))
        value = data.draw(st.floats(lever.low, min(lever.high, most or lever.high)))
        by_setting = lever_paths(combine([scenario(*shocks)], {lever.id: value}), QUARTERS)
        by_shock = lever_paths(scenario(*shocks, Shock(lever.id, value, 1)), QUARTERS)
        assert by_setting.keys() == by_shock.keys()
        for name in by_setting:
            np.testing.assert_allclose(by_setting[name], by_shock[name], rtol=1e-12, atol=1e-300)


class TestSchema:
    def test_is_a_valid_draft_2020_12_schema(self) -> None:
        schema = scenario_schema()
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$schema"].endswith("draft/2020-12/schema")
        json.dumps(schema, allow_nan=False)

    def test_knows_every_lever_and_its_range(self) -> None:
        levers = scenario_schema()["properties"]["levers"]["properties"]
        assert list(levers) == [*LEVERS, "remove"]
        assert levers["venture_supply"]["maximum"] == 3.0

    @pytest.mark.parametrize(
        "name",
        [
            "unknown-lever",
            "out-of-range",
            "text-for-a-number",
            "yes-for-a-number",
            "levers-as-a-list",
            "unknown-key",
            "unknown-top-key",
            "missing-title",
            "other-schema",
            "id-not-kebab",
            "unknown-shape",
            "no-quarter",
            "bare-number-quarter",
            "unknown-event",
        ],
    )
    def test_refuses_what_the_reader_refuses(self, name: str) -> None:
        data = YAML(typ="safe").load(BAD / f"{name}.yaml")
        assert not jsonschema.Draft202012Validator(scenario_schema()).is_valid(data)
