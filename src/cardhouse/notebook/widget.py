"""The widget: traits that a notebook reads and sets, and the picture's script that follows them."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from cardhouse.errors import InputError, did_you_mean
from cardhouse.notebook.drawn import Drawn, module_text
from cardhouse.studies.frames import Run

CHOICES = {"theme": ("auto", "light", "dark"), "money": ("paid", "committed")}


class MoneyFlow(anywidget.AnyWidget):
    """The money flow of a run, drawn by the same script as the page's.

    Attributes
    ----------
    quarter
        The quarter that is shown, such as ``2027Q1``.
    playing
        Whether quarters follow each other by themselves.
    ghost
        Whether the baseline stands behind the run as dotted boxes.
    money
        ``paid``, or ``committed``: what is promised.
    theme
        ``light``, ``dark``, or ``auto``: as the notebook is.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    stage = traitlets.Dict(read_only=True).tag(sync=True)
    baseline = traitlets.Dict(read_only=True).tag(sync=True)
    view = traitlets.Dict(allow_none=True, default_value=None, read_only=True).tag(sync=True)
    quarter = traitlets.Unicode().tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    ghost = traitlets.Bool(True).tag(sync=True)
    money = traitlets.Unicode("paid").tag(sync=True)
    theme = traitlets.Unicode("auto").tag(sync=True)

    def __init__(
        self, run: Run, *, quarter: str | None = None, theme: str = "auto", kept: int = 12
    ) -> None:
        if kept < 0:
            raise InputError(f"kept is {kept}. Use 0 for all accounts, or how many to tell apart.")
        module = module_text()
        self._run, self._drawn = run, Drawn(run, kept)
        self.set_trait("stage", self._drawn.stage)
        self.set_trait("baseline", self._drawn.baseline)
        self.set_trait("view", self._drawn.view(run))
        first = self._drawn.quarters[0] if quarter is None else quarter
        super().__init__(_esm=module, quarter=first, theme=theme)

    @property
    def run(self) -> Run:
        """Return the run that is shown."""
        return self._run

    def show(self, run: Run) -> None:
        """Draw another run of the same world, over the same quarters, in the same places.

        Raises
        ------
        InputError
            When the run has another opening position or other quarters.
        """
        self.set_trait("view", self._drawn.view(run))
        self._run = run

    @traitlets.validate("quarter")
    def _known_quarter(self, proposal: Any) -> str:
        quarter, known = str(proposal["value"]), self._drawn.quarters
        if quarter not in known:
            raise InputError(
                f"quarter is '{quarter[:20]}'. This run has {known[0]} to {known[-1]}."
                f"{did_you_mean(quarter[:20], known)}"
            )
        return quarter

    @traitlets.validate("theme", "money")
    def _known_choice(self, proposal: Any) -> str:
        name, value = proposal["trait"].name, str(proposal["value"])
        if value not in CHOICES[name]:
            raise InputError(f"{name} is '{value[:40]}'. Use one of {', '.join(CHOICES[name])}.")
        return value

    def __repr__(self) -> str:
        """Say what is shown in one line."""
        return f"MoneyFlow({self._run!r}, quarter='{self.quarter}')"
