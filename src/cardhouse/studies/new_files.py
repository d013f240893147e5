"""Start somebody's own economy or scenario: a folder that runs at once, with every column told."""

from __future__ import annotations

import re
import shlex
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from cardhouse.accounts import known_economies
from cardhouse.errors import InputError, did_you_mean
from cardhouse.studies.column_words import columns_text, facts_text, kinds_text
from cardhouse.studies.own_schemas import KINDS

SCENARIO_OF = {"economy": "hard-times.yaml", "scenario": "scenario.yaml"}
"""The scenario file that each kind of folder holds."""
PLAIN_ID = "my-scenario"
LONGEST_ID = 80


@dataclass(frozen=True)
class Made:
    """A folder that was made: its kind, its files, and what to type next."""

    folder: Path
    kind: str
    files: tuple[str, ...]
    next: tuple[str, ...]


def make_folder(folder: Path, kind: str = "economy") -> Made:
    """Make a folder with an economy or a scenario to start from.

    The files are written beside their place and moved there when all of them are whole.

    Parameters
    ----------
    folder
        A folder that does not exist, or an empty one.
    kind
        economy or scenario.

    Raises
    ------
    InputError
        When the kind is not known, the folder holds something, or it cannot be written.
    """
    if kind not in KINDS:
        raise InputError(
            f"--kind '{kind}' is not known.{did_you_mean(kind, KINDS)} Use {' or '.join(KINDS)}."
        )
    _check_place(folder, kind)
    files = _texts(kind, _marks(folder, kind))
    try:
        _write(folder, files)
    except OSError as error:
        raise InputError(
            f"'{folder}' cannot be written: {error.strerror}. Name another folder."
        ) from error
    return Made(folder, kind, tuple(files), _next(folder, kind))


def name_of(folder: Path) -> str:
    """Return what a folder is called, also where it is named ``.``."""
    return folder.resolve().name


def scenario_id(name: str) -> str:
    """Return a name as the id of a scenario: small plain letters, digits and hyphens.

    Examples
    --------
    >>> scenario_id("My Crash, 2027"), scenario_id("Crème"), scenario_id("危机")
    ('my-crash-2027', 'creme', 'my-scenario')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    found = "-".join(re.findall(r"[a-z0-9]+", plain))
    return found[:LONGEST_ID].strip("-") or PLAIN_ID


def _check_place(folder: Path, kind: str) -> None:
    """Refuse a place where something would be overwritten or hidden."""
    name = name_of(folder)
    if not name.isprintable():
        raise InputError("the folder's name holds a character that cannot be seen. Use another.")
    if kind == "economy" and name in known_economies():
        raise InputError(f"'{name}' is the name of a shipped economy. Choose another for yours.")
    try:
        if folder.is_dir():
            if any(folder.iterdir()):
                raise InputError(
                    f"'{folder}' exists and is not empty; nothing was written. Name a new folder."
                )
        elif folder.exists() or folder.is_symlink():
            raise InputError(f"'{folder}' exists and is no folder. Name a new folder.")
    except OSError as error:
        raise InputError(
            f"'{folder}' cannot be read: {error.strerror}. Name another folder."
        ) from error


def _marks(folder: Path, kind: str) -> Mapping[str, str]:
    """Return what stands for the marks of the shipped files."""
    return {
        "@TITLE@": name_of(folder),
        "@ID@": scenario_id(name_of(folder)),
        "@SCENARIO@": shlex.quote(str(folder / SCENARIO_OF[kind])),
        "@NEXT@": "\n".join(_next(folder, kind)),
        "@COLUMNS@": columns_text(),
        "@FACTS@": facts_text(),
        "@KINDS@": kinds_text(),
    }


def _texts(kind: str, marks: Mapping[str, str]) -> dict[str, str]:
    """Return the text of each file by name."""
    shipped = resources.files("cardhouse.studies") / "scaffold" / kind
    return {
        entry.name: _filled(entry.name, entry.read_text("utf-8"), marks)
        for entry in sorted(shipped.iterdir(), key=lambda one: one.name)
    }


def _filled(name: str, text: str, marks: Mapping[str, str]) -> str:
    """Return a text with its marks replaced, once: what is put in is not looked at again."""
    quote = name.endswith(".csv")  # the title stands alone in its cell
    pattern = re.compile("|".join(map(re.escape, marks)))

    def stands_for(found: re.Match[str]) -> str:
        value = marks[found[0]]
        return '"' + value.replace('"', '""') + '"' if quote else value

    return pattern.sub(stands_for, text)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write all files, or none."""
    is_there = folder.is_dir()
    beside = folder if is_there else folder.absolute().parent
    beside.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=beside, prefix=".cardhouse-") as near:
        whole = Path(near) / "whole"
        whole.mkdir()
        for name, text in files.items():
            (whole / name).write_text(text, encoding="utf-8", newline="\n")
        if is_there:
            _move_into(whole, folder)
        else:
            whole.rename(folder)


def _move_into(whole: Path, folder: Path) -> None:
    """Move files into an empty folder that stays where it is: somebody may be working in it."""
    moved: list[Path] = []
    try:
        for path in sorted(whole.iterdir()):
            path.rename(folder / path.name)
            moved.append(folder / path.name)
    except OSError:
        for path in moved:
            path.unlink(missing_ok=True)
        raise


def _next(folder: Path, kind: str) -> tuple[str, ...]:
    """Return the commands that a person may type next."""
    own = shlex.quote(str(folder))
    scenario = shlex.quote(str(folder / SCENARIO_OF[kind]))
    if kind == "scenario":
        return (f"cardhouse check {own}", f"cardhouse run --scenario {scenario}")
    return (
        f"cardhouse check {own}",
        f"cardhouse run {own}",
        f"cardhouse run {own} --scenario {scenario}",
    )
