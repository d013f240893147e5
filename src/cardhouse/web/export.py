"""One file to open from disk: the page with the shipped scenarios computed, and no server.

The page stays as it is built. What it asks is answered by a small script from a store inside the
file; what the store lacks is answered by one sentence.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import orjson

from cardhouse.errors import InputError
from cardhouse.studies.asking import DEFAULT_ECONOMY, DEFAULT_QUARTERS
from cardhouse.web.app import create
from cardhouse.web.ask_app import ask
from cardhouse.web.limits import Limits
from cardhouse.web.pages import STATIC
from cardhouse.web.shapes import PREFIX

SHIM = Path(__file__).with_name("from_file.js")
MOST_BYTES = 1_500_000
"""The largest file that is written."""
LOOKS = (12, 5)
"""Accounts kept in a column of the wide and of the tall picture."""
WORDS = ("/economies", "/glossary", "/health")
OF_OPENING = ("/levers", "/scenarios", "/facts/conflicts")
OF_RUN = ("/claims", "/fragility", "/loops", "/promises", "/entities", "/ledger", "/mirror")
"""Answers of the baseline, as far as there is room, in this order."""
SENTENCE = (
    "This file holds the shipped scenarios as they were computed. To move levers, or to ask for "
    "anything else, run `cardhouse serve`."
)
SCRIPT = re.compile(r'<script type="module"[^>]* src="(?P<path>/assets/[^"]+\.js)"></script>')
STYLE = re.compile(r'<link rel="stylesheet"[^>]* href="(?P<path>/assets/[^"]+\.css)">')
OPENING = ("economy", "base", "as_of", "quarters")
"""Parameters that are the same in all of a file's answers."""
ICON = re.compile(r'\s*<link rel="icon"[^>]*>')

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Wanted:
    """Which opening position and scenarios the file shall hold; no scenario: all that apply."""

    economy: str = DEFAULT_ECONOMY
    base: str | None = None
    as_of: str | None = None
    quarters: int = DEFAULT_QUARTERS
    scenarios: tuple[str, ...] = ()

    @property
    def opening(self) -> Pairs:
        """Return the parameters of the opening position, usual ones left out."""
        given = (("economy", self.economy), ("base", self.base), ("as_of", self.as_of))
        return tuple((name, one) for name, one in given if one and one != DEFAULT_ECONOMY)

    @property
    def horizon(self) -> Pairs:
        """Return the parameters of a baseline."""
        usual = self.quarters == DEFAULT_QUARTERS
        return (*self.opening, *(() if usual else (("quarters", str(self.quarters)),)))


@dataclass(frozen=True)
class Exported:
    """A file that was made: its text, the scenarios in it, and what found no room."""

    text: str
    scenarios: tuple[str, ...]
    left_out: tuple[str, ...]


def export_html(
    wanted: Wanted, *, static: Path | None = None, progress: Callable[[str], None] = lambda _: None
) -> Exported:
    """Return the page as one file, with answers inside.

    Parameters
    ----------
    wanted
        What it shall hold.
    static
        Where the built page lies; none: in the package.
    progress
        Told what is computed.

    Raises
    ------
    InputError
        When the page is not built, or the words of the question are wrong.
    """
    page = _built(static or STATIC)
    room = MOST_BYTES - len(page) - len(SHIM.read_text("utf-8")) - 4_000
    with ThreadPoolExecutor(1) as apart:  # whoever calls may have a loop of its own, as notebooks
        gathered = apart.submit(lambda: asyncio.run(_gathered(wanted, room, progress)))
        store, told, left = gathered.result()
    return Exported(_assembled(page, _packed(store), wanted), told, left)


Store = dict[str, object]


async def _gathered(
    wanted: Wanted, room: int, progress: Callable[[str], None]
) -> tuple[Store, tuple[str, ...], tuple[str, ...]]:
    """Return answers by address as long as there is room, the scenarios, and what was left out."""
    free = Limits(rate=1e9, burst=1e9, slow_rate=1e9, slow_burst=1e9, quick_seconds=3600.0)
    app = create(free, static=Path("/nonexistent"))
    store: Store = {}
    try:
        for path, query in _first(wanted):
            progress(path)
            store[_key(path, query)] = await _answer(app, path, query)
        told = await _scenarios(app, wanted, store, progress)
        left = []
        for path, query in (*((path, wanted.horizon) for path in OF_RUN), ("/gauges", ())):
            progress(path)
            answer = await _answer(app, path, query, must=False)
            more = store if answer is None else {**store, _key(path, query): answer}
            if len(_packed(more)) > room:
                left.append(path)
            else:
                store = more
    finally:
        app.state.service.close()
    if len(_packed(store)) > room:
        raise InputError(
            f"{len(told)} scenarios over {wanted.quarters} quarters make a file of more than "
            f"{MOST_BYTES:,} bytes. Name fewer with --scenario, or fewer quarters."
        )
    return store, told, tuple(left)


