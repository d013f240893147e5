"""Ensembles: what is drawn belongs to its path, what is kept follows from the plan alone."""

from __future__ import annotations

import sys
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.kernel import machine
from cardhouse.engine.kernel import simulate as kernel_simulate
from cardhouse.engine.populations import expand
from cardhouse.engine.simulate import simulate
from cardhouse.errors import CardhouseError, InputError
from cardhouse.model.parameters import PARAMETERS
from cardhouse.model.scenario import Event, Scenario
from cardhouse.model.vocabulary import ContractKind
from cardhouse.model.world import Firm, Pool, Population, World
from cardhouse.studies.ensembles import observing, placing, running, working
from cardhouse.studies.ensembles import plan as planning
from cardhouse.studies.ensembles.document import ensemble_document, ensemble_manifest
from cardhouse.studies.ensembles.executors import Processes, Threads
from cardhouse.studies.ensembles.frames import Ensemble, ensemble_of
from cardhouse.studies.ensembles.keep import VARIABLES, Exceed, Keep
from cardhouse.studies.ensembles.observing import Layout
from cardhouse.studies.ensembles.philox import philox
from cardhouse.studies.ensembles.placing import executor_of, seconds_of
from cardhouse.studies.ensembles.plan import Plan, check_plan
from cardhouse.studies.ensembles.running import Outcome, Progress, run_ensemble
from cardhouse.studies.ensembles.shocking import drawn_shocks
from cardhouse.studies.ensembles.stopping import heed_stop
from cardhouse.studies.ensembles.streams import Streams
from cardhouse.studies.ensembles.tally import Tally
from cardhouse.studies.ensembles.uncertain import (
    ACCOUNTS,
    KINDS,
    PARAMETER,
    SHOCK,
    TERM,
    drawn_from,
    drawn_parameters,
    listed_inputs,
    read_certain,
    uncertain_inputs,
    with_terms,
)
from cardhouse.studies.ensembles.working import Study
from cardhouse.studies.lever_paths import BASELINE
from cardhouse.studies.simulation import Chains, play
from strategies import Recipe, hand_made


