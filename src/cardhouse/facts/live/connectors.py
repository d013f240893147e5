"""The connectors by service: each asks, reads, and returns proposed facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cardhouse.facts.live.asked import Pulled, Wanted
from cardhouse.facts.live.fetch import Fetcher
from cardhouse.facts.live.from_sec import pull_frames, pull_sec, pull_segments
from cardhouse.facts.live.from_series import pull_fred, pull_shiller

CONNECTORS: Mapping[str, Callable[[Fetcher, Wanted], Pulled]] = {
    "sec": pull_sec,
    "frames": pull_frames,
    "segments": pull_segments,
    "fred": pull_fred,
    "shiller": pull_shiller,
}
"""Those that make facts of figures as they are told; the constituents are added up by a study."""
