"""What every test shares: how Hypothesis draws its examples."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: waiting threads are slow here

import hypothesis
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default",
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "ci",
    parent=settings.get_profile("default"),
    derandomize=True,
    database=None,
    print_blob=True,
)
settings.load_profile("ci" if os.environ.get("CI") else "default")

CACHE: pytest.StashKey[tempfile.TemporaryDirectory[str]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Keep balanced worlds and machine code for this run alone, not in the user's cache.

    The processes of a run share them: what one has compiled, the others load. It is said before
    any test module is imported, for a kernel learns where its machine code lies when it is.
    """
    if not hasattr(config, "workerinput"):
        config.stash[CACHE] = tempfile.TemporaryDirectory(prefix="cardhouse-tests-")
        os.environ["CARDHOUSE_CACHE"] = config.stash[CACHE].name


def pytest_unconfigure(config: pytest.Config) -> None:
    """Delete what this run has kept, once all of its processes have ended."""
    if CACHE in config.stash:
        config.stash[CACHE].cleanup()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Seed generated examples from the one seed in the header, so that it repeats a whole run."""
    if settings().derandomize or config.getoption("hypothesis_seed") is not None:
        return
    for item in items:
        test = getattr(item, "obj", None)
        if hypothesis.is_hypothesis_test(test):
            hypothesis.seed(config.getoption("randomly_seed"))(getattr(test, "__func__", test))


@pytest.fixture(autouse=True)
def engine_is_restored() -> Iterator[None]:
    """Leave the choice of the engine as it was: a test that starts the service makes one."""
    before = os.environ.get("CARDHOUSE_ENGINE")
    yield
    if before is None:
        os.environ.pop("CARDHOUSE_ENGINE", None)
    else:
        os.environ["CARDHOUSE_ENGINE"] = before
