"""SVG paths of ribbons, from points in flow coordinates."""

from __future__ import annotations

from collections.abc import Sequence

from cardhouse.report._flow_shapes import Point

Step = tuple[str, tuple[Point, ...]]
Stop = tuple[float, float, float]  # from and to along, and the start across

RADIUS = 7.0


def band(stops: Sequence[Stop], height: float) -> list[Step]:
    """Return the outline of a ribbon of constant height through level stops.

    Between two stops it swings over in an S; at a stop it runs level.
    """
    far = list(reversed([(end, start, across + height) for start, end, across in stops]))
    there, back = _edge(stops), _edge(far)
    return [("M", there[0][1]), *there[1:], ("L", back[0][1]), *back[1:], ("Z", ())]


def _edge(stops: Sequence[Stop]) -> list[Step]:
    steps: list[Step] = [("M", ((stops[0][0], stops[0][2]),))]
    for number, (start, end, across) in enumerate(stops):
        if number:
            _, left, before = stops[number - 1]
            middle = (left + start) / 2
            steps.append(("C", ((middle, before), (middle, across), (start, across))))
        if end != start:
            steps.append(("L", ((end, across),)))
    return steps


def turn_back(corners: Sequence[Point], height: float) -> list[Step]:
    """Return the middle line of a ribbon through right-angled corners, rounded."""
    steps: list[Step] = [("M", (corners[0],))]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        radius = min(RADIUS + height / 2, _length(before, corner) / 2, _length(corner, after) / 2)
        steps.append(("L", (_towards(corner, before, radius),)))
        steps.append(("Q", (corner, _towards(corner, after, radius))))
    return [*steps, ("L", (corners[-1],))]


def _length(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(start: Point, end: Point, distance: float) -> Point:
    length = _length(start, end)
    share = distance / length if length else 0.0
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def in_picture(point: Point, *, vertical: bool) -> Point:
    """Return a point of flow coordinates as (x, y)."""
    along, across = point
    return (across, along) if vertical else (along, across)


def points_of(steps: Sequence[Step], *, vertical: bool) -> tuple[Point, ...]:
    """Return all points of a path as (x, y), control points included."""
    return tuple(in_picture(point, vertical=vertical) for _, points in steps for point in points)


def svg_path(steps: Sequence[Step], *, vertical: bool) -> str:
    """Return the ``d`` of an SVG path.

    Examples
    --------
    >>> svg_path([("M", ((1.0, 2.0),)), ("L", ((3.5, 2.0),)), ("Z", ())], vertical=False)
    'M1 2L3.5 2Z'
    """
    return "".join(
        letter + " ".join(_written(in_picture(point, vertical=vertical)) for point in points)
        for letter, points in steps
    )


def _written(point: Point) -> str:
    return " ".join(f"{round(number, 2):g}" for number in point)
