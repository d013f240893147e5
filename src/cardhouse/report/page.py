"""The report: one self-contained HTML file made from a result document."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cardhouse.report._accelerators import accelerators
from cardhouse.report._cast import Cast
from cardhouse.report._claims import claims, conflicts_sentence, conflicts_table
from cardhouse.report._failures import (
    commitments_figure,
    failures_figure,
    maturities_figure,
    profit_figure,
    runways_figure,
)
from cardhouse.report._headline import headline_numbers
from cardhouse.report._over_time import tiers_figure
from cardhouse.report._payers import payers_figure
from cardhouse.report._people import (
    envelopes_table,
    people_figure,
    prices_figure,
    tiers_table,
)
from cardhouse.report._round_trips import round_trips_figure
from cardhouse.report._sources import Sources
from cardhouse.report._subsidies import growth_table, needed, sources_figure, subsidised_figure
from cardhouse.report.flow_picture import flow_figures
from cardhouse.report.summary_text import (
    caution_sentence,
    headline,
    idle_sentence,
    nobody_fails,
)
from cardhouse.report.wording import business, sentence_case

POLICY = (
    "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'"
)


def report_html(document: Mapping[str, Any]) -> str:
    """Return a run's report as one HTML page that asks nobody for anything.

    Parameters
    ----------
    document
        The result document (``cardhouse/run/1``).
    """
    style = _style()
    template = _environment().get_template("report.html.j2")
    return template.render(style=Markup(style), policy=_policy(style), **contents(document))  # noqa: S704


def write_report(document: Mapping[str, Any], path: Path | str) -> None:
    """Write a run's report to `path`, which the reader can open, print, mail or archive."""
    Path(path).write_text(report_html(document), encoding="utf-8", newline="\n")


def contents(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the template is filled with."""
    cast = Cast(document)
    names = {entity: row["name"] for entity, row in cast.rows.items()}
    sources = Sources(document.get("facts") or {}, names)
    return {
        "manifest": document["manifest"],
        "quarters": document["quarters"],
        "checks": document["checks"],
        "headline": headline(document),
        "caution": caution_sentence(document),
        "idle": idle_sentence(document),
        "business": sentence_case(business(document)),
        "numbers": headline_numbers(document, cast),
        "flows": flow_figures(document, sources),
        "tiers": tiers_figure(document),
        "payers": payers_figure(document, cast),
        "round_trips": round_trips_figure(document, cast),
        "subsidies": [subsidised_figure(document, cast), sources_figure(document, cast)],
        "people": [
            figure
            for figure in (
                people_figure(document, cast, sources),
                prices_figure(document, cast),
            )
            if figure
        ],
        "subsidised_tiers": tiers_table(document, cast),
        "envelopes": envelopes_table(document, sources),
        "needed": needed(document),
        "growth": growth_table(document, cast),
        "accelerators": accelerators(document, sources),
        "failures": failures_figure(document, cast),
        "nobody_fails": nobody_fails(document),
        "fragility": [
            figure
            for figure in (
                runways_figure(document, cast),
                maturities_figure(document),
                commitments_figure(document, cast),
                profit_figure(document, cast),
            )
            if figure
        ],
        "claims": claims(document, sources),
        "conflicts": conflicts_table(document, sources),
        "conflicts_sentence": conflicts_sentence(document),
        "sources": sources.listed(),
    }


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("cardhouse.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    return files("cardhouse.report").joinpath("templates", "report.css").read_text("utf-8")


def _policy(style: str) -> str:
    """Return the content security policy: no script, no address, this one style sheet."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return POLICY.format(digest)
