"""Why an answer of a run is what it is: its formula, and the figures that enter it.

Every number of a run's document has a key, its path in the document: ``ledger.subsidy_usd_bn``,
``trace.nvidia.venture``. Rows of lists stand under their id. ``answers.csv`` holds the formula of
each kind of key: ``*`` is one name, ``**`` any number of them. An input is another key, or an
expression over the accounts, which `figure_sources` explains; a ``?`` marks inputs that not every
entity has.
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from cardhouse.errors import InputError, did_you_mean
from cardhouse.studies.run import run_study

TABLE = Path(__file__).with_name("answers.csv")
ROW_KEYS = (
    ("id",),
    ("payer", "payee", "kind"),
    ("failed", "holder"),
    ("firm",),
    ("tier",),
    ("entity",),
    ("year",),
    ("fact",),
    ("name",),
)
"""What names a row of a list: the first of these that the row has."""
SHOWN_NAMES = 12
SHOWN_PAYMENTS = 8
SHOWN_ROWS = 4
STEPS = 3
"""How far a number is followed down to payments."""

KeyPath = tuple[str, ...]


@dataclass(frozen=True)
class Formula:
    """A row of ``answers.csv``: how numbers with keys of one form come about."""

    key: str
    unit: str
    formula: str
    inputs: tuple[str, ...]

    def match(self, path: KeyPath) -> tuple[str, ...] | None:
        """Return the names at the places of ``*``, None where the key is of another form.

        Examples
        --------
        >>> Formula("trace.*.*", "share", "", ()).match(("trace", "nvidia", "venture"))
        ('nvidia', 'venture')
        """
        return _match(tuple(self.key.split(".")), path)


def _match(form: KeyPath, path: KeyPath) -> tuple[str, ...] | None:
    if not form:
        return None if path else ()
    first, rest = form[0], form[1:]
    if first == "**":
        found = _match(rest, path)
        return found if found is not None or not path else _match(form, path[1:])
    if not path or first not in ("*", path[0]):
        return None
    found = _match(rest, path[1:])
    if found is None:
        return None
    return (path[0], *found) if first == "*" else found


@cache
def load_formulas() -> tuple[Formula, ...]:
    """Return the formulas in the order of their table; the first that matches holds."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Formula(row["key"], row["unit"], row["formula"], tuple(_inputs(row["inputs"])))
            for row in csv.DictReader(file)
        )


