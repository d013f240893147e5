"""Ensembles on disk: killed, full, broken or another's, nothing is lost and nothing is mixed."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from typer.testing import CliRunner
from zarr.storage import WrapperStore

import ensembling
from cardhouse.cli.app import app
from cardhouse.errors import InputError
from cardhouse.model.scenario import Scenario
from cardhouse.studies.ensembles import plan as planning
from cardhouse.studies.ensembles.folders import Folder
from cardhouse.studies.ensembles.frames import Ensemble, Finished, open_ensemble
from cardhouse.studies.ensembles.keep import Keep
from cardhouse.studies.ensembles.keeping import kept_ensemble, write_documents
from cardhouse.studies.ensembles.plan import Plan
from cardhouse.studies.ensembles.running import Outcome, run_ensemble
from cardhouse.studies.ensembles.storing import NAME
from ensembling import bits, small_study

QUICK = Plan(12, 7)


@pytest.fixture
def few_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "LEAVES", (4, 512))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds the small ensemble; no test changes it."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "LEAVES", (4, 512))
        quick(folder)
    return folder


def quick(folder: Any, *, resume: bool = False, **more: object) -> Outcome:
    study = small_study(plan=QUICK, **more)
    return kept_ensemble(study, None, Folder(folder), resume=resume)


def digests(folder: Path) -> Any:
    return zarr.open_group(folder / NAME, mode="r+")["tasks"]["digest"]


class TestKilled:
    @pytest.mark.parametrize("processes", [0, 2])
    def test_a_run_killed_again_and_again_ends_with_the_same_bits(
        self, tmp_path: Path, processes: int
    ) -> None:
        folder = tmp_path / "run"
        counts = [
            ended_after(folder, wanted, processes, how)
            for wanted, how in ((2, signal.SIGKILL), (16, signal.SIGINT))
        ]
        done = ensembling.keep_in(folder)
        assert 2 <= counts[0] < counts[1] < small_study().plan.tasks
        assert bits(done.tally) == bits(run_ensemble(small_study(), None).tally)

    @pytest.mark.usefixtures("few_leaves")
    def test_a_store_killed_while_it_is_made_is_made_anew(self, tmp_path: Path) -> None:
        quick(tmp_path)
        group = zarr.open_group(tmp_path / NAME, mode="r+")
        del group.attrs["manifest"]
        assert bits(quick(tmp_path).tally) == bits(quick(tmp_path, resume=True).tally)


def ended_after(folder: Path, wanted: int, processes: int, how: signal.Signals) -> int:
    """Start the ensemble, end it once so many tasks are kept, and return how many there are.

    Interrupted it and its processes are, as by a terminal, all together; none is left.
    """
    script = Path(ensembling.__file__)
    tree = [str(script.parent), str(Path(planning.__file__).parents[3])]
    running = subprocess.Popen(
        [sys.executable, str(script), str(folder), str(processes)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(tree)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while kept_in(folder) < wanted:
            assert running.poll() is None, "the run ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        send = os.killpg if how is signal.SIGINT else os.kill
        send(running.pid, how)
        running.wait(30)
    assert nobody_is_left(running.pid, 10)
    return kept_in(folder)


def nobody_is_left(group: int, seconds: float) -> bool:
    """Tell whether a group of processes ends within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def kept_in(folder: Path) -> int:
    """Return how many tasks have their digest written."""
    return len(list((folder / NAME / "tasks" / "digest" / "c").glob("*/0")))


@pytest.mark.usefixtures("few_leaves")
class TestBroken:
    def test_a_broken_chunk_is_done_again(self, tmp_path: Path) -> None:
        plain = quick(tmp_path)
        for name in ("moments_mean", "sketch_points"):
            chunks = (tmp_path / NAME / "tasks" / name / "c" / "1").rglob("0")
            chunk = next(path for path in chunks if path.is_file())
            chunk.write_bytes(chunk.read_bytes()[:-3] + b"abc")
        assert bits(quick(tmp_path, resume=True).tally) == bits(plain.tally)

    def test_another_number_is_noticed(self, tmp_path: Path) -> None:
        plain = quick(tmp_path)
        means = zarr.open_group(tmp_path / NAME, mode="r+")["tasks"]["moments_mean"]
        means[1] = means[1] + 1.0
        assert bits(quick(tmp_path, resume=True).tally) == bits(plain.tally)

    def test_a_slot_without_digest_is_work_to_do(self, tmp_path: Path) -> None:
        plain = quick(tmp_path)
        digests(tmp_path)[2] = np.zeros(32, dtype=np.uint8)
        assert bits(quick(tmp_path, resume=True).tally) == bits(plain.tally)