@pytest.fixture(autouse=True)
def few_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut small ensembles into few leaves: each takes a tenth of a second."""
    monkeypatch.setattr(planning, "LEAVES", (6, 512))


WORLD = Recipe(firms=4, seed=3, stationary=False, extras=True, growing=True).world()
OWN = frozenset({ACCOUNTS})


def study(paths: int = 40, quarters: int = 3, **more: object) -> Study:
    made = Study(WORLD, BASELINE, quarters, Plan(paths, 7), certain=OWN)
    return replace(made, **more)  # type: ignore[arg-type]


def needy() -> World:
    """Return a world whose lines soon need more of each other than they make."""
    contracts = tuple(
        replace(one, terms={**one.terms, "intensity_growth": 0.9})
        if one.kind.value == "input"
        else one
        for one in WORLD.contracts
    )
    return replace(WORLD, contracts=contracts)


def bits(tally: Tally) -> dict[str, bytes]:
    return {name: values.tobytes() for name, values in tally.arrays().items()}


class TestStreams:
    @given(
        st.integers(0, 2**40), st.integers(0, 400), st.integers(0, 10**9), st.integers(1, 30),
        st.data(),
    )  # fmt: skip
    def test_a_number_belongs_to_its_path(
        self, seed: int, quarter: int, first: int, count: int, data: st.DataObject
    ) -> None:
        whole = Streams(seed).uniforms("demand", "openai", quarter, first, count)
        at = data.draw(st.integers(0, count - 1))
        assert Streams(seed).uniforms("demand", "openai", quarter, first + at, 1)[0] == whole[at]
        assert ((whole > 0) & (whole < 1)).all()

    @given(
        st.integers(0, 2**64), st.integers(0, 400), st.integers(1, 5), st.integers(0, 2**70),
        st.integers(1, 30),
    )  # fmt: skip
    def test_many_streams_at_once_are_numpys_one_by_one(
        self, seed: int, quarter: int, quarters: int, first: int, count: int
    ) -> None:
        first, span = first % 2**60, range(quarter, quarter + quarters)
        both = Streams(seed).uniforms_of("demand", ("openai", "xai"), span, first, count)
        for at, name in enumerate(("openai", "xai")):
            for row, one in enumerate(span):
                alone = Streams(seed).uniforms("demand", name, one, first, count)
                assert (both[at, row] == alone).all()

    @given(st.integers(0, 2**128 - 1), st.integers(0, 2**256 - 1))
    @example(2**128 - 1, 2**256 - 1)
    @example(0, 2**64 - 1)
    def test_philox_is_numpys(self, key: int, counter: int) -> None:
        words = [(counter >> 64 * n) & (2**64 - 1) for n in range(4)]
        halves = np.array([key & (2**64 - 1), key >> 64], dtype=np.uint64)
        found = philox(halves, np.array(words, dtype=np.uint64))
        expected = np.random.Philox(key=key, counter=counter).random_raw(4)
        assert (found == expected).all()

    def test_numbers_are_uniform_and_streams_apart(self) -> None:
        draws = [
            Streams(seed).uniforms(stream, entity, quarter, 0, 20_000)
            for seed, stream, entity, quarter in (
                (0, "a", "x", 1), (1, "a", "x", 1), (0, "b", "x", 1), (0, "a", "y", 1),
                (0, "a", "x", 2),
            )
        ]  # fmt: skip
        for one in draws:
            assert np.abs(np.sort(one) - np.linspace(0, 1, len(one))).max() < 0.015  # KS at 0.02 %
        related = np.corrcoef(draws) - np.eye(len(draws))
        assert np.abs(related).max() < 0.03

    def test_normals_are_normal(self) -> None:
        found = Streams(3).normals("a", "x", 1, 0, 40_000)
        assert abs(found.mean()) < 0.02
        assert abs(found.std() - 1) < 0.02


class TestPlan:
    @given(st.integers(2, 3_000_000))
    def test_leaves_and_tasks_hold_every_path_once(self, paths: int) -> None:
        plan = Plan(paths)
        leaves = [plan.leaf(at) for at in range(plan.leaves)]
        assert leaves[0].first == 0
        assert all(a.first + a.count == b.first for a, b in pairwise(leaves))
        assert leaves[-1].first + leaves[-1].count == paths
        assert min(leaf.count for leaf in leaves) >= 1
        tasks = [plan.task(at) for at in range(plan.tasks)]
        held = [leaf.number for task in tasks for leaf in plan.leaves_of(task)]
        assert held == list(range(plan.leaves))

    @pytest.mark.parametrize(
        ("plan", "said"),
        [
            (Plan(1), "-n is 1"),
            (Plan(10**9), "-n is 1000000000"),
            (Plan(10, -1), "--seed is -1"),
            (Plan(10, 0, "halton"), "halton"),
        ],
        ids=["one", "too many", "seed", "design"],
    )
    def test_what_cannot_be_is_refused(self, plan: Plan, said: str) -> None:
        with pytest.raises(InputError, match=said):
            check_plan(plan)


class TestInputs:
    def test_each_has_a_distribution_and_a_source_or_is_an_assumption(self) -> None:
        found = uncertain_inputs(WORLD)
        assert len({one.id for one in found}) == len(found)
        assert {one.kind for one in found} == set(KINDS)
        for one in found:
            assert one.words
            assert len(one.source) > 10
            assert one.distribution
        names = {one.id for one in found if one.kind == PARAMETER}
        assert names == {one.name for one in PARAMETERS}

    @given(st.sampled_from(PARAMETERS), st.lists(st.floats(0, 1), min_size=1, max_size=20))
    def test_a_draw_lies_in_its_range_and_rises(self, parameter, at) -> None:  # type: ignore[no-untyped-def]
        (one,) = [one for one in uncertain_inputs(WORLD) if one.id == parameter.name]
        drawn = drawn_from(one, np.sort(np.array(at)))
        assert (drawn >= parameter.low - 1e-12).all()
        assert (drawn <= parameter.high * (1 + 1e-12)).all()
        assert (np.diff(drawn) >= -1e-9 * parameter.high).all()

    @pytest.mark.parametrize("design", ["sobol", "random"])
    @given(cut=st.integers(1, 39))
    @settings(max_examples=10)
    def test_parameters_belong_to_their_path(self, design: str, cut: int) -> None:
        plan = Plan(40, 5, design)
        whole = drawn_parameters(WORLD, plan, 0, 40)
        first, rest = (
            drawn_parameters(WORLD, plan, 0, cut),
            drawn_parameters(WORLD, plan, cut, 40 - cut),
        )
        assert all(whole[name] == first[name] + rest[name] for name in whole)
        assert whole != drawn_parameters(WORLD, replace(plan, seed=6), 0, 40)

    def test_sobol_fills_ranges_more_evenly_than_luck(self) -> None:
        def gap(design: str) -> float:
            drawn = drawn_parameters(WORLD, Plan(256, 1, design), 0, 256)
            (one,) = [one for one in uncertain_inputs(WORLD) if one.id == "recovery"]
            expected = drawn_from(one, (np.arange(256) + 0.5) / 256)
            return float(np.abs(np.sort(drawn["recovery"]) - expected).max())

        assert gap("sobol") < gap("random") / 3

    @given(st.integers(0, 5), st.integers(1, 5))
    @settings(max_examples=10)
    def test_shocks_belong_to_path_quarter_and_entity(self, first: int, quarters: int) -> None:
        chain = compile_chain(WORLD)
        whole = drawn_shocks(chain, 3, 6, 0, 10)
        part = drawn_shocks(chain, 3, quarters, first, 4)
        for name in ("demand", "supply", "price"):
            one, other = getattr(whole, name), getattr(part, name)
            np.testing.assert_array_equal(one[: quarters + 1, first : first + 4], other)
            assert (one[0] == 1.0).all()
        assert (whole.demand[1:] != 1.0).all()

    def test_shocks_have_mean_1(self) -> None:
        chain = compile_chain(WORLD)
        found = drawn_shocks(chain, 11, 12, 0, 4000)
        for name in ("demand", "supply", "price"):
            values = getattr(found, name)
            error = values.std(axis=1) / np.sqrt(values.shape[1])
            assert (np.abs(values.mean(axis=1) - 1.0) <= 4.5 * error + 1e-12).all()

    def test_terms_are_drawn_by_leaf_within_what_a_term_may_be(self) -> None:
        one, other = with_terms(WORLD, Plan(40, 7), 0), with_terms(WORLD, Plan(40, 7), 1)
        assert one == with_terms(WORLD, Plan(4000, 7), 0)
        assert one != other != WORLD
        compile_chain(one)
        amounts = [[contract.amount for contract in world.contracts] for world in (WORLD, one)]
        assert amounts[0] == amounts[1]

    def test_words_for_what_is_certain(self) -> None:
        assert read_certain(["accounts", "shocks"]) == {ACCOUNTS, SHOCK}
        with pytest.raises(InputError, match="Did you mean 'shocks'"):
            read_certain(["shoks"])


class TestKeep:
    @pytest.mark.parametrize(
        "text", ["cash<5", "openai.cash", "openai.cash<", "openai.cash<five", "openai.cash<nan"]
    )
    def test_an_event_that_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(InputError, match="--exceed"):
            Exceed.read(text)

    def test_events_are_read_with_dots_in_ids(self) -> None:
        assert Exceed.read("aws.ai.price>1.5") == Exceed("aws.ai", "price", True, 1.5)

    @pytest.mark.parametrize(
        ("broken", "said"),
        [
            ({"variables": ("profits",)}, "profits"),
            ({"variables": ()}, "no variable"),
            ({"whole_paths": -1}, "whole_paths is -1"),
            ({"points": 3}, "points is 3"),
        ],
        ids=["unknown", "none", "paths", "points"],
    )
    def test_what_cannot_be_kept_is_refused(self, broken, said: str) -> None:  # type: ignore[no-untyped-def]
        with pytest.raises(InputError, match=said):
            Keep(**broken)

    def test_entities_must_exist(self) -> None:
        with pytest.raises(InputError, match="no 'nobody'"):
            study(keep=Keep(entities=("nobody",))).layout()
        event = Exceed("nobody", "cash", True, 1.0)
        with pytest.raises(InputError, match="of 'nobody' is not kept"):
            study(keep=Keep(exceed=(event,))).layout()


class TestRun:
    def test_without_draws_every_path_is_the_run_itself(self) -> None:
        still = study(12, certain=frozenset(KINDS), keep=Keep(points=16))
        outcome = run_ensemble(still, None)
        run = simulate(compile_chain(WORLD), neutral(compile_chain(WORLD), 3))
        layout, mean = outcome.layout, outcome.tally.moments.mean
        for firm, name in enumerate(layout.firms):
            found = mean[layout.place["revenue", name]]
            np.testing.assert_allclose(found, run.of_record("revenue")[:, firm], rtol=1e-12)
            found = mean[layout.place["cash", name]]
            np.testing.assert_allclose(found, run.of_state("cash")[:, firm], rtol=1e-12)
        assert np.nan_to_num(outcome.tally.moments.sd).max() <= 1e-9
        document = ensemble_document(outcome)
        assert all(row["probability"] in (0.0, 1.0) for row in document["defaults"])

    @pytest.mark.parametrize("cut", [1, 3, 128])
    def test_batches_tasks_and_threads_change_no_bit(
        self, cut: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plain = run_ensemble(study(60, 2), None)
        monkeypatch.setattr(working, "BATCH", cut)
        monkeypatch.setattr(Plan, "task_leaves", property(lambda _: 4 if cut == 3 else 1))
        again = run_ensemble(study(60, 2), None, executor=Threads(3 if cut == 3 else 1))
        assert bits(again.tally) == bits(plain.tally)

    def test_processes_change_no_bit_and_tell_the_same(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[Progress] = []
        monkeypatch.setattr(Plan, "task_leaves", property(lambda _: 2))
        plain = run_ensemble(study(60, 2), None)
        again = run_ensemble(study(60, 2), None, executor=Processes(2), progress=told.append)
        assert bits(again.tally) == bits(plain.tally)
        assert [one.done for one in told] == [20, 40, 60]
        hungry = study(quarters=12, world=needy(), certain=frozenset({ACCOUNTS, TERM}))
        for executor in (Threads(), Processes(2)):
            with pytest.raises(InputError, match="not one of 40 paths ran to its end: "):
                run_ensemble(hungry, None, executor=executor)

    def test_before_processes_start_the_engine_is_compiled_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there, asked = study(4, certain=frozenset(KINDS)), []
        plain = working.do_leaf

        def watched(of: Study, layout: Layout, work: working.Work) -> Tally:
            asked.append(work.leaf.count)
            return plain(of, layout, work)

        monkeypatch.setattr(working, "do_leaf", watched)
        for compiled in (False, True):
            monkeypatch.setattr(working, "is_compiled", lambda _, known=compiled: known)
            working.compile_first(there, there.layout())
        assert asked == [1]

    def test_an_ensemble_of_one_path_runs_by_the_laws_of_many(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []
        plain = machine.run_blocks

        def watched(at: object, *, one_path: bool) -> object:
            asked.append(one_path)
            return plain(at, one_path=one_path)

        monkeypatch.setattr(machine, "run_blocks", watched)
        run_ensemble(study(1, certain=frozenset(KINDS)), None)
        assert asked == [False]

    def test_results_may_come_in_any_order(self) -> None:
        class Backwards:
            def each(self, function, jobs) -> Iterator[object]:  # type: ignore[no-untyped-def]
                for job in reversed(list(jobs)):
                    yield job, function(job)

        plain = run_ensemble(study(100), None)
        assert bits(run_ensemble(study(100), None, executor=Backwards()).tally) == bits(plain.tally)

    def test_a_tally_survives_being_written(self) -> None:
        tally = run_ensemble(study(30), None).tally
        assert bits(Tally.from_arrays(tally.arrays())) == bits(tally)

    def test_moments_and_quantiles_are_those_of_the_paths(self) -> None:
        kept = study(96, keep=Keep(whole_paths=96, points=200))
        outcome = run_ensemble(kept, None)
        whole, tally = outcome.tally.whole, outcome.tally
        assert whole.numbers.tolist() == list(range(96))
        np.testing.assert_allclose(tally.moments.mean, whole.values.mean(axis=2), atol=1e-12)
        at = np.array([0.05, 0.5, 0.95])
        found = tally.sketch.quantiles(at).reshape(*tally.moments.mean.shape, 3)
        exact = np.quantile(whole.values, at, axis=2, method="inverted_cdf")
        np.testing.assert_array_equal(np.moveaxis(found, 2, 0), exact)

    def test_the_same_luck_under_every_scenario(self) -> None:
        gone = Scenario("gone", "Gone", "", "", {}, (), (Event("default", WORLD.firms[0].id, 2),))
        keep = Keep(whole_paths=30, variables=("price", "revenue"))
        plain = run_ensemble(study(30, keep=keep), None)
        moved = run_ensemble(study(30, keep=keep, scenario=gone), None)
        one, other = plain.tally.whole.values, moved.tally.whole.values
        np.testing.assert_array_equal(one[:, :2], other[:, :2])  # until the event nothing differs
        assert (one[:, 2:] != other[:, 2:]).any()
        layout = plain.layout
        failed = moved.tally.events.failed[layout.firms.index(WORLD.firms[0].id)]
        assert failed.tolist() == [0, 0, 30, 30]

    def test_paths_are_set_against_those_of_another_scenario(self) -> None:
        gone = Scenario("gone", "Gone", "", "", {}, (), (Event("default", WORLD.firms[0].id, 2),))
        keep = Keep(whole_paths=30, variables=("price", "revenue"))
        both = run_ensemble(study(30, keep=keep, scenario=gone, against=BASELINE), None)
        alone = [
            run_ensemble(study(30, keep=keep, scenario=one), None).tally.whole.values
            for one in (gone, BASELINE)
        ]
        levels = len(both.layout.levels)
        whole = both.tally.whole.values
        np.testing.assert_array_equal(whole[:levels], alone[0])
        np.testing.assert_array_equal(whole[levels : 2 * levels], alone[0] - alone[1])
        firm = both.layout.place["failed_change", WORLD.firms[0].id]
        plain = run_ensemble(study(30, keep=keep), None).tally.events.failed[0, -1]
        assert both.tally.moments.mean[firm, -1] == pytest.approx(1.0 - plain / 30)
        document = ensemble_document(both)
        assert document["manifest"]["against"] == "baseline"
        assert "revenue_change" in {row["variable"] for row in document["series"]}

    def test_against_itself_nothing_changes(self) -> None:
        same = run_ensemble(study(12, quarters=2, against=BASELINE), None)
        levels = len(same.layout.levels)
        assert not same.tally.moments.mean[levels:].any()
        assert not same.tally.moments.squares[levels:].any()

    def test_events_are_counted(self) -> None:
        firm = WORLD.firms[1].id
        events = (Exceed(firm, "revenue", True, -1.0), Exceed(firm, "revenue", False, -1.0))
        kept = Keep(exceed=events, whole_paths=50)
        outcome = run_ensemble(study(50, keep=kept), None)
        always, never = ensemble_document(outcome)["exceedances"]
        assert (always["probability"], never["probability"]) == (1.0, 0.0)
        assert always["by_quarter"] == [1.0] * 4
        found = outcome.tally.events
        assert int(found.number.sum()) == 50
        assert (found.failed[:, -1] <= 50).all()

    def test_a_path_that_explodes_is_told_and_left_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plain = observing.observe

        def with_explosions(arrays, chain, layout: Layout, room, first: int) -> None:  # type: ignore[no-untyped-def]
            plain(arrays, chain, layout, room, first)
            room.explosive[first] = True
            room.values[:, :, first] = np.nan

        monkeypatch.setattr(working, "observe", with_explosions)
        outcome = run_ensemble(study(130), None)
        document = ensemble_document(outcome)
        assert document["endings"] == {"completed": 122, "explosive": 8, "refused": 0}
        assert np.isfinite(outcome.tally.moments.mean).all()
        assert np.isfinite(outcome.tally.sketch.points).all()
        assert sum(document["endings"].values()) == 130

    def test_accounts_that_cannot_be_run_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hungry, plain = needy(), running._balanced

        def every_second(of: Study):  # type: ignore[no-untyped-def]
            draw = plain(of)
            return lambda leaf: hungry if leaf % 2 else draw(leaf)

        monkeypatch.setattr(running, "_balanced", every_second)
        grown = study(40, quarters=12, certain=frozenset({ACCOUNTS, TERM}))
        document = ensemble_document(run_ensemble(grown, None))
        assert document["endings"]["refused"] == 19  # leaves of 7: the second, fourth and sixth
        assert "need more inputs" in document["refusal"]
        monkeypatch.setattr(running, "_balanced", lambda _: lambda _: hungry)
        with pytest.raises(InputError, match="not one of 40 paths ran to its end"):
            run_ensemble(grown, None)

    def test_accounts_without_facts_cannot_be_drawn(self) -> None:
        with pytest.raises(InputError, match="cannot be drawn"):
            run_ensemble(study(certain=frozenset()), None)

    def test_progress_ends_at_all_paths(self) -> None:
        told: list[Progress] = []
        run_ensemble(study(70), None, progress=told.append)
        assert told[-1].done == told[-1].paths == 70
        assert told[-1].left == 0.0
        assert [one.done for one in told] == sorted(one.done for one in told)


class TestMemory:
    def test_it_follows_from_a_leaf_not_from_the_number_of_paths(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Once leaves stop to grow, six times the paths take little more room.

        What waits in the tree grows as the logarithm of the leaves; all else stays.
        """
        monkeypatch.setattr(planning, "LARGEST_LEAF", 8)
        monkeypatch.setattr(planning, "LARGEST_TASK", 16)
        kept = Keep(whole_paths=8, points=32)
        few, many = (
            peak(study(paths, quarters=1, plan=Plan(paths, 7), keep=kept)) for paths in (48, 288)
        )
        assert many < 1.7 * few


