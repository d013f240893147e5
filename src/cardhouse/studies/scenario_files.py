"""Scenario files: the shipped ones by id, a person's own by path, several in order.

The file's model is in `scenario_models`, overlap and shapes in `lever_paths`, safe YAML in
`yaml_text`; this module reads files and is the door that others use.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cardhouse.errors import ScenarioError, did_you_mean
from cardhouse.model.scenario import Event, Scenario, Shock
from cardhouse.studies.lever_paths import check_entities, check_shock, combine, lever_paths
from cardhouse.studies.levers import REMOVE, check_value, find_lever, removed
from cardhouse.studies.scenario_models import (
    EventEntry,
    ExpectedEntry,
    ScenarioFile,
    ShockEntry,
    parse_scenario_file,
    problems_of_model,
    scenario_schema,
)
from cardhouse.studies.scenario_times import MAX_QUARTERS, before, resolve_time
from cardhouse.studies.yaml_text import YamlText, read_yaml

__all__ = [
    "Expectation",
    "ScenarioSummary",
    "check_entities",
    "combine",
    "expectations",
    "lever_paths",
    "list_scenarios",
    "load_scenario",
    "scenario_problems",
    "scenario_schema",
]

SHIPPED = Path(__file__).with_name("scenarios")
SUFFIXES = (".yaml", ".yml")
MAX_PARENTS = 10
ANY_BASE = "2025Q2"
"""A base for what does not depend on it."""


@dataclass(frozen=True)
class ScenarioSummary:
    """A shipped scenario, for a list."""

    id: str
    title: str
    words: str
    reason: str
    extends: str = ""
    levers: Mapping[str, float] = field(default_factory=dict)
    moves: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class Expectation:
    """Where a figure should stand against the baseline at quarter ``at``: up, down or same."""

    entity: str
    tier: str
    figure: str
    direction: str
    at: int
    words: str = ""


@dataclass(frozen=True)
class _Loaded:
    path: Path
    text: YamlText
    file: ScenarioFile


def load_scenario(
    id_or_path: str | Path, base: str, *, entities: Collection[str] | None = None
) -> Scenario:
    """Return a scenario with the parents it extends applied first.

    Parameters
    ----------
    id_or_path
        A shipped id such as ``capital-freeze``, or the path of a YAML file.
    base
        The base quarter, such as ``2025Q2``; times in the file are counted from it.
    entities
        Ids that events may name; none: not checked here.

    Raises
    ------
    ScenarioError
        When the file, or one that it extends, cannot be read or is wrong in any way.
    """
    chain = _chain(_locate(str(id_or_path)))
    parts = [_build(loaded, base) for loaded in reversed(chain)]
    whole = combine(parts)
    own = chain[0].file
    scenario = Scenario(
        own.id, own.title, own.words, own.reason, whole.levers, whole.shocks, whole.events
    )
    if entities is not None:
        check_entities(scenario, entities)
    return scenario


def list_scenarios() -> list[ScenarioSummary]:
    """Return the shipped scenarios: the baseline first, then by id."""
    loaded = [_load(path) for path in _shipped().values()]
    loaded.sort(key=lambda one: (one.file.id != "baseline", one.file.id))
    return [_summary(one.file) for one in loaded]


def expectations(id_or_path: str | Path, base: str) -> tuple[Expectation, ...]:
    """Return what a scenario's author expects of its outcome, against the baseline."""
    loaded = _load(_locate(str(id_or_path)))
    return tuple(
        _expectation(entry, base, loaded.text.where(("expected", number)))
        for number, entry in enumerate(loaded.file.expected)
    )


def scenario_problems(path: Path) -> list[str]:
    """Return a sentence for every problem of a scenario file; an empty list: it can be run.

    Where the file names quarters such as 2026Q1, the quarter before the first of them is taken as
    the base quarter.
    """
    try:
        text = read_yaml(path)
        problems = problems_of_model(text)
        if problems:
            return problems
        loaded = _Loaded(path, text, parse_scenario_file(text))
    except ScenarioError as error:
        return [str(error)]
    base = _earliest_base(loaded.file)
    problems = [*_lever_problems(loaded), *_move_problems(loaded, base)]
    return problems or _whole_problems(path, base)


def _earliest_base(file: ScenarioFile) -> str:
    """Return the quarter before the first that the file names, for a check without a run."""
    starts = [entry.at if isinstance(entry, EventEntry) else entry.start for entry in file.shocks]
    named = sorted(start for start in starts if "Q" in start)
    return before(named[0]) if named else ANY_BASE


def _whole_problems(path: Path, base: str) -> list[str]:
    try:
        lever_paths(load_scenario(path, base), MAX_QUARTERS)
    except ScenarioError as error:
        return [str(error)]
    return []


def _lever_problems(loaded: _Loaded) -> list[str]:
    problems = []
    for lever, value in loaded.file.levers.items():
        try:
            where = loaded.text.where(("levers", lever))
            if lever == REMOVE:
                removed(value, where)
            else:
                check_value(find_lever(lever, where), value, where)
        except ScenarioError as error:
            problems.append(str(error))
    return problems