def _first(wanted: Wanted) -> Iterator[tuple[str, Pairs]]:
    """Yield what every page asks for first."""
    yield from ((path, ()) for path in WORDS)
    yield from ((path, wanted.opening) for path in OF_OPENING)
    for look in LOOKS:
        yield "/stage", (*wanted.horizon, ("kept", str(look)))
        yield "/view", (*wanted.horizon, ("kept", str(look)))


async def _scenarios(
    app: object, wanted: Wanted, store: Store, progress: Callable[[str], None]
) -> tuple[str, ...]:
    """Add the views of scenarios; of all that ship those that the economy and horizon take."""
    listed: dict = store[_key("/scenarios", wanted.opening)]  # type: ignore[assignment,type-arg]
    names = wanted.scenarios or tuple(row["id"] for row in listed["scenarios"])
    told = []
    for name in names:
        progress(name)
        for look in LOOKS:
            query = (*wanted.horizon, ("kept", str(look)), ("scenario", name))
            answer = await _answer(app, "/view", query, must=bool(wanted.scenarios))
            if answer is not None:
                store[_key("/view", query)] = answer
        if answer is not None:
            told.append(name)
    return tuple(told)


async def _answer(app: object, path: str, query: Pairs, *, must: bool = True) -> object:
    """Return an answer as a document; None where it may be refused and is."""
    answer = await ask(app, PREFIX + path, list(query))  # type: ignore[arg-type]
    document = orjson.loads(answer.body)
    if answer.status == 200:
        return document
    if must:
        raise InputError(document["detail"])
    return None


def _key(path: str, query: Sequence[tuple[str, str]]) -> str:
    """Return the address that the script in the file looks up: the file has one opening alone."""
    pairs = sorted((one for one in query if one[0] not in OPENING), key="=".join)
    return PREFIX + path + (f"?{urlencode(pairs)}" if pairs else "")


def _packed(store: Store) -> str:
    """Return answers as text that a page can hold."""
    return base64.b64encode(gzip.compress(orjson.dumps(store), 9, mtime=0)).decode()


def _built(static: Path) -> str:
    """Return the built page with its script and style inside."""
    index = static / "index.html"
    if not index.is_file():
        raise InputError(
            "the page is not built, so that it cannot be exported. Run `make web` in the project's "
            "folder, and again."
        )
    page = ICON.sub("", index.read_text("utf-8"))
    for form, tag in ((SCRIPT, "script"), (STYLE, "style")):
        found = form.search(page)
        if found is None:
            raise InputError(f"{index} has no {tag} of the form expected. Run `make web` again.")
        body = (static / found["path"].lstrip("/")).read_text("utf-8")
        kind = ' type="module"' if tag == "script" else ""
        safe = body.replace("</script", "<\\/script") if tag == "script" else body
        page = page.replace(found[0], f"<{tag}{kind}>{safe}</{tag}>")
    return page


def _assembled(page: str, answers: str, wanted: Wanted) -> str:
    """Return the page with its answers, the script that gives them, and a strict policy."""
    shim = SHIM.read_text("utf-8").replace("</script", "<\\/script")
    defaults = {name: str(getattr(wanted, name) or "") for name in OPENING}
    defaults["sentence"] = SENTENCE
    head = (
        f'<script id="cardhouse-answers" type="text/plain">{answers}</script>\n'
        f'<script id="cardhouse-defaults" type="application/json">{json.dumps(defaults)}</script>\n'
        f"<script>{shim}</script>\n"
    )
    scripts = [*re.findall(r"<script(?: type=\"module\")?>(.*?)</script>", page, re.DOTALL), shim]
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    policy = (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)} "
        "'unsafe-hashes'; img-src blob:; base-uri 'none'; form-action 'none'"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}" />\n'
    return page.replace("<head>", f"<head>\n{meta}", 1).replace("</head>", f"{head}</head>", 1)


def _hashes(bodies: Sequence[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in bodies)
    return " ".join(f"'sha256-{digest}'" for digest in digests)
