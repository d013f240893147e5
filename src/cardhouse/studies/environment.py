"""Where cardhouse runs: what is installed, whether it can keep things, whether economies open."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cardhouse.accounts import economy_facts, known_economies, open_accounts, read_build
from cardhouse.accounts.cache import world_folder
from cardhouse.compiling import kept_kernels
from cardhouse.errors import CardhouseError
from cardhouse.studies.own_schemas import STATES
from cardhouse.user_cache import ENVIRONMENT, cache_root, is_writable

OK, NOTE, PROBLEM, BROKEN = STATES

PACKAGE = "cardhouse"
ENOUGH = 3
"""Missing packages of an extra that are named."""

_REQUIREMENT = re.compile(r"\s*(?P<name>[A-Za-z0-9._-]+)\s*(?:>=\s*(?P<least>[0-9.]+))?[^;]*")
_EXTRA = re.compile(r"""extra\s*==\s*["'](?P<extra>[^"']+)["']""")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: one of `STATES`, what was found, and what to do about it."""

    id: str
    state: str
    told: str
    advice: str = ""


@dataclass(frozen=True)
class Requirement:
    """A package that cardhouse, or one of its extras, needs: at least this version, if any."""

    name: str
    least: str
    extra: str

    @property
    def version(self) -> str | None:
        """Return the version that is installed; None where there is none."""
        try:
            return importlib.metadata.version(self.name)
        except importlib.metadata.PackageNotFoundError:
            return None

    @property
    def is_old(self) -> bool:
        """Tell whether an older version than the least is installed."""
        found = self.version
        return found is not None and bool(self.least) and release(found) < release(self.least)


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version's release, without the zeros at its end.

    Examples
    --------
    >>> release("2.1.0rc1"), release("2.1") < release("2.10")
    ((2, 1), True)
    """
    found = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def requirements() -> list[Requirement]:
    """Return what the installed cardhouse says that it needs, extras included."""
    told = importlib.metadata.requires(PACKAGE) or []
    return [_requirement(line) for line in told]


def examine() -> list[Check]:
    """Return what was found of packages, cache, kernels and economies, in this order.

    The smallest economy is balanced; of the others all is read that goes into the balancing.
    """
    return [_packages(), _cache(), _kernels(), *_economies(), *_extras()]


def versions() -> dict[str, str | None]:
    """Return the installed version of each package that cardhouse needs; None: not installed."""
    return {one.name: one.version for one in requirements() if not one.extra}


def place() -> dict[str, str]:
    """Return the versions of cardhouse and Python, and the platform."""
    return {
        "version": importlib.metadata.version(PACKAGE),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _requirement(line: str) -> Requirement:
    found, extra = _REQUIREMENT.match(line), _EXTRA.search(line)
    name, least = (found["name"], found["least"] or "") if found else (line, "")
    return Requirement(name.lower(), least, extra["extra"] if extra else "")


def _packages() -> Check:
    """Look at the packages that cardhouse cannot do without."""
    needed = [one for one in requirements() if not one.extra]
    missing = [one.name for one in needed if one.version is None]
    old = [f"{one.name} {one.version} (needs {one.least})" for one in needed if one.is_old]
    if missing or old:
        parts = (("missing", missing), ("too old", old))
        told = "; ".join(f"{words}: {', '.join(names)}" for words, names in parts if names)
        return Check("packages", PROBLEM, told, "Install cardhouse anew.")
    shown = ("numpy", "scipy", "numba")
    found = {one.name: one.version for one in needed}
    named = ", ".join(f"{name} {found[name]}" for name in shown if name in found)
    return Check("packages", OK, f"{named} and {len(needed) - len(shown)} more")


def _cache() -> Check:
    """Look at the folder in which balanced accounts and compiled kernels are kept."""
    root = cache_root()
    if root is None:
        told = f"off: {ENVIRONMENT} says so, nothing is kept"
        return Check("cache", NOTE, told, f"Unset {ENVIRONMENT} to make later runs faster.")
    if not is_writable(root):
        return Check(
            "cache",
            PROBLEM,
            f"{root} cannot be written: each run balances anew, kernels go to a temporary folder",
            f"Make it writable, or name another folder in {ENVIRONMENT}.",
        )
    worlds = sum(1 for _ in world_folder(root).glob("*.json"))
    return Check("cache", OK, f"{root} is writable; {worlds} balanced accounts kept")


def _kernels() -> Check:
    """Look at whether machine code of this version is kept."""
    folder, count = kept_kernels()
    if folder is None:
        return Check(
            "kernels", NOTE, "not kept: they are compiled anew in each run that needs them"
        )
    if count == 0:
        return Check(
            "kernels", NOTE, "none compiled yet: the first run that needs them takes longer"
        )
    return Check("kernels", OK, f"{count} compiled and kept")


def _economies() -> Iterator[Check]:
    """Look at whether the shipped economies open."""
    read: dict[str, int] = {}
    for economy in known_economies():
        try:
            build, _ = read_build(economy)
        except CardhouseError as error:
            yield Check(f"economy {economy}", BROKEN, str(error), "Install cardhouse anew.")
            continue
        read[economy] = len(build.observations)
        told = (
            f"opens in {build.base}: reads {len(economy_facts(economy)):,} facts, "
            f"{read[economy]} observations of that quarter"
        )
        yield Check(f"economy {economy}", OK, told)
    if read:
        yield _balanced(min(read, key=lambda name: read[name]))


def _balanced(economy: str) -> Check:
    """Balance an economy and look at whether its accounts close."""
    try:
        world = open_accounts(economy).world
    except CardhouseError as error:
        return Check("balancing", BROKEN, str(error), "Install cardhouse anew.")
    return Check(
        "balancing", OK, f"{economy} balanced; its identities hold to {world.residual:.0e}"
    )


def _extras() -> Iterator[Check]:
    """Look at which optional packages are there, extra by extra."""
    by_extra: dict[str, list[Requirement]] = {}
    for one in requirements():
        if one.extra:
            by_extra.setdefault(one.extra, []).append(one)
    for extra, needed in by_extra.items():
        yield _extra(extra, [one.name for one in needed if one.version is None], len(needed))


def _extra(extra: str, missing: list[str], count: int) -> Check:
    if not missing:
        return Check(f"extra {extra}", OK, f"all {count} packages installed")
    named = ", ".join(missing[:ENOUGH]) + (" ..." if len(missing) > ENOUGH else "")
    return Check(f"extra {extra}", NOTE, f"{len(missing)} of {count} not installed: {named}")


def document(checks: list[Check]) -> dict[str, object]:
    """Return what was found as a document (``cardhouse/doctor/1``)."""
    rows: list[Mapping[str, str]] = [vars(one) for one in checks]
    return {
        "schema": "cardhouse/doctor/1",
        **place(),
        "packages": versions(),
        "well": is_well(checks),
        "checks": [dict(row) for row in rows],
    }


def is_well(checks: list[Check]) -> bool:
    """Tell whether nothing needs mending."""
    return all(one.state in (OK, NOTE) for one in checks)
