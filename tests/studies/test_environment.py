"""The environment is told as it is: packages, cache, kernels, economies."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import jsonschema
import pytest

from cardhouse.accounts import known_economies
from cardhouse.errors import EconomyError
from cardhouse.studies import environment
from cardhouse.studies.environment import Check, document, examine, is_well, requirements
from cardhouse.studies.schemas import published_schemas


def found(name: str) -> Check:
    return next(one for one in examine() if one.id == name)


def test_all_is_well_here_and_keeps_to_the_schema() -> None:
    checks = examine()
    told = document(checks)
    jsonschema.Draft202012Validator(published_schemas()["doctor"]).validate(told)
    assert told["well"] is True
    assert told["packages"]["numba"] == importlib.metadata.version("numba")  # type: ignore[index]
    assert len({one.id for one in checks}) == len(checks)


@pytest.mark.parametrize("economy", known_economies())
def test_every_shipped_economy_opens(economy: str) -> None:
    assert found(f"economy {economy}").state == "ok"


def test_an_economy_that_does_not_open_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(economy: str) -> None:
        raise EconomyError(f"{economy}: a table is missing.")

    monkeypatch.setattr(environment, "read_build", read)
    checks = examine()
    assert [one.state for one in checks if one.id.startswith("economy ")] == ["broken"] * len(
        known_economies()
    )
    assert not is_well(checks)


def test_a_cache_that_cannot_be_written_is_a_problem_with_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("CARDHOUSE_CACHE", str(tmp_path / "file" / "below"))
    cache = found("cache")
    assert cache.state == "problem"
    assert str(tmp_path / "file" / "below") in cache.told
    assert "CARDHOUSE_CACHE" in cache.advice


def test_looking_makes_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDHOUSE_CACHE", str(tmp_path / "new" / "cache"))
    assert found("cache").state == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_is_off_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDHOUSE_CACHE", "off")
    assert (found("cache").state, found("kernels").state) == ("note", "note")


def test_compiled_kernels_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDHOUSE_CACHE", str(tmp_path))
    assert found("kernels").state == "note"
    folder, _ = environment.kept_kernels()
    assert folder is not None
    (folder / "analysis").mkdir(parents=True)
    (folder / "analysis" / "one.nbi").write_bytes(b"")
    assert found("kernels") == Check("kernels", "ok", "1 compiled and kept")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("surely-not-there>=1", "missing: surely-not-there"),
        ("numpy>=99", "too old: numpy"),
    ],
)
def test_a_package_that_is_missing_or_old_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, line: str, told: str
) -> None:
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: ["scipy>=1.14", line])
    packages = found("packages")
    assert packages.state == "problem"
    assert told in packages.told


def test_extras_are_those_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    extras = set(importlib.metadata.metadata("cardhouse").get_all("Provides-Extra") or [])
    assert {one.extra for one in requirements() if one.extra} == extras
    lines = ["numpy>=2", 'surely-not-there>=1; extra == "web"', 'scipy ; extra == "figures"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: lines)
    assert found("extra web").state == "note"
    assert found("extra figures").state == "ok"
