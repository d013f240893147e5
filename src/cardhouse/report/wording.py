"""How the report writes numbers and names: the same digits on screen, in tables and in figures."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

UNKNOWN = "-"
NOTHING = 0.005  # USD bn below which an amount is written as 0
NO_BREAK = "\N{NO-BREAK SPACE}"
UNITS = {"gw": "GW", "count": "", "count_mn": "mn", "index": ""}
FAMILIES = ("share", "USD bn", "USD mn", "USD")


def money(amount: float | None) -> str:
    """Return an amount in USD bn as digits alone.

    Examples
    --------
    >>> [money(amount) for amount in (1234.56, 0.314, 0.001, None)]
    ['1,234.6', '0.31', '0', '-']
    """
    if amount is None:
        return UNKNOWN
    if abs(amount) < NOTHING:
        return "0"
    return f"{amount:,.1f}" if abs(amount) >= 1 else f"{amount:,.2f}"


def dollars(amount: float | None) -> str:
    r"""Return an amount in USD bn as it stands in a sentence.

    Examples
    --------
    >>> dollars(-7.84)
    '-$7.8\xa0bn'
    """
    if amount is None:
        return UNKNOWN
    digits = money(amount)
    return f"-${digits[1:]}{NO_BREAK}bn" if digits[0] == "-" else f"${digits}{NO_BREAK}bn"


def cents(share: float | None) -> str:
    """Return a share of a dollar as cents."""
    return "an unknown part" if share is None else f"{100 * share:.0f} cents"


def percent(share: float | None) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> [percent(share) for share in (0.434, 0.004, 0.0, None)]
    ['43%', '<1%', '0%', '-']
    """
    if share is None:
        return UNKNOWN
    return "<1%" if 0 < share < NOTHING else f"{share:.0%}"


def words(name: str) -> str:
    """Return an id as words."""
    return name.replace("_", " ")


def business(document: Mapping[str, Any]) -> str:
    """Return what the business that a document is about is called in a sentence.

    Examples
    --------
    >>> business({"manifest": {"subject": "AI"}}), business({"manifest": {}})
    ('the AI business', "the chain's own business")
    """
    subject = document["manifest"].get("subject")
    return f"the {subject} business" if subject else "the chain's own business"


def sentence_case(text: str) -> str:
    """Return a text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "firm", "firms"), counted(3, "firm", "firms")
    ('1 firm', '3 firms')
    """
    return f"{number:,} {one if number == 1 else many}"


def listed(parts: list[str]) -> str:
    """Return parts as an enumeration.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def lines_of(name: str, width: int) -> tuple[str, ...]:
    """Return a name broken between words into lines of about `width` characters."""
    return tuple(textwrap.wrap(name, width, break_long_words=False)) or (name,)


def value_of(value: Any, unit: str = "") -> str:
    r"""Return a figure of any kind with its unit: number, range, text or several by name.

    Examples
    --------
    >>> value_of(0.066, "share"), value_of([220, 260], "USD a year"), value_of(4.3, "usd_bn")
    ('6.6%', '$220 to $260 a year', '$4.3\xa0bn')
    >>> value_of({"low": 1.0, "high": 2.0}, "gw"), value_of(True), value_of(None)
    ('1 to 2 GW', 'yes', '-')
    """
    if isinstance(value, Mapping) and set(value) == {"low", "high"}:
        return value_of([value["low"], value["high"]], unit)
    if isinstance(value, Mapping):
        return "; ".join(f"{words(str(name))} {value_of(one, unit)}" for name, one in value.items())
    family, rest = _unit(unit)
    if isinstance(value, list | tuple):
        joint = " to " if len(value) == 2 else ", "
        text = joint.join(_number(one, family) for one in value)
    else:
        text = _number(value, family)
    return text if text == UNKNOWN else f"{text} {rest}".rstrip()


def _unit(unit: str) -> tuple[str, str]:
    """Return the part of a unit that goes into the number, and the words that follow it."""
    told = words(UNITS.get(unit, unit)).replace("usd", "USD")
    family = next((one for one in FAMILIES if told.startswith(one)), "")
    return family, told.removeprefix(family).strip()


def _number(value: Any, family: str) -> str:
    """Return one figure: shares as percentages, dollars with their sign."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not family:
        return _plain(value)
    if family == "share":
        return f"{100 * value:.1f}".removesuffix(".0") + "%"
    if family == "USD bn":
        return dollars(value)
    sign = "-" if value < 0 else ""
    return f"{sign}${_plain(abs(value))}{' mn' if family == 'USD mn' else ''}"


def _plain(value: Any) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)