def _move_problems(loaded: _Loaded, base: str) -> list[str]:
    problems = []
    for number, entry in enumerate(loaded.file.shocks):
        try:
            _move(entry, base, loaded.text.where(("shocks", number)))
        except ScenarioError as error:
            problems.append(str(error))
    return problems


def _shipped() -> dict[str, Path]:
    return {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}


def _locate(id_or_path: str, folder: Path = Path(), where: str = "") -> Path:
    """Return the file of a shipped id or of a path, relative to `folder`."""
    shipped = _shipped()
    if id_or_path in shipped:
        return shipped[id_or_path]
    path = Path(id_or_path)
    if path.suffix in SUFFIXES or len(path.parts) > 1:
        return folder / path
    raise ScenarioError(
        f"{where}there is no scenario '{id_or_path}'.{did_you_mean(id_or_path, shipped)} "
        "`cardhouse scenarios` lists them; a file of your own is named by its path (.yaml)."
    )


def _load(path: Path) -> _Loaded:
    text = read_yaml(path)
    return _Loaded(path, text, parse_scenario_file(text))


def _chain(path: Path) -> list[_Loaded]:
    """Return the file and the files it extends, nearest first."""
    chain: list[_Loaded] = []
    while True:
        if any(path.resolve() == one.path.resolve() for one in chain):
            names = " -> ".join(one.path.name for one in chain)
            raise ScenarioError(
                f"{chain[-1].text.where(('extends',))}: the files extend each other in a circle: "
                f"{names} -> {path.name}. Remove one `extends`."
            )
        chain.append(_load(path))
        parent = chain[-1].file.extends
        if parent is None:
            return chain
        path = _parent_path(chain[-1], parent)
        if len(chain) > MAX_PARENTS:
            raise ScenarioError(
                f"{chain[-1].text.where(('extends',))}: more than {MAX_PARENTS} files extend each "
                "other. Write some of them together."
            )


def _parent_path(child: _Loaded, parent: str) -> Path:
    where = child.text.where(("extends",))
    path = _locate(parent, child.path.parent, f"{where}: ")
    if not path.is_file():
        raise ScenarioError(
            f"{where}: it extends '{parent}', and there is no such file. "
            "Name a shipped id, or a path relative to this file."
        )
    return path


def _build(loaded: _Loaded, base: str) -> Scenario:
    file, text = loaded.file, loaded.text
    levers = {}
    taken_out: tuple[Event, ...] = ()
    for lever, value in file.levers.items():
        where = text.where(("levers", lever))
        if lever == REMOVE:
            taken_out = removed(value, where)
        else:
            levers[lever] = check_value(find_lever(lever, where), value, where)
    moves = [
        _move(entry, base, text.where(("shocks", number)))
        for number, entry in enumerate(file.shocks)
    ]
    return Scenario(
        id=file.id,
        title=file.title,
        words=file.words,
        reason=file.reason,
        levers=levers,
        shocks=tuple(move for move in moves if isinstance(move, Shock)),
        events=(*taken_out, *(move for move in moves if isinstance(move, Event))),
    )


def _move(entry: ShockEntry | EventEntry, base: str, where: str) -> Shock | Event:
    if isinstance(entry, EventEntry):
        return Event(entry.event, entry.entity, resolve_time(entry.at, base, where))
    lever = find_lever(entry.lever, where)
    start = resolve_time(entry.start, base, where)
    end = None if entry.end is None else resolve_time(entry.end, base, where)
    shock = Shock(entry.lever, entry.value, start, end, entry.shape)
    check_shock(lever, shock, where)
    return shock


def _expectation(entry: ExpectedEntry, base: str, where: str) -> Expectation:
    return Expectation(
        entity=entry.entity or "",
        tier=entry.tier or "",
        figure=entry.figure,
        direction=entry.direction,
        at=resolve_time(entry.at, base, where),
        words=entry.words or "",
    )


def _summary(file: ScenarioFile) -> ScenarioSummary:
    return ScenarioSummary(
        id=file.id,
        title=file.title,
        words=file.words,
        reason=file.reason,
        extends=file.extends or "",
        levers={name: value for name, value in file.levers.items() if isinstance(value, float)},
        moves=(*_taken_out(file), *(_sentence(entry) for entry in file.shocks)),
        group=file.group or "",
    )


def _taken_out(file: ScenarioFile) -> list[str]:
    value = file.levers.get(REMOVE, [])
    return [f"default of {name} at t+1" for name in value] if isinstance(value, list) else []


def _sentence(entry: ShockEntry | EventEntry) -> str:
    if isinstance(entry, EventEntry):
        return f"{entry.event} of {entry.entity} at {entry.at}"
    until = f" to {entry.end}" if entry.end else ""
    shape = "" if entry.shape == "step" else f" ({entry.shape})"
    when = f"in {entry.start}" if entry.end == entry.start else f"from {entry.start}{until}"
    return f"{entry.lever} {entry.value:g} {when}{shape}"
