"""What the compiler is told beyond Python, and functions that a processor computes for many paths.

The C library's exponential and logarithm are calls of one number each, which keeps a loop over
paths from being turned into vectors. These have no branches: they are within 1 unit in the last
place (the tail: 1e-13 of itself), and have the same answers at 0, infinity and NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

from numba.core import types
from numba.extending import intrinsic

from cardhouse.compiling import inlined, piece

HIGHEST, LOWEST = 709.0, -708.0
INVERSE_LOG_2 = 1.4426950408889634
LOG_2_HIGH, LOG_2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""The log of 2 in two parts: a product of the first with a whole number is exact."""

TO_WHOLE = 6755399441055744.0
"""1.5 x 2^52: added to a number, it leaves the nearest whole number in the last bits."""

HALF_ROOT_BITS = 4604544271217802189
SMALLEST, SCALED_UP, SCALED_BY = 2.2250738585072014e-308, 18014398509481984.0, 54.0
MANTISSA = 52


def _intrinsic(function: Callable[..., Any]) -> Callable[..., Any]:
    numbas: Any = intrinsic
    return cast("Callable[..., Any]", numbas(function))


@_intrinsic
def bits_of(_: Any, __: Any) -> Any:
    """Return the bits of a number as a whole number."""
    integer: Any = types.int64

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return integer(types.float64), lower


@_intrinsic
def number_of(_: Any, __: Any) -> Any:
    """Return the number that has these bits."""
    number: Any = types.float64

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return number(types.int64), lower


@_intrinsic
def fused(_: Any, __: Any, ___: Any, ____: Any) -> Any:
    """Return a b + c, rounded once: one operation of a processor, where two would take its time."""
    number: Any = types.float64

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return number(types.float64, types.float64, types.float64), lower


@piece
def exponential(value: float) -> float:
    """Return e to a power: 2^k by the exponent's bits, the rest as 1 + r + r^2 s.

    The polynomial s was fitted (Chebyshev, degree 9) for r within half the log of 2 of nothing.
    """
    shifted = fused(value, INVERSE_LOG_2, TO_WHOLE)
    k = shifted - TO_WHOLE
    high, low = fused(-k, LOG_2_HIGH, value), k * LOG_2_LOW
    r = high - low
    s = 2.5100385984118463e-08
    s = fused(s, r, 2.7620089080782014e-07)
    s = fused(s, r, 2.755726845896983e-06)
    s = fused(s, r, 2.480152129461859e-05)
    s = fused(s, r, 0.0001984126986305428)
    s = fused(s, r, 0.0013888888917214578)
    s = fused(s, r, 0.008333333333330062)
    s = fused(s, r, 0.04166666666662413)
    s = fused(s, r, 0.16666666666666669)
    s = fused(s, r, 0.5000000000000001)
    part = 1.0 + (high + fused(r * r, s, -low))
    whole = number_of(bits_of(part) + (bits_of(shifted) << MANTISSA))
    whole = 0.0 if value < LOWEST else whole
    whole = math.inf if value > HIGHEST else whole
    return whole if value == value else value  # noqa: PLR0124 - NaN


@piece
def logarithm(value: float) -> float:
    """Return the natural logarithm: of 2^k m with m about 1, by the series of (m - 1)/(m + 1)."""
    tiny = value < SMALLEST
    scaled = value * SCALED_UP if tiny else value
    bits = bits_of(scaled)
    exponent = (bits - HALF_ROOT_BITS) >> MANTISSA
    f = number_of(bits - (exponent << MANTISSA)) - 1.0
    k = float(exponent) - (SCALED_BY if tiny else 0.0)
    s = f / (2.0 + f)
    z = s * s
    t = 1.479819860511658591e-01
    t = fused(t, z, 1.531383769920937332e-01)
    t = fused(t, z, 1.818357216161805012e-01)
    t = fused(t, z, 2.222219843214978396e-01)
    t = fused(t, z, 2.857142874366239149e-01)
    t = fused(t, z, 3.999999999940941908e-01)
    t = fused(t, z, 6.666666666666735130e-01)
    half = 0.5 * f * f
    rest = half - fused(s, fused(z, t, half), k * LOG_2_LOW)
    found = fused(k, LOG_2_HIGH, f - rest)
    found = math.inf if value == math.inf else found
    found = -math.inf if value == 0.0 else found
    return found if value >= 0.0 else math.nan


@inlined
def power(base: float, exponent: float) -> float:
    """Return a base of at least 0 to a power."""
    return exponential(exponent * logarithm(base)) if exponent != 0.0 else 1.0


@inlined
def normal_tail(distance: float) -> float:
    """Return the share of a standard normal that lies beyond a distance of at least 0.

    With z = distance/sqrt 2 and t = 2/(2 + z) it is t h(2t - 1) exp(-z^2)/2, where the polynomial h
    was fitted (Chebyshev, degree 24) to the scaled complementary error function over t.
    """
    z = distance * 0.7071067811865476
    t = 2.0 / (2.0 + z)
    u = 2.0 * t - 1.0
    h = -2.478102504264312e-09
    h = fused(h, u, 6.958292477432199e-09)
    h = fused(h, u, 1.003869952353396e-08)
    h = fused(h, u, -5.346238596189127e-08)
    h = fused(h, u, 2.6460485559699336e-08)
    h = fused(h, u, 1.5454206235943724e-07)
    h = fused(h, u, -3.113948855689413e-07)
    h = fused(h, u, 9.125976244498976e-09)
    h = fused(h, u, 1.0159059191004753e-06)
    h = fused(h, u, -1.8294425525355326e-06)
    h = fused(h, u, -5.680626777144113e-07)
    h = fused(h, u, 8.063970648391518e-06)
    h = fused(h, u, -1.0847177103204767e-05)
    h = fused(h, u, -1.7075490935410192e-05)
    h = fused(h, u, 7.223540501590063e-05)
    h = fused(h, u, -1.7185527330384084e-05)
    h = fused(h, u, -0.0003315368033898907)
    h = fused(h, u, 0.0004186480120822365)
    h = fused(h, u, 0.0015453060394276436)
    h = fused(h, u, -0.0032395925331563957)
    h = fused(h, u, -0.010755330945504552)
    h = fused(h, u, 0.018221115753456044)
    h = fused(h, u, 0.13973604627804354)
    h = fused(h, u, 0.34358034220690453)
    h = fused(h, u, 0.5107913526210123)
    return 0.5 * t * h * exponential(-z * z)


@inlined
def normal_share(value: float) -> float:
    """Return the share of a standard normal that lies below `value`."""
    tail = normal_tail(abs(value))
    return 1.0 - tail if value > 0.0 else tail
