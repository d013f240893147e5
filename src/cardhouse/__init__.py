"""Who really pays for the AI economy, as a calculation anyone can check and bend.

`open` balances an economy's accounts, `run` simulates from there, `compare` sets runs side by side,
`ensemble` runs many paths and says how far they spread (`Keep`: what it records), `open_ensemble`
reads a kept one back; `money_flow` draws a run in a notebook;
`clear`, `trace_flows`, `gsadf` and `gsadf_critical_values` are the kernels for anyone's data.
Everything heavy is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cardhouse.analysis.explosive_critical import gsadf_critical_values
    from cardhouse.analysis.explosive_roots import gsadf
    from cardhouse.engine.settlement import clear
    from cardhouse.notebook import money_flow
    from cardhouse.studies.compare_frames import compare_runs as compare
    from cardhouse.studies.ensembles.frames import ensemble_of as ensemble
    from cardhouse.studies.ensembles.frames import open_ensemble
    from cardhouse.studies.ensembles.keep import Keep
    from cardhouse.studies.frames import open_economy as open  # noqa: A004 - ch.open, by design
    from cardhouse.studies.frames import run_world as run
    from cardhouse.studies.kernels import trace_flows

__all__ = [
    "open",
    "run",
    "compare",
    "ensemble",
    "open_ensemble",
    "Keep",
    "money_flow",
    "clear",
    "trace_flows",
    "gsadf",
    "gsadf_critical_values",
]

_WHERE = {
    "open": ("cardhouse.studies.frames", "open_economy"),
    "run": ("cardhouse.studies.frames", "run_world"),
    "compare": ("cardhouse.studies.compare_frames", "compare_runs"),
    "ensemble": ("cardhouse.studies.ensembles.frames", "ensemble_of"),
    "open_ensemble": ("cardhouse.studies.ensembles.frames", "open_ensemble"),
    "Keep": ("cardhouse.studies.ensembles.keep", "Keep"),
    "money_flow": ("cardhouse.notebook", "money_flow"),
    "clear": ("cardhouse.engine.settlement", "clear"),
    "gsadf": ("cardhouse.analysis.explosive_roots", "gsadf"),
    "gsadf_critical_values": ("cardhouse.analysis.explosive_critical", "gsadf_critical_values"),
    "trace_flows": ("cardhouse.studies.kernels", "trace_flows"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _WHERE:
        raise AttributeError(f"module 'cardhouse' has no attribute '{name}'")
    module, attribute = _WHERE[name]
    value = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*globals(), *__all__])
