"""Marks of a drawing, and their SVG. Colours and fonts come from the style sheet by class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape


@dataclass(frozen=True)
class Mark:
    """One SVG element: its tag, attributes, text, and a title shown on hovering."""

    tag: str
    attributes: tuple[tuple[str, str | float], ...]
    text: str = ""
    title: str = ""


def rect(x: float, y: float, width: float, height: float, css: str, title: str = "") -> Mark:
    """Return a rectangle."""
    at = (("x", x), ("y", y), ("width", width), ("height", height), ("class", css))
    return Mark("rect", at, title=title)


def path(d: str, css: str, *, stroke: float | None = None, title: str = "") -> Mark:
    """Return a path, filled or as a line of `stroke` px."""
    line = () if stroke is None else (("stroke-width", stroke),)
    return Mark("path", (("d", d), ("class", css), *line), title=title)


def line(start: tuple[float, float], end: tuple[float, float], css: str) -> Mark:
    """Return a straight line."""
    at = (("x1", start[0]), ("y1", start[1]), ("x2", end[0]), ("y2", end[1]), ("class", css))
    return Mark("line", at)


def text(x: float, y: float, content: str, css: str) -> Mark:
    """Return a line of text; its class says which end `x` is."""
    return Mark("text", (("x", x), ("y", y), ("class", css)), content)


def svg(
    size: tuple[float, float], marks: Iterable[Mark], *, css: str, label: str, stretch: bool = False
) -> Markup:
    """Return an SVG element that says in one sentence what it shows.

    Parameters
    ----------
    size
        Width and height in px.
    marks
        What to draw, first at the bottom.
    label
        The sentence for those who do not see it; empty for an ornament of its neighbour.
    stretch
        Whether it may be stretched in width alone, as bars may and text may not.
    """
    spoken = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    fit = ' preserveAspectRatio="none"' if stretch else ""
    width, height = (_number(side) for side in size)
    body = "".join(_element(mark) for mark in marks)
    return Markup(  # noqa: S704 - every text and attribute is escaped below
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'class="{escape(css)}" {spoken}{fit}>{body}</svg>'
    )


def _element(mark: Mark) -> str:
    given = "".join(f' {name}="{_value(value)}"' for name, value in mark.attributes)
    title = f"<title>{escape(mark.title)}</title>" if mark.title else ""
    inside = f"{title}{escape(mark.text)}"
    return f"<{mark.tag}{given}>{inside}</{mark.tag}>" if inside else f"<{mark.tag}{given}/>"


def _value(value: str | float) -> str:
    return str(escape(value)) if isinstance(value, str) else _number(value)


def _number(number: float) -> str:
    """Return a number of px, to the hundredth.

    Examples
    --------
    >>> _number(12.3456), _number(7.0), _number(1234567.0)
    ('12.35', '7', '1234567')
    """
    return f"{number:.2f}".rstrip("0").rstrip(".")
