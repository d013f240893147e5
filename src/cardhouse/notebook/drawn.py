"""What the picture is drawn from: the documents that the page asks the API for, as plain values."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import cardhouse
from cardhouse.errors import InputError
from cardhouse.report.live_stage import LiveStage, Scene, stage_document
from cardhouse.report.live_view import live_view
from cardhouse.studies.frames import Run
from cardhouse.studies.lever_paths import BASELINE
from cardhouse.studies.manifest import Digester
from cardhouse.studies.run import Study

Document = dict[str, Any]

MODULE = Path(cardhouse.__file__).parent / "web" / "static" / "notebook" / "money-flow.js"
"""The picture's script, which is built beside the page."""


def module_text(path: Path = MODULE) -> str:
    """Return the picture's script; raises InputError where it was not built."""
    if not path.is_file():
        raise InputError(
            "the picture is not built. Run `make web` in the project's folder, and try again; a "
            "release has it inside."
        )
    return path.read_text(encoding="utf-8")


class Drawn:
    """Places found for the baseline of a run, and the runs that can be drawn in them."""

    def __init__(self, run: Run, kept: int) -> None:
        study = run.study
        self.quarters = study.baseline.quarters
        self._digester = Digester(study.world)
        self._key = self._key_of(study)
        self._stage: LiveStage = Scene(study.baseline, self._digester).stage(kept)

    @cached_property
    def stage(self) -> Document:
        """Return the places (``cardhouse/stage/1``)."""
        return plain(stage_document(self._stage))

    @cached_property
    def baseline(self) -> Document:
        """Return the baseline's numbers (``cardhouse/view/1``)."""
        return plain(live_view(self._stage, self._stage.scene.baseline, BASELINE))

    def view(self, run: Run) -> Document | None:
        """Return a run's numbers; None where it is the baseline itself."""
        study = run.study
        if self._key_of(study) != self._key:
            raise InputError(
                f"{run!r} starts from another opening position than this picture, or runs over "
                f"other quarters than {self.quarters[0]} to {self.quarters[-1]}, so its boxes have "
                "no places here. Make a picture of its own for it: cardhouse.money_flow(run)."
            )
        if study.view is study.baseline:
            return None
        return plain(live_view(self._stage, study.view, study.scenario))

    @staticmethod
    def _key_of(study: Study) -> str:
        return Digester(study.world).of(BASELINE, study.quarters)


def plain(document: Document) -> Document:
    """Return a document as it travels: lists and numbers instead of arrays."""
    told: Document = json.loads(json.dumps(document, default=_as_list, allow_nan=False))
    return told


def _as_list(value: Any) -> Any:
    return value.tolist()
