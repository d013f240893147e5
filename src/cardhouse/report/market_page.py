"""The market layer as one self-contained page: gauges, the episodes of a series, or the mirror."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from cardhouse.report._mirror_chart import is_relative, mirror_chart
from cardhouse.report._series_chart import Line, chart, time_of
from cardhouse.report.page import _environment, _policy, _style
from cardhouse.studies.gauges import shown
from cardhouse.studies.mirror import place, shown_value
from cardhouse.studies.series_files import day_of

PEAK_YEAR = 2000.0


def market_html(document: Mapping[str, Any]) -> str:
    """Return a page made from a document of ``gauge``.

    Parameters
    ----------
    document
        ``cardhouse/gauge/1``, ``cardhouse/explosive/1`` or ``cardhouse/mirror/1``.
    """
    own = files("cardhouse.report").joinpath("templates", "market.css").read_text("utf-8")
    style = _style() + own
    name, contents = CONTENTS[document["schema"]]
    template = _environment().get_template(name)
    return template.render(
        style=Markup(style),  # noqa: S704 - the package's own style sheets
        policy=_policy(style),
        document=document,
        **contents(document),
    )


def _panel(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the charts of the gauges by id; a gauge with one reading has none."""
    drawn = {row["id"]: _gauge_chart(row) for row in document["gauges"] if len(row["history"]) > 1}
    title = "Valuation gauges beside the dot-com peak"
    return {"title": title, "charts": drawn, "shown": shown}


def _gauge_chart(row: Mapping[str, Any]) -> Markup:
    """Return a gauge's readings over time, its peak of 2000 as a level."""
    times = [time_of(dt.date.fromisoformat(one["date"])) for one in row["history"]]
    lines = [Line("curve sales", times, [one["value"] for one in row["history"]])]
    words = f"{row['title']}: {shown(row['latest']['value'], row['unit'])} at last"
    if row["peak"] is not None:
        level = row["peak"]["value"]
        lines.append(Line("curve peak", [min(times), max(times)], [level, level]))
        words += f", {shown(level, row['unit'])} at the peak of 2000"
    return chart(lines, f"{words}.", year=PEAK_YEAR, dots=True)


def _series(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a series' two drawings: its values, and BSADF beside the values it must pass."""
    points = document["points"]
    times = [time_of(day_of(date)) for date in points["dates"]]
    place = dict(zip(points["dates"], times, strict=True))
    spans = [
        (place[one["start"]], place[one["end"] or points["dates"][-1]])
        for one in document["episodes"]
        if one["lasts"]
    ]
    ends = times[points["first_end"] :]
    named = document["series"]
    values = chart(
        [Line("curve sales", times, points["values"])],
        f"{named}, with {len(spans)} lasting explosive episodes shaded.",
        spans=spans,
        year=PEAK_YEAR,
    )
    tests = chart(
        [
            Line("curve sales", ends, points["bsadf"]),
            Line("curve peak", ends, points["starts_above"]),
            Line("curve before", ends, points["ends_below"]),
        ],
        f"BSADF of {named} beside the values at which an episode starts and ends.",
        spans=spans,
        year=PEAK_YEAR,
    )
    charts = {"values": values, "tests": tests}
    return {"title": f"Explosive roots of {named}", "charts": charts, "shown": shown}


UNITS = {
    "usd_bn_a_year": "USD bn a year",
    "count_a_year": "a year",
    "share": "per cent",
    "ratio": "",
    "zero_is_100": "",
}
SIDES = {"then": "Then", "now": "Now", "run": "The run"}


def _mirror(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the drawings of the mirror and what its tables are written with."""
    rows = document["indicators"]
    return {
        "title": "The dot-com years and now, quarter by quarter",
        "charts": {row["id"]: mirror_chart(row, document["axis"]) for row in rows},
        "relative": {row["id"]: is_relative(row) for row in rows},
        "units": UNITS,
        "sides": SIDES,
        "place": place,
        "shown": shown_value,
    }


CONTENTS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "cardhouse/gauge/1": ("market.html.j2", _panel),
    "cardhouse/explosive/1": ("market.html.j2", _series),
    "cardhouse/mirror/1": ("mirror.html.j2", _mirror),
}
"""Template and contents of each kind of page."""
