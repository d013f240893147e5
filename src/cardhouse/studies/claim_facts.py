"""The facts that claims look at: an economy's own, and those on the turn of the century."""

from __future__ import annotations

from functools import cache

from cardhouse.facts import FactTable, load_facts

THEN = ("dotcom_chain.csv", "dotcom_1999.csv")
"""Tables of the years 1996 to 2003, which an economy of today does not read."""


def with_then(facts: FactTable | None) -> FactTable | None:
    """Return facts with those on the turn of the century beside them; none where there are none."""
    if facts is None:
        return None
    added = [one for one in _then().everything() if one.id not in facts.by_id]
    return facts.with_rows(one for one in added if one.key not in facts.by_key)


@cache
def _then() -> FactTable:
    return load_facts(tables=THEN)
