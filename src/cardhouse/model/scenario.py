"""Scenarios and levers as frozen values: what a person moves, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Lever:
    """One thing that can be moved: a ``factor`` (neutral at 1) or a ``level`` in its own unit.

    ``channel`` names the array of the engine's drivers that it moves and ``selector`` the label
    of the entities it moves there (``product=subscription``, ``label=venture``; empty: all).
    """

    id: str
    words: str
    group: str
    kind: str  # "factor" or "level"
    unit: str
    default: float
    low: float
    high: float
    channel: str
    selector: str


@dataclass(frozen=True)
class Shock:
    """A dated move of one lever: from quarter ``start`` (1 is the first simulated) to ``end``.

    ``end`` None means to the end of the run. ``shape``: ``step`` holds the value; ``ramp`` moves
    there in a straight line, reaching it at ``end``; ``pulse`` holds it in ``start`` alone.
    """

    lever: str
    value: float
    start: int
    end: int | None = None
    shape: str = "step"


@dataclass(frozen=True)
class Event:
    """Something that happens to one entity at quarter ``at``: so far ``default``."""

    event: str
    entity: str
    at: int


@dataclass(frozen=True)
class Scenario:
    """Levers moved for the whole run, dated shocks and events, with words and a reason."""

    id: str
    title: str
    words: str
    reason: str
    levers: Mapping[str, float] = field(default_factory=dict)
    shocks: tuple[Shock, ...] = ()
    events: tuple[Event, ...] = ()
