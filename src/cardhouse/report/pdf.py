"""The report as a PDF: the same parts as the page, set by typst (extra ``pdf``).

The template reads one JSON file, so no text of a document is ever read as markup.
"""

from __future__ import annotations

import datetime as dt
import html
import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from cardhouse.errors import InputError
from cardhouse.report._claims import Claim
from cardhouse.report._figures import Figure, Table
from cardhouse.report.page import contents
from cardhouse.report.svg_alone import ink_of_key, stand_alone

SHOWN_FIGURES, SHOWN_EVIDENCE, SHOWN_CITED = 6, 4, 6
_TAG = re.compile(r"<[^>]+>")
_CITED = re.compile(r'<a class="cite"[^>]*>\[(\d+)\]</a>')
_SVG = re.compile(r"<svg.*?</svg>", re.DOTALL)
_NOTE = re.compile(r'<p class="note">(.*?)</p>', re.DOTALL)
_TITLE = re.compile(r"<h4>(.*?)</h4>", re.DOTALL)
_FOLD = re.compile(r"<summary>.*?</summary>", re.DOTALL)

Row = dict[str, Any]


def write_pdf(document: Mapping[str, Any], path: Path | str) -> None:
    """Write a run's report to `path` as a PDF; the same document gives the same bytes.

    Parameters
    ----------
    document
        The result document (``cardhouse/run/1``).
    path
        Where to; an existing file is replaced.

    Raises
    ------
    InputError
        When typst is not installed.
    """
    try:
        import typst
    except ImportError:
        raise InputError(
            "a PDF needs the package 'typst', which is not installed. Install cardhouse[pdf], or "
            "write an HTML report and print it."
        ) from None
    told = json.dumps(pdf_contents(document), ensure_ascii=False).encode()
    template = files("cardhouse.report").joinpath("templates", "report.typ").read_bytes()
    day = dt.datetime.fromisoformat(document["manifest"]["as_of"]).replace(tzinfo=dt.UTC)
    with tempfile.TemporaryDirectory(prefix="cardhouse-") as folder:
        main = Path(folder) / "report.typ"
        main.write_bytes(template)
        main.with_name("data.json").write_bytes(told)
        made = typst.compile(main, root=main.parent, format="pdf", timestamp=int(day.timestamp()))
    Path(path).write_bytes(made)


def pdf_contents(document: Mapping[str, Any]) -> Row:
    """Return what the template sets: plain words, tables of strings, drawings that stand alone."""
    told = contents(document)
    manifest = document["manifest"]
    return {
        "title": f"{manifest['scenario_title']}, {told['quarters'][0]} to {told['quarters'][-1]}",
        "about": (
            f"{manifest.get('economy_title') or manifest['economy']}, base quarter "
            f"{manifest['base_quarter']}, as known on {manifest['as_of']}"
        ),
        "headline": told["headline"],
        "lede": manifest["scenario_words"],
        "cautions": [one for one in (told["caution"], told["idle"]) if one],
        "numbers": [
            {"figure": one.figure, "what": one.what, "detail": one.detail}
            for one in told["numbers"]
        ],
        "flows": [_figure(one, scope="flow") for one in told["flows"]],
        "sections": list(_sections(told)),
        "claims": [_claim(one) for one in told["claims"]],
        "conflicts": {"told": told["conflicts_sentence"], "table": _table(told["conflicts"])},
        "checks": {name: f"{gap:.0e}" for name, gap in document["checks"].items()},
        "manifest": _manifest(manifest, told["quarters"]),
        "stamp": f"cardhouse {manifest['version']} · {manifest['scenario']} · "
        f"{manifest['digest'][:12]}",
        "sources": [vars(one) for one in told["sources"]],
    }


def _sections(told: Mapping[str, Any]) -> Iterable[Row]:
    """Yield the sections of figures and tables, in the page's order."""
    yield _section("", [told["tiers"], told["payers"], told["round_trips"]])
    yield _section(
        "Who is subsidised, and by whom",
        [*told["subsidies"], *told["people"]],
        tables=[told["subsidised_tiers"], told["envelopes"], told["growth"]],
        words=told["needed"],
    )
    if told["accelerators"]:
        one = told["accelerators"]
        words = " ".join(part for part in (one.sentence, one.bought, *one.left_out) if part)
        yield _section("What an accelerator costs", one.figures, tables=[one.meaning], words=words)
    yield _section(
        "Who fails, and who bears the loss",
        [told["failures"], *told["fragility"]],
        words="" if told["failures"] else told["nobody_fails"],
    )


