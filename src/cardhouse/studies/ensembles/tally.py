"""What is left of paths once they are reduced, in parts that merge: the reducers side by side.

Every part knows how to merge with its right neighbour. Means and quantiles are merged in a fixed
tree over leaves (`cardhouse.analysis.tree_fold`), so that their bits follow from the plan alone;
counts are whole numbers and would come out the same in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.moments import Moments
from cardhouse.analysis.quantile_sketch import Sketch
from cardhouse.engine.arrays import Array, Index
from cardhouse.studies.ensembles.observing import ENDINGS, EXPLOSIVE, REFUSED, Layout, Observed


@dataclass(frozen=True)
class Events:
    """How many paths had each event, and the moments of its share from leaf to leaf.

    Axes: ``firm``, ``quarter``, ``pair`` of firms, ``exceed``. Defaults and exceedances count paths
    in which it has happened by the quarter, in exceedances the last row is of the quarter alone.
    """

    failed: Index  # (firm, quarter): has failed by the quarter
    pairs: Index  # (pair,): both have failed by the last quarter
    exceeded: Index  # (exceed, quarter): holds in the quarter
    ever: Index  # (exceed,): has held in some quarter after the base quarter
    number: Index  # (firm + 1,): paths in which so many firms have failed by the last quarter

    @classmethod
    def of(cls, seen: Observed, layout: Layout) -> Events:
        """Count the events of some paths."""
        failed = seen.failed
        last = failed[:, -1, :]
        pairs = [int((last[one] & last[other]).sum()) for one, other in layout.pairs]
        holds = [
            _holds(seen.values[layout.place[one.variable, one.entity]], one.above, one.level)
            for one in layout.keep.exceed
        ]
        rows, paths = failed.shape[1:]
        held = np.array(holds, dtype=bool).reshape(len(holds), rows, paths)
        return cls(
            failed=failed.sum(axis=2, dtype=np.int64),
            pairs=np.array(pairs, dtype=np.int64),
            exceeded=held.sum(axis=2, dtype=np.int64),
            ever=held[:, 1:].any(axis=1).sum(axis=1, dtype=np.int64),
            number=np.bincount(last.sum(axis=0), minlength=len(failed) + 1).astype(np.int64),
        )

    def merge(self, other: Events) -> Events:
        """Return the events of both together."""
        names = ("failed", "pairs", "exceeded", "ever", "number")
        return Events(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def shares(self, paths: int) -> Array:
        """Return all counts as shares of so many paths, in one row (event,)."""
        counts = [self.failed, self.pairs, self.exceeded, self.ever, self.number]
        return np.concatenate([count.ravel() for count in counts]) / paths


def _holds(values: Array, above: bool, level: float) -> NDArray[np.bool_]:
    return values > level if above else values < level


@dataclass(frozen=True)
class Whole:
    """Some paths kept whole: their numbers, and their series (series, quarter, path)."""

    numbers: Index
    values: Array

    def merge(self, other: Whole) -> Whole:
        """Return the paths of both, in order."""
        numbers = np.concatenate([self.numbers, other.numbers])
        values = np.concatenate([self.values, other.values], axis=2)
        order = np.argsort(numbers, kind="stable")
        return Whole(numbers[order], np.ascontiguousarray(values[:, :, order]))


@dataclass(frozen=True)
class Tally:
    """Everything that is kept of some paths.

    ``between`` and ``event_shares`` hold the moments of the leaves' means: paths of one leaf start
    from the same drawn accounts, so that how far leaves differ tells the error of a mean.
    """

    endings: Index  # (ending,): paths by how they ended
    moments: Moments  # (series, quarter)
    between: Moments  # (series, quarter), one number a leaf
    sketch: Sketch  # cells: series x quarter
    events: Events
    event_shares: Moments  # (event,), one number a leaf
    whole: Whole
    refusal: str = ""

    @classmethod
    def of(cls, seen: Observed, layout: Layout, numbers: Index) -> Tally:
        """Reduce the paths of a leaf.

        Parameters
        ----------
        seen
            What is kept of each path.
        layout
            What the series are.
        numbers
            The numbers of the paths (path,).
        """
        ended = seen.explosive
        if ended.any():
            seen = _without(seen, ended)
        count = seen.values.shape[2]
        moments = Moments.of(seen.values)
        events = Events.of(seen, layout)
        cells = seen.values.reshape(moments.mean.size, count)
        picked = layout.is_whole(numbers[~ended])
        endings = {EXPLOSIVE: int(ended.sum()), REFUSED: 0}
        return cls(
            endings=np.array([endings.get(one, count) for one in ENDINGS], dtype=np.int64),
            moments=moments,
            between=_one_leaf(moments.mean, count),
            sketch=Sketch.of(cells, layout.points),
            events=events,
            event_shares=_one_leaf(events.shares(max(count, 1)), count),
            whole=Whole(numbers[~ended][picked], seen.values[:, :, picked]),
        )

    @classmethod
    def refused(cls, layout: Layout, paths: int, why: str) -> Tally:
        """Return the tally of a leaf whose accounts cannot be run."""
        rows = layout.quarters + 1
        nobody = Observed(
            np.zeros((len(layout.series), rows, 0)),
            np.zeros((len(layout.firms), rows, 0), dtype=bool),
            np.zeros(0, dtype=bool),
        )
        made = cls.of(nobody, layout, np.zeros(0, dtype=np.int64))
        endings = np.array([paths if one == REFUSED else 0 for one in ENDINGS], dtype=np.int64)
        return replace(made, endings=endings, refusal=why)

    def merge(self, other: Tally) -> Tally:
        """Return the tally of both together; the paths of `other` come after."""
        return Tally(
            endings=self.endings + other.endings,
            moments=self.moments.merge(other.moments),
            between=self.between.merge(other.between),
            sketch=self.sketch.merge(other.sketch),
            events=self.events.merge(other.events),
            event_shares=self.event_shares.merge(other.event_shares),
            whole=self.whole.merge(other.whole),
            refusal=self.refusal or other.refusal,
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as arrays by name, to be written; see `from_arrays`."""
        sketch, events = self.sketch, self.events
        return {
            "endings": self.endings,
            **_written("moments", self.moments),
            **_written("between", self.between),
            **_written("event_shares", self.event_shares),
            "sketch_points": sketch.points,
            "sketch_low": sketch.low,
            "sketch_high": sketch.high,
            "sketch_state": np.array([sketch.most, sketch.count, sketch.bound, sketch.depth]),
            **{f"events_{name}": getattr(events, name) for name in events.__dataclass_fields__},
            "whole_numbers": self.whole.numbers,
            "whole_values": self.whole.values,
            "refusal": np.frombuffer(self.refusal.encode(), dtype=np.uint8),
        }

    @classmethod
    def from_arrays(cls, found: Mapping[str, NDArray[Any]]) -> Tally:
        """Return a tally as it was before `arrays`, to the bit."""
        most, count, bound, depth = found["sketch_state"].tolist()
        return cls(
            endings=found["endings"],
            moments=_read("moments", found),
            between=_read("between", found),
            event_shares=_read("event_shares", found),
            sketch=Sketch(
                int(most),
                int(count),
                found["sketch_points"],
                found["sketch_low"],
                found["sketch_high"],
                bound,
                int(depth),
            ),
            events=Events(
                **{name: found[f"events_{name}"] for name in Events.__dataclass_fields__}
            ),
            whole=Whole(found["whole_numbers"], found["whole_values"]),
            refusal=bytes(found["refusal"]).decode(errors="ignore"),  # it may end within a letter
        )


def _one_leaf(mean: Array, paths: int) -> Moments:
    """Return the moments of one number a cell, or of none where the leaf has no paths."""
    return Moments(1 if paths else 0, mean, np.zeros_like(mean))


def _without(seen: Observed, left_out: NDArray[np.bool_]) -> Observed:
    kept = ~left_out
    return Observed(
        np.ascontiguousarray(seen.values[:, :, kept]),
        np.ascontiguousarray(seen.failed[:, :, kept]),
        seen.explosive[kept],
    )


def _written(name: str, moments: Moments) -> dict[str, NDArray[Any]]:
    return {
        f"{name}_count": np.array([moments.count]),
        f"{name}_mean": moments.mean,
        f"{name}_squares": moments.squares,
    }


def _read(name: str, found: Mapping[str, NDArray[Any]]) -> Moments:
    count = int(found[f"{name}_count"][0])
    return Moments(count, found[f"{name}_mean"], found[f"{name}_squares"])
