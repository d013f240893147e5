"""The page: its built files from the package, or a plain sentence where it was not built."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).with_name("static")
NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>cardhouse</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><h1>cardhouse</h1>
<p>The page is not built. Run <code>make web</code> in the project's folder, and start again.</p>
<p>The API works without it: <a href="/api/v1/openapi.json">its description</a>,
<a href="/api/v1/health">its health</a>.</p></body></html>
"""
YEAR = 31_536_000


class Built(StaticFiles):
    """The built files; those with a digest in their name never change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, with how long it may be kept."""
        answer = await super().get_response(path, scope)
        named = path.replace("\\", "/").startswith("assets/")
        answer.headers["Cache-Control"] = (
            f"public, max-age={YEAR}, immutable" if named else "no-cache"
        )
        return answer


def serve_page(app: FastAPI, folder: Path = STATIC) -> None:
    """Serve the page at the root: after all other addresses."""
    if (folder / "index.html").is_file():
        app.mount("/", Built(directory=folder, html=True), name="page")
        return

    @app.get("/", include_in_schema=False)
    async def not_built(request: Request) -> Response:
        del request
        return HTMLResponse(NOT_BUILT, headers={"Cache-Control": "no-store"})
