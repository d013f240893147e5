"""What a scenario file may say: the model of ``cardhouse/scenario/1`` and its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    FiniteFloat,
    StringConstraints,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from cardhouse.errors import ScenarioError, did_you_mean
from cardhouse.model.scenario import Lever
from cardhouse.studies.levers import (
    REMOVE,
    REMOVE_WORDS,
    describe_range,
    is_automatic,
    load_levers,
)
from cardhouse.studies.yaml_text import Keys, YamlText

SCHEMA_ID = "cardhouse/scenario/1"
KEBAB = r"^[a-z0-9]+(-[a-z0-9]+)*$"
SNAKE = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
TIME = r"^(t\+[0-9]{1,3}|[0-9]{4}Q[1-4])$"

VALUE, IDS = "a value", "ids"
TAGS = ("shock", "event", VALUE, IDS)
"""Names of alternatives, which stand in the places of mistakes beside the keys of the file."""

Kebab = Annotated[str, StringConstraints(pattern=KEBAB, max_length=80)]
Snake = Annotated[str, StringConstraints(pattern=SNAKE, max_length=80)]
Time = Annotated[
    str, Field(pattern=TIME, description="t+N quarters after the base quarter, or 2026Q1")
]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


Group = Literal["reference", "capital", "demand", "prices", "technology", "failures", "history"]
GROUPS: tuple[str, ...] = get_args(Group)
"""Headings under which scenarios are listed, in this order."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


class ShockEntry(_Entry):
    """A dated move of one lever."""

    lever: str = Field(description="id of the lever that moves")
    value: FiniteFloat = Field(description="value of the lever, in its own unit")
    start: Time = Field(alias="from", description="first quarter: t+1 is the first simulated")
    end: Time | None = Field(
        None, alias="to", description="last quarter; none: to the end of the run"
    )
    shape: Literal["step", "ramp", "pulse"] = Field(
        "step",
        description="step: holds the value from `from` to `to`; ramp: moves in a straight line, "
        "reaches the value at `to` and keeps it; pulse: holds it in `from` alone",
    )


class EventEntry(_Entry):
    """Something that happens to one entity."""

    event: Literal["default"] = Field(description="default: the entity is forced into default")
    entity: Snake = Field(description="id of the entity")
    at: Time


class ExpectedEntry(_Entry):
    """A sentence a domain person would sign: where a figure stands against the baseline."""

    entity: Snake | None = Field(None, description="id of the entity; or give `tier`")
    tier: Snake | None = Field(None, description="the layer; or give `entity`")
    figure: Literal["revenue", "cash", "operating_result", "capex", "raised"]
    direction: Literal["down", "up", "same"] = Field(description="against the baseline")
    at: Time
    words: Words | None = None

    @model_validator(mode="after")
    def _of_one(self) -> ExpectedEntry:
        if (self.entity is None) == (self.tier is None):
            raise PydanticCustomError("of_one", "give either `entity` or `tier`, one of them")
        return self


def _kind_of_entry(entry: Any) -> str:
    if isinstance(entry, EventEntry) or (isinstance(entry, dict) and "event" in entry):
        return "event"
    return "shock"


Entry = Annotated[
    Annotated[ShockEntry, Tag("shock")] | Annotated[EventEntry, Tag("event")],
    Discriminator(_kind_of_entry),
]


def _kind_of_setting(value: Any) -> str:
    return IDS if isinstance(value, list) else VALUE


NAMES = Annotated[list[Snake], Field(min_length=1)]
LeverSetting = Annotated[
    Annotated[FiniteFloat, Tag(VALUE)] | Annotated[NAMES, Tag(IDS)],
    Discriminator(_kind_of_setting),
]


class ScenarioFile(_Entry):
    """A scenario: what moves, when, and why."""

    schema_: Literal["cardhouse/scenario/1"] = Field(alias="schema")
    id: Kebab = Field(description="kebab-case id")
    title: Words = Field(description="a few words")
    group: Group | None = Field(None, description="under which heading it is listed")
    words: Words = Field(description="what happens, in plain words")
    reason: Words = Field(description="why these numbers: sources, ids of facts")
    extends: str | None = Field(None, description="a shipped id or a path; it applies first")
    levers: dict[str, LeverSetting] = Field(
        default_factory=dict, description="levers moved for the whole run, from t+1"
    )
    shocks: list[Entry] = Field(default_factory=list, max_length=1000)
    expected: list[ExpectedEntry] = Field(
        default_factory=list,
        description="what should come out: see `cardhouse check --run`; no run uses it",
    )


