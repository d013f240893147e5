"""The pages of tables as Markdown, written from what the package ships: nothing is copied by hand.

Each function returns one page's text. Nothing here knows of Sphinx, so the tests can ask it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&])")
CODE = re.compile(r"(?<!`)(`[^`|\\]+`)(?!`)")


def escaped(text: str) -> str:
    """Return plain words as Markdown; what stands between backticks stays code."""
    parts = CODE.split(" ".join(text.split()))
    return "".join(part if CODE.fullmatch(part) else SPECIAL.sub(r"\\\1", part) for part in parts)


def code(text: str) -> str:
    """Return an id or a formula as code, also inside a table."""
    return f"`{text.replace('|', chr(92) + '|')}`" if text else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; cells are Markdown already."""
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def number(value: float) -> str:
    """Return a number in its shortest form."""
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:g}"


def between(low: float, high: float) -> str:
    """Return a range in words."""
    return f"{number(low)} to {number(high)}"


def levers() -> str:
    """Return the levers, a section for each group."""
    from cardhouse.studies.levers import REMOVE_RANGE, lever_rows

    rows = lever_rows()
    parts = []
    for group in dict.fromkeys(row["group"] for row in rows):
        members = [_lever(row, REMOVE_RANGE) for row in rows if row["group"] == group]
        heads = ("lever", "what it moves", "default")
        parts.append(f"## {escaped(group)}\n\n{table(heads, members)}")
    return "\n".join(parts)


def _lever(row: Mapping[str, Any], ids: str) -> tuple[str, ...]:
    name, words = code(row["id"]), escaped(row["words"])
    if row["default"] is None:
        return name, f"{words}<br>{escaped(ids)}", "none"
    unit = row["kind"] if row["unit"] == row["kind"] else f"{row['kind']}, {row['unit']}"
    span = between(row["low"], row["high"])
    return name, f"{words}<br>{escaped(unit)}: {span}", number(row["default"])


def scenarios() -> str:
    """Return the shipped scenarios: what each moves, and why these numbers."""
    from cardhouse.studies.scenario_files import list_scenarios

    return "\n".join(_scenario(one) for one in list_scenarios())


def _scenario(one: Any) -> str:
    moves = [f"{lever} {value:g} for the whole run" for lever, value in one.levers.items()]
    lines = "\n".join(f"- {escaped(move)}" for move in [*moves, *one.moves])
    moved = f"Moves:\n\n{lines}\n\n" if lines else ""
    head = f"## {escaped(one.title)}\n\n{code(one.id)} ({escaped(one.group)})\n\n"
    return f"{head}{escaped(one.words)}\n\n{moved}Why: {escaped(one.reason)}\n"


def claims() -> str:
    """Return the sentences of the thesis with the definitions by which they are judged."""
    from cardhouse.studies.claim_table import load_claims

    return "\n".join(
        f"## {escaped(one.claim)}\n\n{code(one.id)}\n\n{escaped(one.definition)}\n"
        for one in load_claims()
    )


def parameters() -> str:
    """Return the behavioural parameters: a table of numbers, then meanings and sources."""
    from cardhouse.model.parameters import PARAMETERS

    rows = [
        (code(one.name), number(one.default), between(one.low, one.high), escaped(one.unit))
        for one in PARAMETERS
    ]
    heads = ("parameter", "default", "range", "unit")
    meanings = "\n".join(_parameter(one) for one in PARAMETERS)
    return f"## All at a glance\n\n{table(heads, rows)}\n## Meanings and sources\n\n{meanings}"


def _parameter(one: Any) -> str:
    symbol = f" ({escaped(one.symbol)})" if one.symbol else ""
    return (
        f"{code(one.name)}{symbol}\n"
        f": {escaped(one.meaning)} {number(one.default)} {escaped(one.unit)}, "
        f"range {between(one.low, one.high)}; read by {code(one.used_in)}.\n\n"
        f"  Source: {escaped(one.source)}.\n"
    )


