"""One service for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from serving import Client


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    """Ask a service that stops no test by its rate."""
    with Client() as made:
        yield made
