"""Write the part of the API's description that the page uses: `python frontend/api.py`.

`npm run types` makes the page's types from it. A test compares it with the running service, so
that the page never reads an answer that the API no longer gives.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("openapi.json")
PREFIX = "/api/v1"
USED = (
    "/stage",
    "/view",
    "/ledger",
    "/fragility",
    "/entities",
    "/claims",
    "/trace/{entity}",
    "/loops",
    "/promises",
    "/why",
    "/compare",
    "/levers",
    "/scenarios",
    "/glossary",
    "/gauges",
    "/mirror",
    "/facts",
    "/facts/conflicts",
    "/facts/{fact_id}",
)


def document() -> dict[str, Any]:
    """Return the description of the addresses that the page asks, and of what they answer."""
    from cardhouse.web.app import create
    from cardhouse.web.shapes import describe

    whole = json.loads(json.dumps(describe(create())))
    paths = {f"{PREFIX}{path}": whole["paths"][f"{PREFIX}{path}"] for path in USED}
    schemas = whole["components"]["schemas"]
    needed = _reached(paths, schemas)
    return {
        "openapi": whole["openapi"],
        "info": {"title": whole["info"]["title"], "version": "page"},
        "paths": paths,
        "components": {"schemas": {name: schemas[name] for name in sorted(needed)}},
    }


def _reached(start: Any, schemas: dict[str, Any]) -> set[str]:
    """Return the names of the schemas that something refers to, directly or not."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            name = str(here.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)
    return found


def text() -> str:
    """Return the file's text."""
    return json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    sys.stderr.write(f"Wrote {FILE.name}\n")
