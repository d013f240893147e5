"""The house keeps its own rules: one version, no foreign hosts, rooms in order, a light import."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from importlinter import cli as importlinter_cli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "cardhouse"
NOT_OURS = {".git", ".venv", ".hypothesis", "__pycache__", "build", "dist", "runs"}
HEAVY = {
    "jinja2",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "rich",
    "ruamel",
    "scipy",
    "typer",
    "xarray",
}

REGISTRY_HOST = re.compile(
    r"\bpypi\.(?:org|python\.org)|\bpython(?:hosted)\.org|\bregistry\.(?:npmjs|yarnpkg)\."
    r"|\bdeb\.debian\.org|\bproxy\.golang\.org|\bcrates\.io/api"
)
MACHINE_PATH = re.compile(
    r"(?<![\w./*~-])/(?:home|Users|root|work|workspace)/[\w.-]+|\bfile:///|\b[A-Z]:\\Users\\"
)


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def files_of_the_tree() -> list[Path]:
    """Return what git tracks or would track; in an exported tree, what is not built or cached."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
        return [ROOT / name for name in names.split("\0") if (ROOT / name).is_file()]
    paths = (path for path in ROOT.rglob("*") if path.is_file())
    return [path for path in paths if not NOT_OURS & set(path.relative_to(ROOT).parts)]


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    """Return ``file:line: text`` for each line of the tree's text files that matches."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in files_of_the_tree()
        for number, line in enumerate(path.read_text("utf-8", errors="ignore").splitlines(), 1)
        if pattern.search(line)
    ]


def rooms_in_order(pyproject: dict[str, Any]) -> list[str]:
    """Return the rooms that the layers contract names, highest first."""
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return re.findall(r"\w+", " ".join(layers))


def pinned_in(name: str) -> dict[str, set[str]]:
    """Return the pinned versions of each package in ``requirements/<name>.txt``."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pins: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==([\w.]+)", text, flags=re.MULTILINE):
        pins.setdefault(canonicalize_name(package), set()).add(version)
    return pins


class TestVersion:
    def test_is_the_one_of_the_installed_package(self, pyproject: dict[str, Any]) -> None:
        assert importlib.metadata.version("cardhouse") == pyproject["project"]["version"]

    def test_is_the_one_to_cite(self, pyproject: dict[str, Any]) -> None:
        citation = YAML(typ="safe").load(ROOT / "CITATION.cff")
        assert citation["version"] == pyproject["project"]["version"]

    def test_is_written_in_no_module(self, pyproject: dict[str, Any]) -> None:
        version = pyproject["project"]["version"]
        quoted = re.compile(rf"[\"']v?{re.escape(version)}[\"']")
        assert [hit for hit in lines_matching(quoted) if hit.startswith("src/")] == []


class TestTree:
    def test_is_not_empty(self) -> None:
        assert Path(__file__).resolve() in files_of_the_tree()

    @pytest.mark.parametrize(
        ("pattern", "sample"),
        [
            (REGISTRY_HOST, "https://" + "pypi" + ".org/simple"),
            (REGISTRY_HOST, "https://files.python" + "hosted.org/packages/a.whl"),
            (MACHINE_PATH, "see " + "/home" + "/ada/cardhouse"),
            (MACHINE_PATH, "'" + "/Users" + "/ada/cardhouse'"),
        ],
        ids=["index", "download", "linux-home", "macos-home"],
    )
    def test_patterns_find_what_they_are_for(self, pattern: re.Pattern[str], sample: str) -> None:
        assert pattern.search(sample)

    def test_patterns_leave_addresses_alone(self) -> None:
        assert not MACHINE_PATH.search("https://example.com/home/news and docs/work/items")

    def test_names_no_package_registry(self) -> None:
        assert lines_matching(REGISTRY_HOST) == []

    def test_names_no_path_of_somebodys_machine(self) -> None:
        assert lines_matching(MACHINE_PATH) == []


class TestRooms:
    def test_each_has_its_place(self, pyproject: dict[str, Any]) -> None:
        packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
        modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
        assert packages | modules <= set(rooms_in_order(pyproject))

    def test_import_one_way_only(self, capsys: pytest.CaptureFixture[str]) -> None:
        code = importlinter_cli.lint_imports(
            config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True
        )
        assert code == 0, capsys.readouterr().out


class TestImport:
    def test_takes_nothing_heavy(self) -> None:
        code = "import cardhouse, json, sys; print(json.dumps(sorted(sys.modules)))"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, text=True
        )
        loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
        assert "cardhouse" in loaded
        assert loaded & HEAVY == set()


class TestRequirements:
    def test_tests_run_on_what_is_shipped(self) -> None:
        run, dev = pinned_in("run"), pinned_in("dev")
        assert run
        assert {name: dev.get(name) for name in run} == run

    @pytest.mark.parametrize("more", ["docs", "web"])
    def test_site_and_service_stand_on_what_is_shipped_and_tested(self, more: str) -> None:
        run, dev, pins = pinned_in("run"), pinned_in("dev"), pinned_in(more)
        assert {name: pins.get(name) for name in run} == run
        assert {name: pins[name] for name in pins if name in dev} == {
            name: dev[name] for name in dev if name in pins
        }

    def test_pins_obey_the_bounds(self, pyproject: dict[str, Any]) -> None:
        pins = pinned_in("run")
        bounds = [Requirement(line) for line in pyproject["project"]["dependencies"]]
        bounds += [Requirement(line) for line in pyproject["build-system"]["requires"]]
        for bound in bounds:
            versions = pins[canonicalize_name(bound.name)]
            assert all(version in bound.specifier for version in versions), bound

    def test_every_pin_is_hashed(self) -> None:
        for name in ("run", "dev", "docs", "web"):
            text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
            entries = re.split(r"\n(?=\S)", text.strip())
            assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
