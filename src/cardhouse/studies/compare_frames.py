"""Runs side by side for a notebook: the comparison of the command line, as frames."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from cardhouse.studies.compare import compare_documents

if TYPE_CHECKING:
    import pandas as pd

    from cardhouse.studies.frames import Run


def compare_runs(*runs: Run) -> Comparison:
    """Return two or three runs of one economy side by side, in the order given.

    Parameters
    ----------
    runs
        From `cardhouse.run`, as long as each other; their worlds may open in different quarters
        or know the facts of different days.

    Raises
    ------
    InputError
        When there are fewer than two or more than three, or they cannot stand side by side.

    Examples
    --------
    >>> import cardhouse as ch
    >>> world = ch.open("ai", base="2026Q1")
    >>> dearer = ch.run(world, quarters=1, levers={"interest_shift": 2})
    >>> ch.compare(ch.run(world, quarters=1), dearer).inputs().index.tolist()
    ['interest_shift']
    """
    return Comparison(compare_documents([run.document for run in runs]))


class Comparison:
    """Two or three runs side by side; ``document`` is what ``cardhouse compare --json`` prints."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns: a letter and the scenario."""
        return [f"{one['label']} {one['scenario']}" for one in self.document["columns"]]

    def outcomes(self, *, differing: bool = False) -> pd.DataFrame:
        """Return the outcomes by group and figure, a column for each run.

        Parameters
        ----------
        differing
            Only those in which the runs differ.
        """
        import pandas as pd

        rows = [row for row in self.document["outcomes"] if row["differs"] or not differing]
        index = pd.MultiIndex.from_tuples(
            [(row["group"], row["words"], row["unit"]) for row in rows],
            names=["group", "figure", "unit"],
        )
        return pd.DataFrame([row["values"] for row in rows], index=index, columns=self.columns)

    def inputs(self) -> pd.DataFrame:
        """Return what is moved, in words, a column for each run; empty where it is not."""
        import pandas as pd

        rows = self.document["inputs"]
        told = [["; ".join(move["words"] for move in one) for one in row["moves"]] for row in rows]
        index = pd.Index([row["input"] for row in rows], name="input")
        return pd.DataFrame(told, index=index, columns=self.columns)

    def __repr__(self) -> str:
        """Return the main difference in words."""
        return f"Comparison({', '.join(self.columns)}): {self.document['sentence']}"

    def _repr_html_(self) -> str:
        """Return the sentence and the outcomes for a notebook."""
        return f"<p>{html.escape(self.document['sentence'])}</p>{self.outcomes().to_html()}"
