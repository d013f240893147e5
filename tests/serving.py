"""A service asked in this process, without a socket: requests from a test, answers in a loop."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Any, Self

import httpx

from cardhouse.web.app import create
from cardhouse.web.limits import Limits

GENEROUS = Limits(rate=1e6, burst=1e6, slow_rate=1e6, slow_burst=1e6, quick_seconds=110.0)
"""Limits that stop no test by its rate, nor by the time that a busy machine takes."""
PATIENCE = 120.0


class Client:
    """Asks one service; several threads may ask at once."""

    def __init__(self, app: Any = None, address: str = "127.0.0.1") -> None:
        self.app = app or create(GENEROUS)
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(address, 50_000)
        )
        self._client = httpx.AsyncClient(transport=transport, base_url="http://cardhouse.test")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def request(self, method: str, address: str, **more: Any) -> httpx.Response:
        """Return the answer to a request."""
        asked = self._client.request(method, address, **more)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result(PATIENCE)

    def get(self, address: str, **more: Any) -> httpx.Response:
        return self.request("GET", address, **more)

    def post(self, address: str, **more: Any) -> httpx.Response:
        return self.request("POST", address, **more)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.app.state.service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
