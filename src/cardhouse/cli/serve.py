"""The page and the API on one's own machine."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from cardhouse.cli.extras import need_web
from cardhouse.cli.guard import say
from cardhouse.cli.options import DEFAULT_ECONOMY, Quiet
from cardhouse.errors import InputError

MOST_WORKERS = 64


def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address to listen at.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="Port to listen at; 0: a free one.")
    ] = 8000,
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", help="Processes that answer.")
    ] = 1,
    cold: Annotated[
        bool, typer.Option("--cold", help="Open no economy before somebody asks.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Serve the page and the API until Ctrl-C; on this machine alone unless --host says otherwise.

    For example:
      cardhouse serve
      cardhouse serve --port 9000 --workers 2
    """
    _check(port, workers)
    need_web("serve")
    chosen = _free(host, port)
    if not quiet:
        shown = f"[{host}]" if ":" in host else host
        say(f"The page: http://{shown}:{chosen}/   The API: http://{shown}:{chosen}/api/v1/")
        say("Ctrl-C ends it.")
    from cardhouse.web.serve import serve as run

    run(host, chosen, workers, "" if cold else DEFAULT_ECONOMY)


def _check(port: int, workers: int) -> None:
    if not 0 <= port <= 65535:
        raise InputError(f"--port is {port}: a port is 0 to 65535. 8000 is usual.")
    if not 1 <= workers <= MOST_WORKERS:
        raise InputError(f"--workers is {workers}, expected 1 to {MOST_WORKERS}.")


def _free(host: str, port: int) -> int:
    """Return the port to listen at; raises InputError where nobody can listen there."""
    if not host.strip():
        raise InputError("--host names no address. Leave it out, or write one such as 127.0.0.1.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((host, port))
            found: int = tried.getsockname()[1]
            return found
    except OSError as error:
        raise InputError(
            f"nobody can listen at {host} port {port}: {error.strerror or error}. Choose another "
            "with --port or --host."
        ) from None
