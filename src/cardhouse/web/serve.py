"""Running the service until it is told to stop."""

from __future__ import annotations

import os
import signal
from types import FrameType

import uvicorn

from cardhouse.studies.simulation import COMPILED, ENGINE
from cardhouse.web.doors import log_to_stderr
from cardhouse.web.jobs import ENVIRONMENT, jobs_folder

FACTORY = "cardhouse.web.serve:application"
WARM = "CARDHOUSE_WARM"
"""Names the economy that processes of the service open when they start."""
GRACE_SECONDS = 15
"""How long running requests may take to end once the service is told to stop."""
HEADER_BYTES = 16_384


def application() -> object:
    """Return the service of one process, with its log."""
    from cardhouse.web.app import create

    log_to_stderr("info")
    return create(warm=os.environ.get(WARM, ""))


def serve(host: str, port: int, workers: int, warm: str = "") -> None:
    """Serve until SIGINT or SIGTERM; requests that run are answered first.

    ``warm`` names an economy that each process opens when it starts; empty: none.
    """
    os.environ[WARM] = warm
    os.environ.setdefault(ENGINE, COMPILED)  # a service runs long enough to be worth compiling for
    log_to_stderr("info")
    os.environ.setdefault(ENVIRONMENT, str(jobs_folder()))  # one folder for all workers
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ended)
    uvicorn.run(
        FACTORY,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
        limit_concurrency=1_000,
        h11_max_incomplete_event_size=HEADER_BYTES,
    )


def _ended(number: int, frame: FrameType | None) -> None:
    """Take the signal that the server hands on once it has stopped: all is well."""
    del number, frame
