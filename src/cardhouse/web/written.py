"""Documents as bytes of JSON, of which no number is silently lost."""

from __future__ import annotations

import json
from typing import Any

import orjson


def quickly_written(document: Any) -> bytes:
    """Return a document as JSON; what is not finite becomes null, so its maker must not make it."""
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def written(document: Any) -> bytes:
    """Return a document as JSON.

    Raises
    ------
    ValueError
        When a number is not finite, which is a bug.
    """
    json.dumps(document, allow_nan=False, default=_plain)  # looks at every number, and is dropped
    return quickly_written(document)


def _plain(value: Any) -> Any:
    """Return an array or a number of numpy as Python's."""
    return value.tolist()