def _inputs(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def is_answer(asked: str) -> bool:
    """Tell whether a word asks for a number of a run, rather than of the accounts alone.

    Examples
    --------
    >>> is_answer("trace.nvidia.venture"), is_answer("openai.revenue"), is_answer("cash:openai")
    (True, False, False)
    """
    roots = {one.key.partition(".")[0] for one in load_formulas()}
    return re.split(r"[^a-z_]", asked, maxsplit=1)[0] in roots


def formula_of(path: KeyPath) -> tuple[Formula, tuple[str, ...]] | None:
    """Return the formula of a number by its path, with the names in it; None where none holds."""
    for one in load_formulas():
        names = one.match(path)
        if names is not None:
            return one, names
    return None


def explain_answer(
    key: str,
    *,
    economy: str,
    base: str | None = None,
    as_of: str | None = None,
    scenarios: Sequence[str] = (),
    extra_facts: Sequence[Path] = (),
) -> dict[str, Any]:
    """Return a number of a run with its formula and what enters it.

    Parameters
    ----------
    key
        A path in the run's document: ``ledger.subsidy_usd_bn``, ``trace.nvidia.venture``.
    economy, base, as_of, scenarios, extra_facts
        As in a run.

    Returns
    -------
    dict
        ``value`` (a list by quarter where the document holds a series), ``unit``, ``formula``, and
        ``inputs``: each with its key or expression, its value where the document holds one, and
        ``rows``, how many rows of the document it stands for where it is no single number.

    Raises
    ------
    InputError
        Where the run has no such number.
    """
    result = run_study(
        economy=economy, base=base, as_of=as_of, scenarios=scenarios, extra_facts=extra_facts
    )
    return explain_in(result.document, key)


def explain_in(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a number of a finished run's document as `explain_answer` does.

    Raises
    ------
    InputError
        Where the document has no such number.
    """
    path, value = look_up(document, key)
    found = formula_of(path)
    if found is None or not (is_value(value) or value is None):
        raise InputError(f"'{key}' is no single number.{_names_under(value)}")
    formula, names = found
    manifest = document["manifest"]
    return {
        "schema": "cardhouse/answer/1",
        "answer": key,
        "economy": manifest["economy"],
        "base_quarter": manifest["base_quarter"],
        "as_of": manifest["as_of"],
        "scenario": manifest["scenario"],
        "value": value,
        "unit": formula.unit,
        "formula": formula.formula,
        "inputs": list(_valued(document, formula, names, path)),
        "payments": _payments_behind(document, formula, names),
        "facts": _facts_beside(document, path),
    }


def look_up(document: Mapping[str, Any], key: str) -> tuple[KeyPath, Any]:
    """Return the path and the content of a key; names with dots in them are found too."""
    found = list(_readings(document, key))
    for path, content in found:
        if is_value(content):
            return path, content
    if found:
        return found[0]
    raise InputError(f"'{key}': in this run {_where_it_ends(document, key)}")


def _readings(here: Any, rest: str, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield every way of reading a key, longest names first."""
    if not rest:
        yield path, here
        return
    children = _children(here)
    for name in sorted(_fitting(children, rest), key=len, reverse=True):
        yield from _readings(children[name], rest[len(name) + 1 :], (*path, name))


def _fitting(names: Iterable[str], rest: str) -> list[str]:
    return [name for name in names if rest == name or rest.startswith(f"{name}.")]


def _where_it_ends(document: Mapping[str, Any], key: str) -> str:
    """Say how far a key can be read, and what stands there."""
    here: Any = document
    path: list[str] = []
    rest = key
    while fitting := _fitting(_children(here), rest):
        name = max(fitting, key=len)
        path.append(name)
        here, rest = _children(here)[name], rest[len(name) + 1 :]
    wrong = rest.partition(".")[0]
    where = f"'{'.'.join(path)}' has no '{wrong}'." if path else f"there is no '{wrong}'."
    return where + (did_you_mean(wrong, list(_children(here))) or _names_under(here))


def is_value(content: Any) -> bool:
    """Tell whether a place of a document holds a number or a series of them."""
    return _is_number(content) or (isinstance(content, list) and any(map(_is_number, content)))


def numbers_in(content: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield the path and value of every number and every series of numbers in a document."""
    children = _children(content)
    if children:
        for name, child in children.items():
            yield from numbers_in(child, (*path, name))
    elif is_value(content):
        yield path, content


def _children(content: Any) -> dict[str, Any]:
    """Return what stands under a place of a document, rows of lists under what names them."""
    if isinstance(content, Mapping):
        return dict(content)
    if _is_rows(content):
        return {_row_name(row, number): row for number, row in enumerate(content)}
    return {}


def _row_name(row: Mapping[str, Any], number: int) -> str:
    """Return what names a row of a list: an id where it has one, else its number."""
    for keys in ROW_KEYS:
        if all(name in row for name in keys):
            return ">".join(str(row[name]) for name in keys)
    return str(number)


def _is_rows(content: Any) -> bool:
    return isinstance(content, list) and bool(content) and isinstance(content[0], Mapping)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _names_under(content: Any) -> str:
    names = list(_children(content))
    if not names:
        return ""
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return f" Ask for one of {', '.join(names[:SHOWN_NAMES])}{more}."


def _valued(
    document: Mapping[str, Any], formula: Formula, names: tuple[str, ...], path: KeyPath
) -> Iterator[dict[str, Any]]:
    """Yield the inputs of a formula with their values; optional ones only where they exist."""
    for told in formula.inputs:
        key = told.removesuffix("?").format(*names)
        if "*" in key:
            yield {"input": key, "value": None, "rows": len(_matching(document, key))}
            continue
        try:
            value = look_up(document, key)[1] if is_answer(key) else None
        except InputError:
            if told.endswith("?"):
                continue
            raise
        if not is_answer(key) and not _has_accounts(document, names):
            continue
        children = _children(value)
        if not children:
            yield {"input": key, "value": value, "rows": 0}
            continue
        largest = _largest(key, children, path)
        yield {"input": key, "value": None, "rows": len(children), "largest": largest}


def _largest(key: str, rows: Mapping[str, Any], path: KeyPath) -> list[dict[str, Any]]:
    """Return the rows that say most of a number, each with the key to ask for next.

    Of rows with many figures it is the figure of the number's own name; of a tier only its firms.
    """
    tier = path[1] if path[0] == "tiers" else None
    found = []
    for name, row in rows.items():
        if isinstance(row, Mapping) and tier not in (None, row.get("tier")):
            continue
        for inner in _inner_names(path[-1]) if isinstance(row, Mapping) else ("",):
            value = _within(row, inner)
            if is_value(value):
                found.append({"key": f"{key}.{name}{inner and '.'}{inner}", "value": value})
                break
    return sorted(found, key=lambda one: -abs(_at_base(one["value"])))[:SHOWN_ROWS]


def _inner_names(name: str) -> tuple[str, ...]:
    """Return where a row may hold its part of a number: by its name, with or without the unit."""
    return name, name.removesuffix("_usd_bn"), f"by_source.{name}"


def _within(row: Any, name: str) -> Any:
    """Return what stands in a row under a name of one word or two; None where nothing does."""
    for word in filter(None, name.split(".")):
        row = row.get(word) if isinstance(row, Mapping) else None
    return row


def _at_base(value: Any) -> float:
    """Return a number, or the first of a series that is known."""
    numbers = value if isinstance(value, list) else [value]
    return float(next(one for one in numbers if _is_number(one)))


def _matching(document: Mapping[str, Any], form: str) -> list[Mapping[str, Any]]:
    """Return the rows of the document's flows whose names have a form: ``flows.*>*>sale``.

    ``in AI`` behind it leaves those that are partly of AI lines.
    """
    found = [(row, _weight(form, row, at)) for at, row in enumerate(document["flows"])]
    return [row for row, weight in found if weight > 0]


def _weight(form: str, row: Mapping[str, Any], at: int) -> float:
    """Return which part of a row a form means: none where its name does not fit."""
    name, _, part = form.removeprefix("flows").removeprefix(".").partition(" in ")
    fits = fnmatchcase(_row_name(row, at), name or "*")
    return float(fits) * (row.get("ai_share", 0.0) if part else 1.0)


def _payments_behind(
    document: Mapping[str, Any], formula: Formula, names: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return the largest payments of the base quarter behind a number that have facts.

    They are found by walking from input to input until payments are reached.
    """
    forms = set(_forms_of_payments(document, formula, names, STEPS))
    behind = [
        {
            "payment": f"flows.{_row_name(row, at)}",
            "usd_bn": row["amount"][0] * weight,
            "facts": list(row["facts"]),
        }
        for at, row in enumerate(document["flows"])
        if row.get("facts")
        for weight in (max((_weight(form, row, at) for form in forms), default=0.0),)
        if row["amount"][0] * weight > 0
    ]
    behind.sort(key=lambda one: (-one["usd_bn"], one["payment"]))
    return behind[:SHOWN_PAYMENTS]


def _forms_of_payments(
    document: Mapping[str, Any], formula: Formula, names: tuple[str, ...], steps: int
) -> Iterator[str]:
    """Yield the forms of payments that a formula leads to within some steps."""
    for told in formula.inputs:
        key = told.removesuffix("?").format(*names)
        if key.startswith("flows"):
            yield key
        elif steps and is_answer(key):
            with contextlib.suppress(InputError):
                below = formula_of(look_up(document, key)[0])
                if below is not None:
                    yield from _forms_of_payments(document, *below, steps - 1)


def _has_accounts(document: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    """Tell whether the accounts hold revenue and costs of an entity: firms and divisions do."""
    kinds = {row["id"]: row["kind"] for row in document["entities"]}
    return kinds.get(names[0]) in ("firm", "division", "parent")


def _facts_beside(document: Mapping[str, Any], path: KeyPath) -> list[str]:
    """Return the ids of facts that the document names beside a number."""
    if path[:2] == ("accounts", "moves"):
        return [path[2]]
    for length in range(len(path) - 1, 0, -1):
        row = look_up(document, ".".join(path[:length]))[1]
        if isinstance(row, Mapping) and isinstance(row.get("facts"), list):
            return list(row["facts"])
    return []