def glossary() -> str:
    """Return the words and what they mean."""
    from cardhouse.studies.glossary import load_glossary

    rows = [(escaped(one.word), escaped(one.meaning)) for one in load_glossary()]
    return table(("word", "meaning"), rows)


def gauges() -> str:
    """Return the market gauges with their definitions and caveats."""
    from cardhouse.studies.gauges import load_gauges

    return "\n".join(
        f"{code(one.id)}\n: {escaped(one.definition)}\n\n  {escaped(one.caveat)}\n"
        for one in load_gauges().values()
    )


def answers() -> str:
    """Return every key of a run's document with its unit and formula."""
    import csv
    from importlib.resources import files

    shipped = files("cardhouse.studies").joinpath("answers.csv").read_text(encoding="utf-8")
    rows = [
        (code(row["key"]), f"{escaped(row['formula'])}<br>in {escaped(row['unit'])}")
        for row in csv.DictReader(shipped.splitlines())
    ]
    return table(("key", "formula"), rows)


def fact_tables() -> str:
    """Return how many facts each shipped table holds, by grade."""
    from collections import Counter
    from pathlib import Path

    from cardhouse.facts import load_facts

    counts = Counter((Path(one.place.partition(":")[0]).name, one.grade) for one in load_facts())
    tables = sorted({name for name, _ in counts})
    rows = [(code(name), *(f"{counts[name, grade]:,}" for grade in "ABC")) for name in tables]
    total = ("all", *(f"{sum(counts[name, grade] for name in tables):,}" for grade in "ABC"))
    return table(("table", "grade A", "grade B", "grade C"), [*rows, total])


def schemas() -> str:
    """Return the kinds of document with a published JSON Schema."""
    from cardhouse.studies.schemas import published_schemas

    known = published_schemas()
    rows = [(code(kind), escaped(known[kind]["title"])) for kind in sorted(known)]
    return table(("kind", "title"), rows)


def commands() -> str:
    """Return the commands with their arguments, options and examples, from their own help."""
    import typer

    from cardhouse.cli.app import app

    root = typer.main.get_command(app)
    return "\n".join(_command(command, name) for name, command in _leaves(root, "cardhouse"))


def _leaves(command: Any, name: str) -> Iterable[tuple[str, Any]]:
    for word, child in getattr(command, "commands", {}).items():
        if getattr(child, "commands", None):
            yield from _leaves(child, f"{name} {word}")
        else:
            yield f"{name} {word}", child


def _command(command: Any, name: str) -> str:
    context = command.context_class(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    prose, _, examples = command.help.partition("\b\n")
    rows = [_option(one) for one in command.params if not one.hidden]
    rest = examples.removeprefix("For example:").strip("\n")
    shown = "\n".join(f"$ {line.strip()}" for line in rest.splitlines() if line.strip())
    return (
        f"## {name}\n\n{escaped_paragraphs(prose)}\n\n```text\n{usage}\n```\n\n"
        + (f"For example:\n\n```console\n{shown}\n```\n\n" if shown else "")
        + table(("argument or option", "meaning"), rows)
    )


def escaped_paragraphs(text: str) -> str:
    """Return paragraphs of help as Markdown."""
    return "\n\n".join(escaped(part) for part in text.split("\n\n") if part.strip())


def _option(one: Any) -> tuple[str, str]:
    told = (
        f" Default: {code(str(one.default))}." if isinstance(one.default, str | int | float) else ""
    )
    if one.param_type_name == "argument":
        return code(one.metavar or one.name.upper()), escaped(one.help or "") + told
    if one.is_flag:
        return code(one.opts[0]), escaped(one.help or "")
    return code(f"{one.opts[0]} {one.metavar or one.name.upper()}"), escaped(one.help) + told


PAGES: dict[str, Callable[[], str]] = {
    "levers": levers,
    "scenarios": scenarios,
    "claims": claims,
    "parameters": parameters,
    "gauges": gauges,
    "answers": answers,
    "glossary": glossary,
    "fact_tables": fact_tables,
    "schemas": schemas,
    "commands": commands,
}
"""What the directive ``shipped`` can write."""
