"""Work in a process of its own: its answer, its progress, its errors, and its end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest

from cardhouse.errors import InputError
from cardhouse.web.apart import done_apart

Tell = Callable[[float], None]


def doubled(number: float, tell: Tell) -> float:
    tell(0.5)
    return 2 * number


def refused(_: Tell) -> None:
    raise InputError("what is wrong. What to do.")


def broken(_: Tell) -> None:
    raise ZeroDivisionError("no")


def killed(_: Tell) -> None:
    os._exit(9)


def endless(_: Tell) -> None:
    while True:
        time.sleep(0.1)


def test_work_apart_gives_its_answer_and_its_progress() -> None:
    told: list[float] = []
    assert done_apart(doubled, (21.0,), told.append) == 42.0
    assert 0.5 in told


@pytest.mark.parametrize(
    ("work", "kind", "words"),
    [
        (refused, InputError, "what is wrong. What to do."),
        (killed, InputError, "ended from outside"),
        (broken, RuntimeError, "ZeroDivisionError: no"),
    ],
)
def test_what_goes_wrong_there_is_told_here(
    work: Callable[..., None], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as told:
        done_apart(work, (), lambda _: None)
    assert words in str(told.value)


def test_who_does_not_want_it_any_more_ends_it() -> None:
    start = time.monotonic()

    def tell(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        done_apart(endless, (), tell)
    assert time.monotonic() - start < 60