def peak(one: Study) -> int:
    """Return the most bytes that an ensemble takes at a time."""
    run_ensemble(replace(one, plan=Plan(8, 7)), None)  # what is imported and cached is not its own
    tracemalloc.start()
    try:
        run_ensemble(one, None)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def populated() -> World:
    """Return apps that buy from a lab and burn cash, as one firm that stands for six."""
    rows = [
        (ContractKind.SALE, "users", "app", 6.0, {"growth": 0.05}),
        (ContractKind.INPUT, "app", "api", 3.0),
        (ContractKind.COST, "app", "labour", 4.0),
        (ContractKind.COST, "api", "labour", 2.5),
        (ContractKind.EQUITY, "fund", "apps", 0.5),
    ]
    made = hand_made(
        rows,
        lines={"app": "apps", "api": "lab"},
        firms=[Firm("apps", 4.0, access=("fund",), venture_funded=True)],
        pools=[Pool("fund", "equity")],
    )
    return replace(made, populations=(Population("apps", 6),))


class TestMembers:
    def test_members_run_one_by_one_and_are_told_as_one(self) -> None:
        world = populated()
        keep = Keep(variables=("revenue", "cash"), whole_paths=4)
        plain = Study(world, BASELINE, 2, Plan(4, 7), keep, frozenset(KINDS))
        whole = run_ensemble(replace(plain, members=True), None)
        expected = play(Chains.of(world), lambda chain: neutral(chain, 2)).told
        layout, mean = whole.layout, whole.tally.moments.mean
        assert layout.firms == expected.chain.firm_ids
        for firm, name in enumerate(layout.firms):
            found = mean[layout.place["revenue", name]]
            np.testing.assert_allclose(found, expected.of_record("revenue")[:, firm], rtol=1e-12)

    def test_members_are_played_once_whatever_is_kept(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        played, plain = [], kernel_simulate._run

        def counted(*of: object) -> object:
            played.append(of)
            return plain(*of)  # type: ignore[arg-type]

        monkeypatch.setattr(kernel_simulate, "_run", counted)
        one = Study(populated(), BASELINE, 2, Plan(4, 7), Keep(), frozenset(KINDS), members=True)
        run_ensemble(one, None)
        assert len(played) == one.plan.leaves

    def test_members_share_their_population_s_luck(self) -> None:
        chain = compile_chain(expand(populated()))
        shocks = drawn_shocks(chain, 3, 2, 0, 3)
        whose = [chain.world.members.get(chain.firm_ids[at], "") for at in chain.firm_of_line]
        many = [at for at, name in enumerate(whose) if name]
        assert len(many) > 1
        assert (shocks.price[:, :, many] == shocks.price[:, :, many[:1]]).all()


class TestErrors:
    def test_the_error_of_a_mean_is_honest_where_leaves_differ(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Means of ensembles of other seeds lie about as far apart as the error says."""
        monkeypatch.setattr(planning, "LEAVES", (9, 9))
        means, errors = [], []
        for seed in range(12):
            one = study(quarters=1, plan=Plan(18, seed), certain=frozenset({ACCOUNTS, SHOCK}))
            outcome = run_ensemble(one, None)
            at = outcome.layout.place["users_pay", "chain"]
            means.append(outcome.tally.moments.mean[at, -1])
            errors.append(outcome.tally.between.error[at, -1])
        ratio = np.std(means, ddof=1) / np.mean(errors)
        assert 0.5 < ratio < 1.7

    def test_never_is_not_certainty(self) -> None:
        document = ensemble_document(run_ensemble(study(40), None))
        assert all(row["error"] > 0 for row in document["defaults"])


@pytest.fixture(scope="module")
def made() -> Ensemble:
    """Return a small ensemble."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "LEAVES", (6, 512))
        return ensemble_of(WORLD, n=40, seed=7, quarters=3, certain="accounts")


class TestFrames:
    def test_a_fan_is_in_order(self, made: Ensemble) -> None:
        fan = made.fan("chain", "revenue")
        assert fan.attrs["unit"] == "USD bn a quarter"
        assert list(fan.index) == made.document["quarters"]
        assert (fan["q0.05"] <= fan["q0.5"]).all()
        assert (fan["q0.5"] <= fan["q0.95"]).all()
        assert (fan["error"] >= 0).all()

    def test_probabilities_losses_and_pairs(self, made: Ensemble) -> None:
        found = made.default_probabilities()
        assert set(found.index) == {firm.id for firm in WORLD.firms}
        by_time = found[made.document["quarters"]].to_numpy()
        assert (np.diff(by_time, axis=1) >= 0).all()
        losses = made.losses()
        if len(losses):
            assert losses["mean"].iloc[0] == pytest.approx(losses.loc["chain", "mean"])
        assert (made.together()["probability"] > 0).all()

    def test_paths_are_labelled(self, made: Ensemble) -> None:
        one = made.paths.sel(series=("revenue", "chain"))
        assert one.dims == ("path", "quarter")
        assert one.shape == (40, 4)

    def test_what_is_not_there_is_told(self, made: Ensemble) -> None:
        with pytest.raises(InputError, match="Did you mean 'revenue'"):
            made.fan("chain", "revenu")
        with pytest.raises(InputError, match="'price' of 'chain' is not in"):
            made.fan("chain", "price")

    def test_a_world_of_ones_own_has_no_posterior(self) -> None:
        with pytest.raises(CardhouseError, match="no economy"):
            ensemble_of(WORLD, n=10)

    def test_says_what_it_is(self, made: Ensemble) -> None:
        assert "40 of 40 paths, seed 7" in repr(made)
        assert "fails by the end" in made._repr_html_()


class TestManifest:
    @pytest.mark.parametrize(
        "change",
        [
            {"plan": Plan(41, 7)},
            {"plan": Plan(40, 8)},
            {"plan": Plan(40, 7, "random")},
            {"certain": frozenset(KINDS)},
            {"quarters": 4},
            {"members": True},
            {"keep": Keep(variables=VARIABLES[:3])},
            {"scenario": Scenario("x", "X", "", "", {"venture_supply": 0.5})},
            {"against": BASELINE},
        ],
        ids=[
            "paths",
            "seed",
            "design",
            "certain",
            "quarters",
            "members",
            "keep",
            "scenario",
            "against",
        ],
    )
    def test_the_digest_knows_everything_that_numbers_follow_from(self, change) -> None:  # type: ignore[no-untyped-def]
        def digest(one: Study) -> str:
            return str(ensemble_manifest(one, one.layout())["digest"])

        plain = study()
        assert digest(plain) == digest(study())
        assert digest(plain) != digest(replace(plain, **change))

    def test_inputs_without_kinds_that_are_certain(self) -> None:
        document = ensemble_document(Outcome(*_short(study(certain=frozenset({ACCOUNTS, SHOCK})))))
        kinds = {one["kind"] for one in document["inputs"]}
        assert kinds == {TERM, PARAMETER}
        assert len(listed_inputs()) >= 8


def _short(of: Study) -> tuple[Study, Layout, Tally]:
    outcome = run_ensemble(replace(of, plan=Plan(4, 1)), None)
    return outcome.study, outcome.layout, outcome.tally


class TestPlacing:
    def test_processes_where_there_is_enough_to_do_for_several(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(placing, "usable_processors", lambda: 3)
        small, large = seconds_of(Plan(1000), 20), seconds_of(Plan(10_000), 20)
        found = [executor_of(asked, None, work) for asked in (None, 2) for work in (small, large)]
        assert [type(one) for one in found] == [Threads, Processes, Threads, Processes]
        assert [vars(one)["_count"] for one in found] == [1, 3, 2, 2]
        assert isinstance(executor_of(1, None, large), Threads)
        assert seconds_of(Plan(1000), 20, members=True) > large / 2
        assert seconds_of(Plan(1000), 20, twice=True) == 2 * small

    def test_threads_where_no_process_can_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "executable", "/opt/app/application")
        assert isinstance(executor_of(4, None, 100.0), Threads)

    def test_threads_where_each_process_would_compile_the_engine(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(placing, "machine_code_folder", lambda: None)
        assert isinstance(executor_of(4, None, 100.0), Threads)


class TestThreads:
    def test_leave_off_when_nobody_wants_more(self) -> None:
        begun, left = threading.Event(), threading.Event()

        def job(number: int) -> int:
            if number == 0:
                return number
            begun.set()
            try:
                while not left.wait(0.001):
                    heed_stop()
            finally:
                left.set()
            return number

        answers = Threads(2).each(job, range(10))
        assert next(answers) == (0, 0)
        assert begun.wait(30)
        assert not left.is_set()
        answers.close()  # type: ignore[attr-defined] # it is a generator
        assert left.wait(30)

    def test_heed_no_stop_where_nobody_could_ask(self) -> None:
        heed_stop()
        assert list(Threads(1).each(abs, [-1, 2])) == [(-1, 1), (2, 2)]
