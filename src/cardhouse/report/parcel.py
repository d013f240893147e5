"""A run to carry away: one zip with all tables, what they are, licences, and how to cite it.

The same run gives the same bytes: nothing in it depends on when or where it was packed.
"""

from __future__ import annotations

import importlib.metadata
import io
import zipfile
from collections.abc import Mapping
from typing import Any

from cardhouse.errors import InputError
from cardhouse.studies.outputs import Document
from cardhouse.studies.table_files import WORDS, all_tables, as_csv, as_parquet

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest day that a zip can hold: it says that no day is meant."""
LICENCES = ("LICENSE", "LICENSE-DATA")
README = """{title}

{words}

Economy {economy}, base quarter {base_quarter}, {quarters} quarters ahead, facts {facts_version}
known on {as_of}. Digest of the run: {digest}
{caution}
A conditional calculation on sourced facts: not a forecast, and not advice.
Amounts are USD bn a quarter, stocks USD bn, shares between 0 and 1; quarter 0 is the base quarter.

Tables (CSV, and Parquet under parquet/)
{tables}

The same again
{recipes}

To cite
{citation}

Code: MIT (LICENSE). Facts, economies and scenarios: CC BY 4.0 (LICENSE-DATA).
"""


def parcel(document: Document, recipes: Mapping[str, str]) -> bytes:
    """Return a zip with everything of a run.

    Parameters
    ----------
    document
        The result document (``cardhouse/run/1``).
    recipes
        Lines that fetch or compute the same, by what they are written in.
    """
    tables = all_tables(document)
    files = {
        "README.txt": _readme(document, list(tables), recipes).encode(),
        "CITATION.txt": (citation(document["manifest"]) + "\n").encode(),
        **{name: licence(name).encode() for name in LICENCES},
        **{f"{name}.csv": as_csv(rows) for name, rows in tables.items()},
        **{f"parquet/{name}.parquet": as_parquet(rows) for name, rows in tables.items()},
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            made.writestr(entry, body, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _readme(document: Document, names: list[str], recipes: Mapping[str, str]) -> str:
    manifest = document["manifest"]
    told = {
        name: manifest[name]
        for name in ("economy", "base_quarter", "quarters", "facts_version", "as_of", "digest")
    }
    return README.format(
        title=manifest["scenario_title"],
        words=manifest["scenario_words"],
        caution=manifest["caution"] and f"{manifest['caution']}\n",
        tables="\n".join(f"  {name}.csv: {WORDS[name]}" for name in names),
        recipes="\n".join(f"  {name}: {line}" for name, line in recipes.items()),
        citation=citation(manifest),
        **told,
    )


def citation(manifest: Mapping[str, Any]) -> str:
    """Return how a run is cited: the software, its facts, and the digest of the run."""
    return (
        f"The cardhouse authors: cardhouse {manifest['version']}, facts "
        f"{manifest['facts_version']} known on {manifest['as_of']}; run {manifest['digest'][:16]}."
    )


def licence(name: str) -> str:
    """Return the text of a licence that is installed with the package.

    Raises
    ------
    InputError
        When the package was installed without it.
    """
    for path in importlib.metadata.files("cardhouse") or ():
        if path.name == name:
            return path.read_text()
    raise InputError(f"the file {name} is missing in this installation. Install the package again.")
