"""An ensemble on disk: a zarr store with one slot a task, so that a killed run can go on.

``ensemble.zarr/tasks`` holds what is left of each task (first axis ``task``, one chunk a task),
``ensemble.zarr/result`` the whole once it is merged. A task's digest is written after everything
else of it: a slot without digest, or with another than its content gives, is work still to do. What
an ensemble was made of stands in the attributes; one made of something else is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cardhouse.errors import InputError
from cardhouse.studies.ensembles.folders import Folder, cannot_write, zarr_package
from cardhouse.studies.ensembles.observing import Layout
from cardhouse.studies.ensembles.plan import Plan, Task
from cardhouse.studies.ensembles.tally import Tally

NAME = "ensemble.zarr"
FORMAT = "cardhouse/ensemble-store/1"
DIGEST = "digest"
DIGEST_BYTES = 32
REASON_BYTES = 400

Arrays = dict[str, NDArray[Any]]

DIMENSIONS = {
    **{
        f"{name}_{part}": ("series", "quarter")
        for name in ("moments", "between")
        for part in ("mean", "squares")
    },
    "event_shares_mean": ("event",),
    "event_shares_squares": ("event",),
    "sketch_points": ("cell", "point"),
    "sketch_low": ("cell",),
    "sketch_high": ("cell",),
    "events_failed": ("firm", "quarter"),
    "events_pairs": ("pair",),
    "events_exceeded": ("exceedance", "quarter"),
    "events_ever": ("exceedance",),
    "events_number": ("firms_failed",),
    "whole_values": ("series", "quarter", "whole_path"),
    "whole_numbers": ("whole_path",),
    "endings": ("ending",),
}
"""Names of the axes of what is written; other arrays have one axis of their own."""

PADDED = {"sketch_points": 1, "whole_values": 2, "whole_numbers": 0, "refusal": 0}
"""Arrays whose last axis differs from task to task: the slot is as wide as the widest."""

WORDS = {
    "version": "the version of cardhouse",
    "facts_digest": "the facts",
    "economy": "the economy",
    "base_quarter": "the base quarter",
    "as_of": "the date of the facts",
    "scenario": "the scenario",
    "levers": "the levers",
    "shocks": "the scenario's shocks",
    "events": "the scenario's events",
    "quarters": "the number of quarters",
    "paths": "the number of paths",
    "seed": "the seed",
    "design": "the design",
    "certain": "what is certain",
    "members": "whether members run one by one",
    "keep": "what is kept",
    "against": "the scenario that paths are set against",
    "opening": "the last digits of the opening accounts (another number of BLAS threads?)",
    "leaves": "how paths are cut into leaves",
    "tasks": "how leaves are cut into tasks",
}
"""What may differ between an ensemble on disk and the one that is asked for."""


class Store:
    """What is kept of an ensemble; made by `open_store`."""

    def __init__(self, folder: Folder, group: Any, plan: Plan) -> None:
        self._folder, self._group, self._plan = folder, group, plan

    def found(self, task: Task) -> Tally | None:
        """Return what is kept of a task; None where nothing whole is."""
        tasks = self._group["tasks"]
        try:
            wanted = tasks[DIGEST][task.number].tobytes()
            if not any(wanted):
                return None
            slot = {name: tasks[name][task.number] for name in tasks if name != DIGEST}
        except (OSError, ValueError, RuntimeError):
            return None  # a chunk is broken: the task is done again
        arrays = _narrowed(slot)
        return Tally.from_arrays(arrays) if _digest(arrays) == wanted else None

    def keep(self, task: Task, tally: Tally) -> None:
        """Keep a task's tally; raises InputError where it cannot be written."""
        tasks, arrays = self._group["tasks"], tally.arrays()
        arrays["refusal"] = arrays["refusal"][:REASON_BYTES]
        with self._writing():
            for name, values in _widened(arrays, tasks).items():
                tasks[name][task.number] = values
            tasks[DIGEST][task.number] = np.frombuffer(_digest(arrays), dtype=np.uint8)

    def finish(self, tally: Tally, layout: Layout) -> None:
        """Write the merged whole with its labels."""
        arrays = tally.arrays()
        arrays["refusal"] = arrays["refusal"][:REASON_BYTES]
        with self._writing():
            result = self._group.require_group("result")
            for name, values in arrays.items():
                axes = DIMENSIONS.get(name, (f"{name}_part",))
                result.create_array(name, data=values, overwrite=True, dimension_names=axes)
            result.attrs.update(labels(layout))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            kept = self.kept()
            raise InputError(
                f"{cannot_write(self._folder.name, error)} {kept} of {self._plan.tasks} tasks are "
                "kept there and lose nothing. Make room, and go on with --resume."
            ) from error

    def kept(self) -> int:
        """Return how many tasks have been written whole."""
        return int(self._group["tasks"][DIGEST][:].any(axis=1).sum())


def labels(layout: Layout) -> dict[str, Any]:
    """Return what the axes of the arrays mean."""
    firms = layout.firms
    return {
        "series": [list(one) for one in layout.series],
        "firms": list(firms),
        "pairs": [[firms[one], firms[other]] for one, other in layout.pairs],
        "exceedances": [event.text for event in layout.keep.exceed],
    }


