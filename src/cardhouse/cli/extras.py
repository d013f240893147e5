"""What a command needs beyond the core, asked for in one sentence where it is missing."""

from __future__ import annotations

import importlib.util

from cardhouse.errors import InputError

WEB = ("fastapi", "uvicorn", "orjson")


def need_web(command: str) -> None:
    """Refuse a command where the packages of the extra ``web`` are missing."""
    missing = [name for name in WEB if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"{command} needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} "
            "not installed. Run `make web` in the folder of the source, or "
            "`pip install 'cardhouse[web]'`."
        )
