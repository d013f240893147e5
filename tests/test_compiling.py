"""Machine code is kept in the user's cache, apart for each state of the code, or nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from cardhouse import compiling
from cardhouse.user_cache import cache_root, made

folder_of_code = compiling.machine_code_folder.__wrapped__


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARDHOUSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_code_is_kept_under_a_digest_of_its_sources(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = folder_of_code()
    assert first is not None
    assert first.parent == root / "kernels"
    assert folder_of_code() == first
    monkeypatch.setattr(compiling, "_digest", lambda: "another")
    assert folder_of_code() == root / "kernels" / "another"


def test_only_the_newest_versions_are_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(compiling.KEPT + 2):
        monkeypatch.setattr(compiling, "_digest", lambda at=at: f"v{at}")
        folder = folder_of_code()
        assert folder is not None
        os.utime(folder, (at, at))
    kept = {path.name for path in (root / "kernels").iterdir()}
    assert f"v{compiling.KEPT + 1}" in kept
    assert len(kept) == compiling.KEPT


def test_off_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDHOUSE_CACHE", "off")
    assert cache_root() is None
    assert folder_of_code() is None


def test_where_nothing_can_be_written_another_folder_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = made(tmp_path / "file" / "v1", "kernels")
    assert found.is_dir()
    assert found.name == "v1"
    assert str(found) in capsys.readouterr().err


def test_a_kernel_is_its_plain_function_compiled() -> None:
    from cardhouse.analysis._explosive_kernels import root as kernel

    assert kernel(-4.0) == kernel.py_func(-4.0) == -2.0  # type: ignore[attr-defined]
    assert np.isneginf(kernel(-np.inf))


def test_a_second_process_finds_the_code(root: Path) -> None:
    code = (
        "from cardhouse.analysis._explosive_kernels import root\n"
        "root(4.0)\n"
        "print(sum(root.stats.cache_hits.values()))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
        for _ in range(2)
    ]
    assert [int(one.stdout) for one in runs] == [0, 1]
    assert list(root.rglob("*.nbc"))
