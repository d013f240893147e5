"""A row of a person's own that says whose place it takes: ``replaces``, the id of another fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cardhouse.errors import did_you_mean
from cardhouse.facts.schema import Fact
from cardhouse.facts.table import FactTable
from cardhouse.facts.text import shorten


@dataclass(frozen=True)
class Replacing:
    """What may be replaced: the facts below a table, and all shipped ones where it is not there.

    An economy reads some of the shipped tables; a person's own table may be about all of them.
    """

    base: FactTable
    elsewhere: Callable[[], FactTable]

    def replaced_by(self, row: Fact) -> Fact | None:
        """Return the fact whose place a row takes; None where there is none of that name."""
        found = self.base.by_id.get(row.replaces)
        return found or self.elsewhere().by_id.get(row.replaces)

    def problems(self, row: Fact) -> Iterable[str]:
        """Yield what is wrong with what a row replaces."""
        old = self.replaced_by(row)
        if old is None:
            yield self._unknown(row)
            return
        if (old.entity, old.metric) != (row.entity, row.metric):
            yield (
                f"replaces '{old.id}', which tells {old.metric} of {old.entity}, and the row tells "
                f"{row.metric} of {row.entity}. Name a fact on the same entity and metric."
            )
        counts = self.base.duplicates.get(old.id)
        if counts is not None:
            yield (
                f"replaces '{old.id}', which does not count: '{counts}' says the same. Name "
                f"'{counts}'."
            )
        twin = self.base.by_key.get(row.key)
        if twin is not None and twin.id != old.id:
            yield (
                f"replaces '{old.id}', and its key (entity, metric, item, counterparty, period, "
                f"source) is that of '{twin.id}', which it replaces already. Empty the cell, or "
                "name your own source."
            )

    def _unknown(self, row: Fact) -> str:
        alike = [one.id for one in self.base.find(row.entity, row.metric)]
        near = did_you_mean(row.replaces, alike) or did_you_mean(row.replaces, self.base.by_id)
        return (
            f"replaces '{shorten(row.replaces)}', and there is no fact of that id.{near} "
            f"`cardhouse facts list --entity {row.entity} --metric {row.metric}` lists the ids."
        )
