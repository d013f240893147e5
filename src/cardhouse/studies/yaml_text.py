"""YAML from people, read safely: plain values only, with limits, and the line of every key.

Nothing is constructed from tags; size, depth, aliases and the number of values are limited, so a
file of a few lines cannot unfold into gigabytes.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from cardhouse.errors import ScenarioError
from cardhouse.text_files import read_text

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12
MAX_ALIASES = 16
MAX_VALUES = 20_000

Keys = tuple[str | int, ...]
TAG = "tag:yaml.org,2002:"
PLAIN = frozenset({"map", "seq", "str", "int", "float", "bool", "null", "timestamp", "value"})


@dataclass(frozen=True)
class YamlText:
    """What a file says, as plain values, and the line on which each key or list element starts."""

    name: str
    data: Any
    lines: Mapping[Keys, int] = field(default_factory=dict)

    def where(self, keys: Keys) -> str:
        """Return ``file:line`` of the nearest known place above `keys`."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return f"{self.name}:{self.lines.get(keys, 1)}"


def read_yaml(path: Path) -> YamlText:
    """Return the values of a YAML file.

    Raises
    ------
    ScenarioError
        When the file cannot be read, is too large, is not UTF-8 or breaks `parse_yaml`'s limits.
    """
    return parse_yaml(read_text(path, limit=MAX_BYTES, error=ScenarioError), str(path))


def parse_yaml(text: str, name: str) -> YamlText:
    """Return the values of YAML text; `name` starts every error's sentence.

    Raises
    ------
    ScenarioError
        When the text is not YAML, holds a key twice or a tag, or exceeds the limits on depth,
        aliases and values. NaN and infinity are left to whoever reads the values.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a reused anchor: the nearest one above is meant
            _check_events(YAML(typ="safe", pure=True).parse(text), name)
            root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = error.problem or error.context or "unreadable"
        raise ScenarioError(
            f"{name}:{line}: this is not valid YAML: {problem}. Mend this line or the one above."
        ) from error
    except (YAMLError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else "unreadable"
        raise ScenarioError(f"{name}: this is not valid YAML: {first}.") from error
    if root is None:
        raise ScenarioError(
            f"{name}: the file is empty. Start with `schema: cardhouse/scenario/1`."
        )
    reader = _Reader(name)
    return YamlText(name, reader.value(root, ()), reader.lines)


def _check_events(events: Iterator[Event], name: str) -> None:
    depth = aliases = 0
    for event in events:
        depth += isinstance(event, CollectionStartEvent)
        depth -= isinstance(event, CollectionEndEvent)
        aliases += isinstance(event, AliasEvent)
        if depth > MAX_DEPTH:
            raise _beyond(name, event.start_mark.line, f"nests deeper than {MAX_DEPTH} levels")
        if aliases > MAX_ALIASES:
            raise _beyond(name, event.start_mark.line, f"has more than {MAX_ALIASES} aliases (*)")


def _beyond(name: str, line: int, what: str) -> ScenarioError:
    return ScenarioError(f"{name}:{line + 1}: the file {what}, the limit. Write it out plainly.")


class _Reader:
    """Turns composed nodes into plain values, noting lines; aliases are copied within limits."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Keys, int] = {}
        self.count = 0

    def value(self, node: Node, keys: Keys) -> Any:
        line = node.start_mark.line
        self.lines.setdefault(keys, line + 1)
        self.count += 1
        if self.count > MAX_VALUES:
            raise _beyond(self.name, line, f"holds more than {MAX_VALUES} values")
        if len(keys) > MAX_DEPTH:
            raise _beyond(self.name, line, f"nests deeper than {MAX_DEPTH} levels")
        self.check_tag(node)
        if isinstance(node, MappingNode):
            return self.mapping(node, keys)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*keys, number)) for number, item in enumerate(node.value)]
        return self.scalar(node)

    def mapping(self, node: MappingNode, keys: Keys) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                raise ScenarioError(f"{self.name}:{line}: a key must be a word, not a list or map.")
            key = str(key_node.value)
            if key in values:
                first = self.lines[(*keys, key)]
                raise ScenarioError(
                    f"{self.name}:{line}: the key '{key}' stands twice, first on line {first}. "
                    "Keep one of them."
                )
            self.lines[(*keys, key)] = line
            values[key] = self.value(value_node, (*keys, key))
        return values

    def scalar(self, node: Node) -> Any:
        text = str(node.value)
        kind = str(node.tag).removeprefix(TAG)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind in ("int", "float"):
            return _number(text)
        return text

    def check_tag(self, node: Node) -> None:
        if str(node.tag).removeprefix(TAG) not in PLAIN:
            raise ScenarioError(
                f"{self.name}:{node.start_mark.line + 1}: the tag '{node.tag}' is not allowed. "
                "Write plain text, numbers, lists and keys."
            )


def _number(text: str) -> float | int | str:
    """Return the number that YAML 1.2 reads in `text`; unusual notations stay text."""
    plain = text.replace("_", "").lower()
    special = re.fullmatch(r"([-+]?)\.(inf|nan)", plain)
    if special:
        return float(special.group(1) + special.group(2))
    if re.fullmatch(r"[-+]?\d{1,300}", plain):
        return int(plain)
    try:
        return float(plain)
    except ValueError:
        return text