def parse_scenario_file(text: YamlText) -> ScenarioFile:
    """Return the file's model.

    Raises
    ------
    ScenarioError
        For the first thing that is wrong: file, line, what was found, what was expected.
    """
    try:
        return ScenarioFile.model_validate(text.data)
    except ValidationError as error:
        raise ScenarioError(next(_sentences(text, error))) from None


def problems_of_model(text: YamlText) -> list[str]:
    """Return a sentence for every place where the file breaks the model."""
    try:
        ScenarioFile.model_validate(text.data)
    except ValidationError as error:
        return list(_sentences(text, error))
    return []


def _sentences(text: YamlText, error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False):
        keys: Keys = tuple(key for key in detail["loc"] if key not in TAGS)
        if detail["loc"][-1:] == ("event",):  # the key itself, not the kind of entry
            keys = (*keys, "event")
        yield f"{text.where(keys)}: {_sentence(detail, keys)}"


def _sentence(detail: ErrorDetails, keys: Keys) -> str:
    kind = detail["type"]
    if kind == "extra_forbidden":
        known = _known_keys(keys)
        hint = did_you_mean(str(keys[-1]), known)
        return f"the key '{keys[-1]}' is not known here.{hint} Use {', '.join(known)}."
    if kind == "missing":
        return f"the key '{keys[-1]}' is missing in {_place(keys[:-1])}. Add it."
    return f"{_place(keys)} is {_short(detail['input'])}; {_wanted(detail, keys)}."


def _wanted(detail: ErrorDetails, keys: Keys) -> str:
    """Return what was expected at `keys`, in words."""
    kind = detail["type"]
    is_time = keys[-1:] in (("from",), ("to",), ("at",))
    if kind == "literal_error":
        return f"use {detail['ctx']['expected'].replace(chr(39), '')}"
    if kind in ("finite_number", "float_type"):
        return "a finite number was expected, such as 0.4"
    if kind == "string_pattern_mismatch" or (kind == "string_type" and is_time):
        pattern = detail.get("ctx", {}).get("pattern", TIME)
        return _pattern_words(pattern) + _as_pattern(detail["input"], pattern)
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "keys with values were expected, such as `id: x`"
    return detail["msg"][:1].lower() + detail["msg"][1:]


def _known_keys(keys: Keys) -> list[str]:
    models: dict[str | int, type[BaseModel]] = {"expected": ExpectedEntry}
    model: type[BaseModel] = models.get(keys[0], ScenarioFile) if len(keys) > 1 else ScenarioFile
    names = [field.alias or name for name, field in model.model_fields.items()]
    if len(keys) > 1 and keys[0] == "shocks":
        both = {**ShockEntry.model_fields, **EventEntry.model_fields}
        names = [field.alias or name for name, field in both.items()]
    return names


def _place(keys: Keys) -> str:
    return ".".join(str(key) for key in keys) or "the file"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _pattern_words(pattern: str) -> str:
    return {
        TIME: "write t+N (t+1 is the first simulated quarter) or a quarter such as 2026Q1",
        KEBAB: "write kebab-case: small letters and digits joined by hyphens",
        SNAKE: "write snake_case: small letters and digits joined by underscores",
    }[pattern]


def _as_pattern(value: object, pattern: str) -> str:
    """Return what was meant by a name with capitals, blanks or the other joints, in the words."""
    joint = {KEBAB: "-", SNAKE: "_"}.get(pattern)
    if joint is None or not isinstance(value, str):
        return ""
    meant = re.sub(r"[\s_-]+", joint, value.strip().lower())
    return f", such as {meant}" if meant != value and re.fullmatch(pattern, meant) else ""


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of scenario files, levers and ranges included."""
    schema = ScenarioFile.model_json_schema(by_alias=True)
    levers = load_levers()
    schema["properties"]["levers"] |= {
        "properties": {
            **{lever.id: _lever_schema(lever) for lever in levers.values()},
            REMOVE: {
                "type": "array",
                "items": {"type": "string", "pattern": SNAKE},
                "minItems": 1,
                "description": f"{REMOVE_WORDS}.",
            },
        },
        "additionalProperties": False,
    }
    schema["$defs"]["ShockEntry"]["properties"]["lever"]["enum"] = list(levers)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **schema,
        "title": "cardhouse scenario: A scenario file",
    }


def _lever_schema(lever: Lever) -> dict[str, Any]:
    within: dict[str, Any] = {"type": "number", "minimum": lever.low, "maximum": lever.high}
    if is_automatic(lever):
        within = {"anyOf": [within, {"const": lever.default}]}
    return {
        **within,
        "default": lever.default,
        "description": f"{lever.words}. {lever.kind}: {describe_range(lever)}.",
    }
