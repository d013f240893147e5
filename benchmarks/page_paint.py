"""How long from a slider's move to the painted picture, and from opening to the first figure; ms.

Run: ``make web``, then ``python benchmarks/page_paint.py``. Needs a Chromium on PATH. The service
runs in this process, on loopback; every value is asked for the first time, so nothing comes from a
cache. Beside the whole stands what the answer took, so that page and engine are told apart.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from playwright.sync_api import sync_playwright

from cardhouse.studies.simulation import COMPILED, ENGINE
from cardhouse.web.app import create
from cardhouse.web.limits import Limits
from cardhouse.web.pages import STATIC

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MOVES = 60
TARGET_P95 = 60.0
TARGET_FIRST = 500.0
DRAG = """async count => {
    const lever = document.querySelector('#lever-venture_supply')
    const picture = () => document.querySelector('.flow svg').dataset.moves
    const frame = () => new Promise(done => requestAnimationFrame(done))
    const rendered = () => new Promise(done => {
        const channel = new MessageChannel()
        channel.port1.onmessage = done
        channel.port2.postMessage(0)
    })
    const low = Number(lever.min), steps = Number(lever.max) - low, waits = [], shown = []
    for (let n = 1; n <= count; n += 1) {
        const before = picture(), began = performance.now()
        lever.value = String(low + (n * 7 + count) % steps)
        lever.dispatchEvent(new Event('input', { bubbles: true }))
        do await frame(); while (picture() === before)
        await rendered()
        waits.push(performance.now() - began)
        await frame()
        shown.push(performance.now() - began)
    }
    const answers = performance.getEntriesByType('resource')
        .filter(one => one.name.includes('/view') && one.name.includes('venture_supply'))
    return { waits, shown, answers: answers.map(one => one.duration) }
}"""
"""Move a lever; wait for the frame that shows it. Frames are asked for before they are laid out and
painted, so a picture that is new when a frame begins is painted in that very frame: its rendering
is over when a message sent at its beginning comes back. `shown` waits until the next frame begins:
by then threads beside the page have put the painted one on the screen."""
ALONE = """async () => {
    const texts = []
    for (let n = 0; n < 10; n += 1) {
        const asked = `/api/v1/view?kept=12&set=venture_supply%3D0.${30 + 3 * n}`
        texts.push(await (await fetch(asked)).text())
    }
    let asked = 0
    const real = window.fetch
    window.fetch = async (url, options) => {
        if (!String(url).includes('/view')) return real(url, options)
        asked += 1
        return new Response(texts[asked % texts.length])
    }
}"""
WORK = {
    "TaskDuration": "all",
    "ScriptDuration": "script",
    "RecalcStyleDuration": "styles",
    "LayoutDuration": "layout",
}
FIRST = """() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    figure: window.firstFigure ?? 0,
})"""
WATCH = """new MutationObserver((_, watch) => {
    if (!document.querySelector('.flow svg')) return
    window.firstFigure = performance.now()
    watch.disconnect()
}).observe(document, { childList: true, subtree: true })"""


@contextmanager
def served() -> Iterator[str]:
    """Serve the built page and the API on a free port, on the engine that `serve` takes."""
    os.environ.setdefault(ENGINE, COMPILED)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create(Limits(quick_seconds=120.0), STATIC)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    address = f"http://127.0.0.1:{port}"
    urllib.request.urlopen(f"{address}/api/v1/view?kept=12").read()
    yield address
    server.should_exit = True


def told(name: str, times: Sequence[float], target: float | None = None) -> str:
    """Return median, 95th percentile and maximum of some waits."""
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    beside = (
        "" if target is None else f"   target {target:.0f}: {'kept' if p95 <= target else 'MISSED'}"
    )
    return (
        f"{name:<32} median {statistics.median(ordered):7.1f}   p95 {p95:7.1f}   "
        f"most {ordered[-1]:7.1f}{beside}"
    )


def spent(work: Any) -> dict[str, float]:
    """Return the seconds that the page's main thread has worked so far, by kind."""
    told = work.send("Performance.getMetrics")["metrics"]
    return {one["name"]: one["value"] for one in told}


def measure(page: Any, address: str) -> None:
    """Open the page, drag a lever, and print what both took."""
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_selector(".flow svg", timeout=60_000)
    page.reload()
    page.wait_for_selector(".flow svg", timeout=60_000)
    page.wait_for_selector("#lever-venture_supply")
    first = page.evaluate(FIRST)
    page.evaluate(DRAG, 3)
    page.evaluate("performance.clearResourceTimings()")
    drag = page.evaluate(DRAG, MOVES)
    print(told("first paint", [first["paint"]], TARGET_FIRST))
    print(told("first figure", [first["figure"]]))
    print(told("slider to paint", drag["waits"], TARGET_P95))
    print(told("  of it the answer", drag["answers"]))
    print(told("  to the next frame's beginning", drag["shown"]))
    page.evaluate(ALONE)
    page.evaluate(DRAG, 3)
    work = page.context.new_cdp_session(page)
    work.send("Performance.enable")
    before = spent(work)
    alone = page.evaluate(DRAG, MOVES)
    after = spent(work)
    print(told("the page without its server", alone["waits"]))
    print(told("  to the next frame's beginning", alone["shown"]))
    each = {name: 1000 * (after[name] - before[name]) / MOVES for name in WORK}
    shown = ", ".join(f"{words} {each[name]:.1f}" for name, words in WORK.items())
    print(f"  of the main thread, a move: {shown}")


def main() -> int:
    """Run the benchmark."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None or not (STATIC / "index.html").is_file():
        sys.stderr.write("It needs a Chromium on PATH and the built page: run `make web` first.\n")
        return 2
    with served() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        measure(browser.new_page(viewport={"width": 1440, "height": 900}), address)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