def open_store(
    folder: Folder,
    manifest: Mapping[str, Any],
    layout: Layout,
    plan: Plan,
    *,
    resume: bool,
) -> Store:
    """Return the store in a folder: a new one, or with ``resume`` the one that is there.

    Parameters
    ----------
    folder
        Where the store lies.
    manifest
        What the ensemble's numbers follow from (`ensemble_manifest`, and ``opening``).
    layout, plan
        What is kept of whom, and how paths are cut.
    resume
        Whether to go on with what is there; where nothing is, a new store is made.

    Raises
    ------
    InputError
        When the folder holds an ensemble that is not asked for, or cannot be written.
    """
    zarr = zarr_package()
    wanted = {**_plain(manifest), "tasks": plan.tasks, "format": FORMAT}
    try:
        group = zarr.open_group(folder.zarr_store(NAME), mode="a")
        made = dict(group.attrs).get("manifest")
        if made is None:
            _make(group, layout, plan)
            group.attrs["manifest"] = wanted  # last: without it the store is none yet
    except OSError as error:
        raise InputError(cannot_write(folder.name, error)) from error
    store = Store(folder, group, plan)
    if made is not None:
        _check(folder, made, wanted)
        if not resume:
            raise InputError(
                f"'{folder.name}' holds this ensemble already, {store.kept()} of {plan.tasks} "
                "tasks of it. Add --resume to go on with it, or name another folder."
            )
    return store


def _plain(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest as JSON gives it back."""
    import json

    found: dict[str, Any] = json.loads(json.dumps(manifest))
    return found


def _check(folder: Folder, made: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse a store that was made of something else, naming what."""
    if made.get("format") != wanted["format"]:
        raise InputError(
            f"'{folder.name}' holds an ensemble in the format {made.get('format')}, which this "
            f"version ({wanted['format']}) cannot go on with. Name another folder."
        )
    for key, words in WORDS.items():
        if made.get(key) != wanted.get(key):
            raise InputError(
                f"'{folder.name}' holds another ensemble: {words} differs ({_told(made.get(key))} "
                f"there, {_told(wanted.get(key))} asked for). Ask for the same, or name another "
                "folder."
            )
    if made.get("digest") != wanted.get("digest"):
        raise InputError(
            f"'{folder.name}' holds another ensemble: its inputs differ (digest "
            f"{_told(made.get('digest'))} there, {_told(wanted.get('digest'))} asked for). Name "
            "another folder."
        )


def _told(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _make(group: Any, layout: Layout, plan: Plan) -> None:
    """Make room for all tasks: an array for each part of a tally, one chunk a task."""
    tasks = group.require_group("tasks")
    for name, example in _example(layout, plan).items():
        tasks.create_array(
            name,
            shape=(plan.tasks, *example.shape),
            chunks=(1, *(max(size, 1) for size in example.shape)),
            dtype=example.dtype,
            fill_value=0,
            overwrite=True,
            dimension_names=("task", *DIMENSIONS.get(name, (f"{name}_part",))),
        )
    digest = {"shape": (plan.tasks, DIGEST_BYTES), "chunks": (1, DIGEST_BYTES), "dtype": "uint8"}
    tasks.create_array(DIGEST, **digest, fill_value=0, overwrite=True)


def _example(layout: Layout, plan: Plan) -> Arrays:
    """Return arrays as wide as any task's may be."""
    paths = max(plan.paths_of(plan.task(at)) for at in range(plan.tasks))
    none = Tally.refused(layout, 0, "")
    arrays = _with_widths(none.arrays())
    widths = {
        "sketch_points": min(paths, layout.points),
        "whole_values": -(-paths // layout.every) + 1,
        "whole_numbers": -(-paths // layout.every) + 1,
        "refusal": REASON_BYTES,
    }
    for name, axis in PADDED.items():
        shape = list(arrays[name].shape)
        shape[axis] = widths[name]
        arrays[name] = np.zeros(shape, dtype=arrays[name].dtype)
    return arrays


def _with_widths(arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """Return arrays with how wide each of the padded ones is."""
    widths = {
        f"{name}_width": np.array([arrays[name].shape[axis]]) for name, axis in PADDED.items()
    }
    return {**arrays, **widths}


def _widened(arrays: Arrays, slots: Any) -> Arrays:
    """Return arrays filled up to the width of their slots."""
    out = _with_widths(arrays)
    for name, axis in PADDED.items():
        missing = slots[name].shape[1 + axis] - out[name].shape[axis]
        edges = [(0, missing if at == axis else 0) for at in range(out[name].ndim)]
        out[name] = np.pad(out[name], edges)
    return out


def _narrowed(slot: Arrays) -> Arrays:
    """Return arrays as they were before `_widened`."""
    out = dict(slot)
    for name, axis in PADDED.items():
        width = int(out.pop(f"{name}_width")[0])
        out[name] = np.ascontiguousarray(np.take(out[name], np.arange(width), axis=axis))
    return out


def _digest(arrays: Arrays) -> bytes:
    """Return a digest of arrays, their names and shapes."""
    whole = hashlib.sha256()
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        whole.update(f"{name}{values.shape}{values.dtype.str}".encode())
        whole.update(values.tobytes())
    return whole.digest()
