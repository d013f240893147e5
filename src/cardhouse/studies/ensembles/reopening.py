"""An ensemble read back from the folder that it was kept in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cardhouse.errors import InputError
from cardhouse.studies.ensembles.document import SCHEMA
from cardhouse.studies.ensembles.folders import Folder, zarr_package
from cardhouse.studies.ensembles.keeping import SUMMARY
from cardhouse.studies.ensembles.storing import DIGEST, NAME
from cardhouse.studies.ensembles.tally import Whole


@dataclass(frozen=True)
class Reopened:
    """A finished ensemble in a folder: its document, and its whole paths when asked for."""

    folder: Folder
    document: dict[str, Any]

    @cached_property
    def _result(self) -> Any:
        """Return the merged whole of the store, where it is that of the document."""
        group = _group(self.folder)
        made = {} if group is None else dict(group.attrs).get("manifest") or {}
        if group is None or "result" not in group:
            raise InputError(
                f"'{self.folder.name}' holds the summary of an ensemble and no paths: {NAME} is "
                "not whole. Run it again with the same command and --resume."
            )
        if made.get("digest") != self.document["manifest"]["digest"]:
            raise InputError(
                f"'{self.folder.name}' holds two ensembles: {SUMMARY} and {NAME} differ in their "
                "digest. Run the one that is wanted again, into another folder."
            )
        return group["result"]

    @property
    def whole(self) -> Whole:
        """Return the paths that were kept whole."""
        return Whole(self._result["whole_numbers"][:], self._result["whole_values"][:])

    @property
    def series(self) -> list[tuple[str, str]]:
        """Return variable and entity of each series of a path."""
        return [(variable, entity) for variable, entity in self._result.attrs["series"]]


def reopen(name: str | Path) -> Reopened:
    """Return the ensemble that a folder holds.

    Parameters
    ----------
    name
        The folder, or an address that fsspec reaches, that an ensemble was kept in.

    Raises
    ------
    InputError
        When there is none, or it is not finished.
    """
    folder = Folder(name)
    content = folder.read(SUMMARY)
    if content is None:
        raise InputError(_nothing_finished(folder))
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    found = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(document, dict) or found != SCHEMA:
        raise InputError(
            f"'{folder.name}/{SUMMARY}' is no summary of an ensemble (schema {found!r}, expected "
            f"{SCHEMA!r}). Name the folder that `cardhouse ensemble --out` wrote."
        )
    return Reopened(folder, document)


def _nothing_finished(folder: Folder) -> str:
    """Return the sentence on a folder without a summary: how far its ensemble is, if there is one.

    Whoever has not installed what reads a store is told the plain half.
    """
    try:
        group = _group(folder)
    except InputError:
        group = None
    if group is None or "tasks" not in group:
        return (
            f"'{folder.name}' holds no ensemble: there is no {SUMMARY} in it. Name the folder that "
            "`cardhouse ensemble --out` wrote."
        )
    done = group["tasks"][DIGEST][:].any(axis=1)
    return (
        f"the ensemble in '{folder.name}' is not finished: {int(done.sum())} of {len(done)} tasks "
        "are kept. Go on with the same command and --resume."
    )


def _group(folder: Folder) -> Any:
    """Return the store of a folder, opened for reading; None where there is none."""
    zarr = zarr_package()
    try:
        return zarr.open_group(folder.zarr_store(NAME), mode="r")
    except (OSError, ValueError):
        return None
