"""How to get the same again: lines for the command line, Python, R and curl."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from cardhouse.studies.asking import DEFAULT_ECONOMY, DEFAULT_QUARTERS

Pairs = Sequence[tuple[str, str]]


def recipes(address: str, query: Pairs) -> dict[str, str]:
    """Return lines that fetch or compute the same, by what they are written in.

    Parameters
    ----------
    address
        Where the API gives the document of a run.
    query
        Its parameters, as names and values in order.

    Examples
    --------
    >>> recipes("http://127.0.0.1:8000/api/v1/run", [("scenario", "price-war")])["shell"]
    'cardhouse run --scenario price-war --json'
    """
    url = f"{address}?{urlencode(list(query))}" if query else address
    return {
        "shell": _shell(query),
        "Python": _python(query),
        "R": f"jsonlite::fromJSON({json.dumps(url)})",
        "curl": f"curl {shlex.quote(url)}",
    }


def _shell(query: Pairs) -> str:
    economy = [value for name, value in query if name == "economy" and value != DEFAULT_ECONOMY]
    options = [(name.replace("_", "-"), shlex.quote(value)) for name, value in query]
    words = [f"--{name} {value}" for name, value in options if name != "economy"]
    return " ".join(["cardhouse run", *economy, *words, "--json"])


def _python(query: Pairs) -> str:
    """Return one line of Python: open a world, run it, ask for its data."""
    given: Mapping[str, str] = dict(query)
    opened = [f'"{given.get("economy", DEFAULT_ECONOMY)}"']
    opened += [f'{name}="{given[name]}"' for name in ("base", "as_of") if name in given]
    scenarios = [value for name, value in query if name == "scenario"]
    levers = [value.partition("=") for name, value in query if name == "set"]
    ran = []
    if scenarios:
        named = scenarios[0] if len(scenarios) == 1 else scenarios
        ran.append(f"scenario={named!r}")
    if given.get("quarters", str(DEFAULT_QUARTERS)) != str(DEFAULT_QUARTERS):
        ran.append(f"quarters={given['quarters']}")
    if levers:
        told = ", ".join(f'"{name}": {_value(value)}' for name, _, value in levers)
        ran.append(f"levers={{{told}}}")
    inside = ", ".join([f"ch.open({', '.join(opened)})", *ran])
    return f"import cardhouse as ch; run = ch.run({inside}); run.data"


def _value(text: str) -> str:
    """Return a lever's value as Python writes it: a number, or a tuple of ids."""
    try:
        return f"{float(text):g}"
    except ValueError:
        return repr(tuple(text.split(",")))
