"""Drawings that stand alone: the light colours of the report's style sheet written into the SVG.

A page colours its drawings by class, from one style sheet with variables. A drawing that leaves the
page (into a PDF, a file of its own) takes along the rules that concern it, variables resolved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

DRAWN = frozenset(
    {
        "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-linejoin",
        "stroke-linecap", "stroke-dasharray", "font-family", "font-size", "font-weight",
        "text-anchor", "paint-order", "opacity",
    }
)  # fmt: skip
"""Properties that make a difference in an SVG."""
OF_DRAWINGS = ("svg ", ".flow", ".panel", ".series")
"""How selectors begin that may say no more than how words look."""
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_LIGHT = re.compile(r"light-dark\((#[0-9a-f]+), *#[0-9a-f]+\)")
_HEX = re.compile(r"#[0-9a-f]{6,8}")
_VARIABLE = re.compile(r"var\((--[a-z]+)\)")
_THICK = re.compile(r'class="(ribbon (?!thin)(?:(?! thin)[^"])*)"')


def stand_alone(drawing: str, scope: str = "") -> str:
    """Return an SVG with its style sheet inside.

    Parameters
    ----------
    drawing
        One ``<svg>`` element of the report.
    scope
        Classes of what stands around it on the page, on which rules may depend: ``flow``.
    """
    head, _, rest = drawing.partition(">")
    body, _, tail = rest.rpartition("</svg>")
    # Not every renderer knows :not(), by which the page takes the outline off wide ribbons.
    body = _THICK.sub(r'class="\1" style="stroke:none"', body)
    named = ' xmlns="http://www.w3.org/2000/svg"' if "xmlns=" not in head else ""
    # An element that is its own style's scope: a renderer may match descendants only.
    scopes = f"{scope} {_class_of(head)}".strip()
    inside = f'<style>{drawing_style()}</style><g class="{scopes}">{body}</g>'
    return f"{head}{named}>{inside}</svg>{tail}"


def _class_of(head: str) -> str:
    found = re.search(r'class="([^"]*)"', head)
    return found.group(1) if found else ""


@cache
def drawing_style() -> str:
    """Return the rules for drawings, in light colours, one a line."""
    rules = []
    for selectors, declarations in _rules():
        kept = [one for one in declarations if one[0] in DRAWN]
        names = [one for one in selectors if ":" not in one and ".key" not in one]
        if kept and names and _is_of_drawings(kept, names):
            body = "; ".join(f"{name}: {value}" for name, value in kept)
            rules.append(f"{', '.join(names)} {{ {body} }}")
    return "\n".join(rules)


def _is_of_drawings(kept: list[tuple[str, str]], names: list[str]) -> bool:
    """Tell whether a rule draws something, and does not only set the page's type."""
    draws = any(not name.startswith(("font", "opacity")) for name, _ in kept)
    return draws or names[0].startswith(OF_DRAWINGS)


@dataclass(frozen=True)
class Ink:
    """How an entry of a legend is drawn: its colour, and whether as a broken line."""

    colour: str
    is_broken: bool


def ink_of_key(css: str) -> Ink:
    """Return how the entry of a legend with these classes is drawn.

    Examples
    --------
    >>> ink_of_key("before").is_broken, ink_of_key("rent square") == ink_of_key("pool")
    (True, True)
    """
    known = _inks()
    return next((known[name] for name in reversed(css.split()) if name in known), NO_INK)


NO_INK = Ink("#555a61", is_broken=False)


@cache
def _inks() -> dict[str, Ink]:
    """Return the entries that legends can have, by the last of their classes."""
    found = {}
    for selectors, declarations in _rules():
        told = dict(declarations)
        shown = [told[name] for name in ("background", "border-top", "border") if name in told]
        colours = [colour for one in shown for colour in _HEX.findall(one)]
        for one in selectors if colours else ():
            name = one.rpartition(".")[2]
            if re.fullmatch(r"[a-z_-]+", name) and " " not in one:
                found[name] = Ink(colours[0], "background" not in told)
    return found


@cache
def _rules() -> tuple[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], ...]:
    """Return the style sheet's rules for the screen: selectors, and properties with values."""
    sheet = files("cardhouse.report").joinpath("templates", "report.css").read_text("utf-8")
    screen = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL).partition("@media")[0]
    light = _LIGHT.sub(r"\1", screen)
    values = dict(re.findall(r"(--[a-z]+): ([^;]+);", light))
    return tuple(
        (
            tuple(one.strip() for one in selectors.split(",")),
            tuple(_declaration(one, values) for one in declarations.split(";") if ":" in one),
        )
        for selectors, declarations in _RULE.findall(light)
    )


def _declaration(text: str, values: dict[str, str]) -> tuple[str, str]:
    name, _, value = text.partition(":")
    told = _VARIABLE.sub(lambda found: values.get(found.group(1), "inherit"), value)
    return name.strip(), " ".join(told.split()).replace('"', "'")
