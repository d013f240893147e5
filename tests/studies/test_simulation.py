"""Which engine plays: the one that the environment names, and the same numbers by either."""

from __future__ import annotations

import pytest

from cardhouse.engine.drivers import neutral
from cardhouse.errors import InputError
from cardhouse.studies.simulation import ENGINE, Chains, engine_in_use, play
from engines import assert_same
from strategies import Recipe


def test_both_engines_play_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    chains = Chains.of(Recipe(firms=5, seed=4, stationary=False).world())
    played = []
    for named in ("readable", "compiled"):
        monkeypatch.setenv(ENGINE, named)
        played.append(play(chains, lambda chain: neutral(chain, 4)).whole)
    assert_same(*played)


def test_the_readable_one_plays_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENGINE, raising=False)
    assert engine_in_use().__name__ == "simulate"


def test_an_engine_that_there_is_not_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENGINE, "compield")
    with pytest.raises(InputError, match=r"Did you mean 'compiled'\?.* readable or compiled"):
        engine_in_use()
