"""A running service with the built page, and a browser to open it in."""

from __future__ import annotations

import runpy
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
httpx = pytest.importorskip("httpx", reason="httpx is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="the extra 'web' is not installed")
app = pytest.importorskip("cardhouse.web.app", reason="the web room is not there")

limits = pytest.importorskip("cardhouse.web.limits", reason="the web room is not there")

PATIENT = limits.Limits(
    quick_seconds=500.0
)  # the first question opens the accounts, and may compile the engine
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FRONTEND = Path(__file__).parents[3] / "frontend"
PATIENCE = 30_000  # ms: the first answer opens the accounts


@dataclass
class Opened:
    """A page with everything it said and asked for."""

    page: Any
    address: str
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def go(self, link: str = "/") -> None:
        """Open a link of the service and wait for its first figure."""
        self.page.goto(f"{self.address}{link}")
        self.page.wait_for_selector("main .figure, main .ready", timeout=PATIENCE)


@pytest.fixture(scope="session")
def built_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the built page: the package's when it is up to date, else a new one."""
    script = FRONTEND / "build.py"
    if not script.is_file():
        pytest.skip("no frontend/ beside the tests")
    build = runpy.run_path(str(script))
    if build["is_built"]():
        return Path(build["STATIC"])
    if not (FRONTEND / "node_modules").is_dir() or not shutil.which("node"):
        pytest.skip("the page is not built from these sources; run `make web` first")
    folder = tmp_path_factory.mktemp("page") / "static"
    build["build"](folder, install=False)
    return folder


@pytest.fixture(scope="module", autouse=True)
def compiled_engine() -> Iterator[None]:
    """Let the service play on the compiled engine, as `cardhouse serve` does: for these modules."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARDHOUSE_ENGINE", "compiled")
        yield


@pytest.fixture(scope="session")
def address(built_page: Path) -> Iterator[str]:
    """Return where the service listens: on loopback, at a port that was free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = uvicorn.Config(
        app.create(PATIENT, built_page), host="127.0.0.1", port=port, log_config=None, lifespan="on"
    )
    server = uvicorn.Server(options)
    worker = threading.Thread(target=server.run, daemon=True)
    worker.start()
    while not server.started and worker.is_alive():
        time.sleep(0.01)
    assert server.started
    here = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARDHOUSE_ENGINE", "compiled")
        for kept in (12, 5):  # what both looks ask first
            httpx.get(f"{here}/api/v1/view?kept={kept}", timeout=500).raise_for_status()
    yield here
    server.should_exit = True
    worker.join(timeout=20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a browser to one module: its driver keeps a loop running that others would meet."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser found; looked for {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def opened(browser: Any, address: str, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Return an empty tab; a parameter says ((width, height), colour scheme)."""
    (width, height), scheme = getattr(request, "param", ((1440, 900), "light"))
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        accept_downloads=True,
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    one = Opened(page, address)
    page.on("console", lambda message: one.said.append(message.text))
    page.on("pageerror", lambda error: one.said.append(str(error)))
    page.on("request", lambda asked: one.asked.append(asked.url))
    yield one
    context.close()
