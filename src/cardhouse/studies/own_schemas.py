"""The published schemas of starting one's own files, and of the environment."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

KINDS = ("economy", "scenario")
"""What can be started."""
STATES = ("ok", "note", "problem", "broken")
"""In order; worth knowing; the user's to mend; a fault of the installation or of cardhouse."""

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}


def new_schema() -> Schema:
    """Return the schema of what ``new --json`` prints."""
    texts = {"type": "array", "items": TEXT}
    return _record(folder=TEXT, kind={"enum": list(KINDS)}, files=texts, next=texts)


def doctor_schema() -> Schema:
    """Return the schema of what ``doctor --json`` prints."""
    check = _record(id=TEXT, state={"enum": list(STATES)}, told=TEXT, advice=TEXT)
    return _record(
        version=TEXT,
        python=TEXT,
        platform=TEXT,
        packages={"type": "object", "additionalProperties": {"type": ["string", "null"]}},
        well=FLAG,
        checks={"type": "array", "items": check},
    )


def _record(**fields: Schema) -> Schema:
    return {"type": "object", "properties": dict(fields), "required": list(fields)}