def _section(
    title: str,
    figures: Iterable[Figure | None],
    tables: Iterable[Table | None] = (),
    words: str = "",
) -> Row:
    return {
        "title": title,
        "words": words,
        "figures": [_figure(one) for one in figures if one],
        "tables": [_table(one) for one in tables if one and one.rows],
    }


def _figure(figure: Figure, scope: str = "") -> Row:
    """Return a figure without its table twin, drawings made to stand alone."""
    layout = scope or figure.layout
    return {
        "title": figure.title,
        "help": figure.help,
        "label": figure.label,
        "keys": [{**vars(ink_of_key(one.css)), "words": one.words} for one in figure.keys],
        "drawings": [
            {"title": _words(_TITLE, one), "svg": stand_alone(_SVG.findall(one)[0], layout)}
            for one in _wide(figure.drawings)
        ],
        "columns": 4 if figure.layout == "panels" else 3 if "rents" in figure.layout else 1,
        "axis": list(figure.axis),
        "bars": [
            {
                "name": one.name,
                "drawing": stand_alone(str(one.drawing)),
                "told": one.told,
                "note": one.note,
            }
            for one in figure.bars
        ],
        "notes": [*_notes(figure.drawings), *figure.notes],
    }


def _wide(drawings: Sequence[str]) -> list[str]:
    """Return the drawings for a sheet of paper: of a flow the wide one, not the one for phones."""
    return [str(one) for one in drawings if "flow-tall" not in one.partition(">")[0]]


def _notes(drawings: Sequence[str]) -> list[str]:
    """Return the notes that stand under single drawings."""
    return [note for one in _wide(drawings) if (note := _words(_NOTE, one))]


def _words(pattern: re.Pattern[str], drawing: str) -> str:
    """Return the words that stand with a drawing in one kind of element."""
    return html.unescape(" ".join(pattern.findall(drawing)))


def _table(table: Table) -> Row:
    return {
        "caption": table.caption,
        "heads": [{"name": name, "number": is_number} for name, is_number in table.heads],
        "rows": [[plain(cell) for cell in row] for row in table.rows],
    }


def _claim(claim: Claim) -> Row:
    return {
        "claim": claim.claim,
        "verdict": claim.verdict,
        "told": f"{claim.told}{'; ' if claim.probability else ''}{claim.probability}",
        "definition": claim.definition,
        "rulings": [
            {"verdict": verdict, "told": told, "words": words}
            for _, told, verdict, words in claim.by_definition
        ],
        "pairs": claim.pairs and _table(claim.pairs),
        "figures": [
            {"name": name, "value": value, "cited": plain(cited)}
            for name, value, cited in claim.figures[:SHOWN_FIGURES]
        ],
        "for": list(claim.evidence_for[:SHOWN_EVIDENCE]),
        "against": list(claim.evidence_against[:SHOWN_EVIDENCE]),
    }


def _manifest(manifest: Mapping[str, Any], quarters: Sequence[str]) -> list[list[str]]:
    levers = ", ".join(f"{name} {value:g}" for name, value in manifest["levers"].items())
    return [
        ["Scenario", f"{manifest['scenario_title']} ({manifest['scenario']})"],
        ["Levers moved for the whole run", levers or "none"],
        ["Facts", f"{manifest['facts_version']}, digest {manifest['facts_digest']}"],
        ["Known on", manifest["as_of"]],
        ["Quarters", f"{quarters[0]} to {quarters[-1]}"],
        ["Digest of this run", manifest["digest"]],
        ["Version", f"cardhouse {manifest['version']}"],
    ]


def plain(cell: str) -> str:
    """Return a cell as words: marks gone, a few of its citations kept as numbers.

    Examples
    --------
    >>> from markupsafe import Markup
    >>> plain(Markup('5.06 (2000-03) <a class="cite" href="#f">[7]</a>')), plain("a < b")
    ('5.06 (2000-03) [7]', 'a < b')
    """
    if not hasattr(cell, "__html__"):
        return cell
    cited = _CITED.findall(cell)
    words = html.unescape(_TAG.sub("", _FOLD.sub("", _CITED.sub("", cell))))
    shown = [f"[{number}]" for number in cited[:SHOWN_CITED]]
    more = [f"+{len(cited) - SHOWN_CITED}"] if len(cited) > SHOWN_CITED else []
    return " ".join([*words.split(), *shown, *more])
