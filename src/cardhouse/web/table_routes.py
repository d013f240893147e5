"""Addresses of files: every table of a run in four forms, and one zip with all of them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from cardhouse.model.scenario import Scenario
from cardhouse.report.parcel import parcel
from cardhouse.studies.recipes import recipes
from cardhouse.studies.table_files import FORMATS, WORDS, all_tables, table_file
from cardhouse.web.answered import Question, Told, reply
from cardhouse.web.openings import Opening
from cardhouse.web.questions import Asked, Moved
from cardhouse.web.shapes import PREFIX, documented, file_documented

router = APIRouter(tags=["files"])


@router.get("/tables", **documented("tables"))
async def list_tables(request: Request, asked: Moved) -> Response:
    """List the tables of a run, with an address for each form, and lines that fetch the same."""
    base, query = str(request.base_url).rstrip("/"), request.url.query
    pairs = request.query_params.multi_items()

    def make(opening: Opening, scenario: Scenario, asked: Asked) -> Any:
        names = all_tables(opening.document(scenario, asked.quarters))
        tail = f"?{query}" if query else ""
        rows = [
            {
                "name": name,
                "words": WORDS[name],
                "urls": {form: f"{PREFIX}/tables/{name}.{form}{tail}" for form in FORMATS},
            }
            for name in names
        ]
        return {
            "schema": "cardhouse/tables/1",
            "tables": rows,
            "zip": f"{PREFIX}/download.zip{tail}",
            "recipes": recipes(f"{base}{PREFIX}/run", pairs),
        }

    return await reply(request, Question(request.url.path, asked, make, (base, query)))


@router.get("/tables/{file}", **file_documented())
async def table(request: Request, asked: Moved, file: str) -> Response:
    """Return one table: `tiers.csv`, `trace.parquet`, `entities.xlsx`, `claims.json`."""

    def make(opening: Opening, scenario: Scenario, asked: Asked) -> Any:
        name, _, form = file.partition(".")
        document = opening.document(scenario, asked.quarters)
        content = table_file(document, name, form)
        filename = f"{_stem(document)}-{name}.{form}"
        return Told(content=content, media_type=FORMATS[form], filename=filename)

    return await reply(request, Question(request.url.path, asked, make))


@router.get("/download.zip", **file_documented())
async def download(request: Request, asked: Moved) -> Response:
    """Return one zip: all tables, a README, licences, a citation, and how to get the same."""
    base, pairs = str(request.base_url).rstrip("/"), request.query_params.multi_items()

    def make(opening: Opening, scenario: Scenario, asked: Asked) -> Any:
        document = opening.document(scenario, asked.quarters)
        content = parcel(document, recipes(f"{base}{PREFIX}/run", pairs))
        filename = f"{_stem(document)}.zip"
        return Told(content=content, media_type="application/zip", filename=filename)

    return await reply(request, Question(request.url.path, asked, make, (base, pairs)))


def _stem(document: dict[str, Any]) -> str:
    manifest = document["manifest"]
    return f"{manifest['economy']}-{manifest['scenario']}-{manifest['digest'][:8]}"