@pytest.mark.usefixtures("few_leaves")
class TestAnother:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"plan": Plan(12, 8)}, "the seed differs (7 there, 8 asked for)"),
            ({"plan": Plan(13, 7)}, "the number of paths differs (12 there, 13 asked for)"),
            ({"plan": Plan(12, 7, "random")}, "the design differs"),
            ({"quarters": 3}, "the number of quarters differs (2 there, 3 asked for)"),
            ({"certain": frozenset({"accounts", "shock"})}, "what is certain differs"),
            ({"keep": Keep(whole_paths=3)}, "what is kept differs"),
            ({"scenario": Scenario("calm", "Calm", "", "", {})}, "the scenario differs"),
        ],
        ids=["seed", "paths", "design", "quarters", "certain", "keep", "scenario"],
    )
    def test_ensemble_is_refused_by_what_differs(
        self, kept: Path, change: dict[str, Any], said: str
    ) -> None:
        before = digests(kept)[:].tobytes()
        other = replace(small_study(plan=QUICK), **change)
        with pytest.raises(InputError) as refused:
            kept_ensemble(other, None, Folder(kept), resume=True)
        assert said in str(refused.value)
        assert digests(kept)[:].tobytes() == before

    def test_opening_position_is_refused(self, kept: Path) -> None:
        world = small_study().world
        firms = (replace(world.firms[0], cash=world.firms[0].cash + 1e-3), *world.firms[1:])
        with pytest.raises(InputError, match="opening accounts"):
            quick(kept, resume=True, world=replace(world, firms=firms))

    def test_what_is_there_is_not_overwritten_unasked(self, kept: Path) -> None:
        with pytest.raises(InputError, match=r"4 of 4 tasks of it\. Add --resume"):
            quick(kept)

    def test_nothing_there_is_where_one_goes_on_from(self, tmp_path: Path) -> None:
        assert bits(quick(tmp_path / "new", resume=True).tally) == bits(quick(tmp_path).tally)


class FullDisk(WrapperStore[Any]):
    """A store on a disk that is full after so many writes."""

    left = 0

    async def set(self, key: str, value: Any) -> None:
        if FullDisk.left <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        FullDisk.left -= 1
        await self._store.set(key, value)


@pytest.mark.usefixtures("few_leaves")
class TestUnwritable:
    def test_a_full_disk_is_told_and_loses_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plain = Folder.zarr_store
        with monkeypatch.context() as patch:
            patch.setattr(Folder, "zarr_store", lambda of, name: FullDisk(plain(of, name)))
            patch.setattr(FullDisk, "left", 10**6)
            quick(tmp_path / "roomy")
            writes = (10**6 - FullDisk.left) // 2
            patch.setattr(FullDisk, "left", writes)
            with pytest.raises(InputError) as told:
                quick(tmp_path / "full")
        assert "No space left on device" in str(told.value)
        assert "--resume" in str(told.value)
        kept = int(str(told.value).partition(" of 4 tasks")[0].rpartition(" ")[2])
        assert kept == kept_in(tmp_path / "full") >= 1
        again = quick(tmp_path / "full", resume=True)
        assert bits(again.tally) == bits(quick(tmp_path / "other").tally)

    def test_a_folder_that_cannot_be_made_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        with pytest.raises(InputError, match="is a file"):
            quick(tmp_path / "file")
        with pytest.raises(InputError, match="cannot be written: Not a directory"):
            quick(tmp_path / "file" / "inside")

    def test_what_does_not_reach_is_told(self) -> None:
        with pytest.raises(InputError, match="cannot be reached: Protocol not known: nowhere"):
            quick("nowhere://a/b")

    def test_a_missing_extra_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "zarr", None)
        done = CliRunner().invoke(app, ["ensemble", "-n", "4", "--out", str(tmp_path / "x")])
        assert done.exit_code == 2
        assert "cardhouse[ensemble]" in done.stderr

    def test_going_on_needs_a_folder(self) -> None:
        done = CliRunner().invoke(app, ["ensemble", "-n", "4", "--resume"])
        assert done.exit_code == 2
        assert "Add --out DIR" in done.stderr


