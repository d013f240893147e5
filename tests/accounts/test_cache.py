"""The cache of balanced worlds: the same world, never a stale or a broken one, never in the way."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import pytest

from cardhouse.accounts import open_accounts, open_world
from cardhouse.accounts.cache import KEPT, cached_world
from cardhouse.model.world import World


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARDHOUSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "worlds"


@pytest.fixture(scope="module")
def world() -> World:
    return open_accounts("ai", base="2025Q2").world


def must_not_balance() -> World:
    raise AssertionError("the world was made again")


def test_a_kept_world_is_the_same_to_the_last_bit(folder: Path, world: World) -> None:
    first = cached_world({"base": "2025Q2"}, [], lambda: world)
    second = cached_world({"base": "2025Q2"}, [], must_not_balance)
    assert first == second == world
    assert repr(first) == repr(second)
    assert len(list(folder.iterdir())) == 1


def test_another_question_or_file_is_another_world(
    folder: Path, tmp_path: Path, world: World
) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text("one", encoding="utf-8")
    cached_world({"base": "2025Q2"}, [mine], lambda: world)
    cached_world({"base": "2025Q1"}, [mine], lambda: world)
    mine.write_text("two", encoding="utf-8")
    cached_world({"base": "2025Q2"}, [mine], lambda: world)
    assert len(list(folder.iterdir())) == 3


def test_a_table_under_another_name_is_another_world(
    folder: Path, tmp_path: Path, world: World
) -> None:
    mine = tmp_path / "populations.csv"
    mine.write_text("one", encoding="utf-8")
    cached_world({}, [mine], lambda: world)
    cached_world({}, [mine.rename(tmp_path / "populations_kept.csv")], lambda: world)
    assert len(list(folder.iterdir())) == 2


def test_the_table_of_populations_is_part_of_the_question(folder: Path, tmp_path: Path) -> None:
    shipped = resources.files("cardhouse.accounts") / "economies" / "ai"
    with resources.as_file(shipped) as path:
        mine = Path(shutil.copytree(path, tmp_path / "mine"))
    table = mine / "populations.csv"
    assert open_world(str(mine)).populations[0].count == 400
    table.write_text(table.read_text(encoding="utf-8").replace(",400,", ",7,"), encoding="utf-8")
    assert open_world(str(mine)).populations[0].count == 7
    table.unlink()
    assert open_world(str(mine)).populations == ()
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("broken", ["", "{", "[]", "[1, 2]", '["ai"]', "null"])
def test_a_broken_file_is_made_again(folder: Path, world: World, broken: str) -> None:
    cached_world({}, [], lambda: world)
    (path,) = folder.iterdir()
    path.write_text(broken, encoding="utf-8")
    assert cached_world({}, [], lambda: world) == world
    assert cached_world({}, [], must_not_balance) == world


def test_off_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setenv("CARDHOUSE_CACHE", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cached_world({}, [], lambda: world) is world
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_replaced_with_a_word(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    world: World,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CARDHOUSE_CACHE", str(tmp_path / "file" / "worlds"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert cached_world({}, [], lambda: world) == world
    assert "cannot be written" in capsys.readouterr().err
    assert cached_world({}, [], must_not_balance) == world


def test_files_of_others_in_the_cache_folder_are_left_alone(folder: Path, world: World) -> None:
    folder.parent.mkdir()
    mine = [folder.parent / f"mine{number}.json" for number in range(KEPT + 3)]
    for path in mine:
        path.write_text("{}", encoding="utf-8")
    cached_world({}, [], lambda: world)
    assert all(path.exists() for path in mine)


def test_only_the_newest_are_kept(folder: Path, world: World) -> None:
    for number in range(KEPT + 3):
        cached_world({"number": number}, [], lambda: world)
    assert len(list(folder.glob("*.json"))) == KEPT
    assert cached_world({"number": KEPT + 2}, [], must_not_balance) == world


def test_a_missing_table_of_one_s_own_is_told_as_ever(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"nowhere\.csv"):
        open_world("ai", extra_facts=[tmp_path / "nowhere.csv"])
    assert not folder.exists() or list(folder.iterdir()) == []