@pytest.mark.usefixtures("few_leaves")
class TestFolder:
    def test_anywhere_that_fsspec_reaches(self) -> None:
        import fsspec

        plain = quick("memory://ensembles/a")
        write_documents(plain, Folder("memory://ensembles/a"))
        system = fsspec.filesystem("memory")
        assert system.exists("/ensembles/a/summary.json")
        assert system.exists("/ensembles/a/tables/fans.csv")
        again = quick("memory://ensembles/a", resume=True)
        assert bits(again.tally) == bits(plain.tally)
        system.rm("/ensembles", recursive=True)

    def test_results_are_readable_without_us(self, tmp_path: Path) -> None:
        outcome = quick(tmp_path)
        result = zarr.open_group(tmp_path / NAME, mode="r")["result"]
        assert result["moments_mean"].metadata.dimension_names == ("series", "quarter")
        at = result.attrs["series"].index(["revenue", "chain"])
        np.testing.assert_array_equal(result["moments_mean"][at], outcome.tally.moments.mean[at])

    def test_summary_and_tables_are_written(self, tmp_path: Path) -> None:
        write_documents(quick(tmp_path), Folder(tmp_path), {"page.html": lambda _: "<p>"})
        names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.csv")}
        assert {"tables/fans.csv", "tables/defaults.csv", "tables/inputs.csv"} <= names
        assert (tmp_path / "page.html").read_text() == "<p>"
        assert not list(tmp_path.glob(".cardhouse-*"))


@pytest.mark.usefixtures("few_leaves")
class TestReopened:
    @pytest.mark.parametrize("where", ["folder", "memory://ensembles/again"])
    def test_is_what_was_run(self, where: str, tmp_path: Path) -> None:
        name = str(tmp_path) if where == "folder" else where
        outcome = quick(name, keep=Keep(whole_paths=5))
        write_documents(outcome, Folder(name))
        made, found = Ensemble(Finished(outcome)), open_ensemble(name)
        assert found.document == json.loads(json.dumps(made.document))
        assert repr(found) == repr(made)
        assert found.fan("chain", "revenue").equals(made.fan("chain", "revenue"))
        assert found.default_probabilities().equals(made.default_probabilities())
        assert found.losses().equals(made.losses())
        assert found.paths.sizes["path"] > 0
        assert found.paths.identical(made.paths)

    def test_summary_needs_no_store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_documents(quick(tmp_path), Folder(tmp_path))
        monkeypatch.setitem(sys.modules, "zarr", None)
        found = open_ensemble(tmp_path)
        assert len(found.fan("chain", "revenue")) == len(found.document["quarters"])
        with pytest.raises(InputError, match=r"cardhouse\[ensemble\]"):
            _ = found.paths

    def test_one_that_is_not_finished_says_how_far_it_is(self, kept: Path) -> None:
        done = len(digests(kept)[:])
        with pytest.raises(InputError, match=f"not finished: {done} of {done} tasks are kept"):
            open_ensemble(kept)

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (None, "holds no ensemble: there is no summary.json in it"),
            ("{", "is no summary of an ensemble .schema None"),
            ('{"schema": "cardhouse/run/1"}', "schema 'cardhouse/run/1', expected"),
            ("[]", "is no summary of an ensemble"),
        ],
    )
    def test_anything_else_is_refused(
        self, content: str | None, expected: str, tmp_path: Path
    ) -> None:
        if content is not None:
            (tmp_path / "summary.json").write_text(content, "utf-8")
        with pytest.raises(InputError, match=expected):
            open_ensemble(tmp_path)

    def test_paths_of_another_ensemble_are_not_taken_for_its_own(self, tmp_path: Path) -> None:
        for name, seed in (("one", 7), ("other", 8)):
            study = small_study(plan=Plan(12, seed))
            folder = Folder(tmp_path / name)
            write_documents(kept_ensemble(study, None, folder), folder)
        (tmp_path / "one" / NAME).rename(tmp_path / "away")
        with pytest.raises(InputError, match="holds the summary of an ensemble and no paths"):
            _ = open_ensemble(tmp_path / "one").paths
        (tmp_path / "other" / NAME).rename(tmp_path / "one" / NAME)
        with pytest.raises(InputError, match="holds two ensembles"):
            _ = open_ensemble(tmp_path / "one").paths
