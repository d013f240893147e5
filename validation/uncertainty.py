"""How sure the answers are: draws from the accounts, as tables for ``docs/method/uncertainty.md``.

Run: ``python validation/uncertainty.py [QUARTER] [--draws 500] [--seed 0]``; prints Markdown and
ends with 1 when an identity is broken in a draw or the intervals do not hold the accounts' figures.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy, as the command line does

from cardhouse.studies.draw_numbers import asked_for, usable_processors
from cardhouse.studies.run import run_study

LARGEST_GAP = 1e-9
HELD = 0.8
"""Least share of figures whose interval, widened by twice its error, holds the accounts' value."""
SELLER, SHOWN_FROM, LOOP_FROM = "nvidia", 0.005, 0.01
COVER = ("with_programs", "without_programs", "cash", "at_plant_cost", "sold_use")
LOSS = ("firms", "revenue", "users_spending")

Figures = Mapping[str, Mapping[str, float]]


def main() -> int:
    """Print the tables and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("base", nargs="?", default="2025Q2")
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ["CARDHOUSE_CACHE"] = "off"  # what is timed is made
    processes = usable_processors()
    start = time.perf_counter()
    drawing = asked_for(options.draws, options.seed, processes)
    document = run_study(economy="ai", base=options.base, quarters=12, drawing=drawing).document
    seconds = time.perf_counter() - start
    drawn = document["uncertainty"]
    print(f"### {options.base}: {drawn['draws']} draws, seed {drawn['seed']}\n")
    print_tables(drawn["figures"])
    print_claims(document["claims"])
    return check(drawn, seconds, processes)


def check(drawn: Mapping[str, Any], seconds: float, processes: int) -> int:
    """Print what must hold, and return the exit code."""
    figures = drawn["figures"].values()
    held = sum(_holds(one) for one in figures) / len(drawn["figures"])
    gap = drawn["accounts_residual_max"]
    print(
        f"{len(drawn['figures'])} figures, {held:.1%} of the intervals hold the value of the "
        f"balanced accounts; largest gap of an identity {gap:.0e}; {seconds:.0f} s with "
        f"{processes} processes, {_computing():.0f} s of computing.\n"
    )
    return 0 if gap < LARGEST_GAP and held >= HELD else 1


def _computing() -> float:
    """Return the processor seconds of this process and of those it started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _holds(one: Mapping[str, float]) -> bool:
    slack = 2.0 * one["mc_error"]
    return one["low"] - slack <= one["value"] <= one["high"] + slack


def print_tables(figures: Figures) -> None:
    """Print shares by source, loops, cover and loss-making shares."""
    for title, trace in (("whole", "trace"), ("AI part", "trace_ai")):
        print(f"NVIDIA's receipts by ultimate source, {title}, %:\n")
        _print_rows(
            ("source", "share", "80 % interval", "least (80 %)", "most (80 %)"),
            _sources(figures, trace),
        )
    print("Money that runs round, USD bn a quarter:\n")
    ways = (("by seller", "by_seller"), ("by loop", "loops"))
    for words, part in ways:
        _print_rows((words, "USD bn", "80 % interval"), _rounds(figures, part))
    print("Shares, %:\n")
    named = [
        (f"users pay, {name}", f"ledger.users_pay_per_dollar_of_cost.{name}") for name in COVER
    ]
    for name in LOSS:
        named.append((f"loss-making, by {name}", f"fragility.loss_making_share.{name}"))
        named.append((f"loss-making AI, by {name}", f"fragility.loss_making_share_ai.{name}"))
    rows = [(words, _percent(figures[key]["value"]), _span(figures[key], 100.0, 1))
            for words, key in named]  # fmt: skip
    _print_rows(("what", "accounts", "80 % interval"), rows)


def _sources(figures: Figures, trace: str) -> list[tuple[str, ...]]:
    beginning = f"{trace}.{SELLER}."
    shares = {key.removeprefix(beginning): one for key, one in figures.items()
              if key.startswith(beginning)}  # fmt: skip
    told = sorted(shares.items(), key=lambda one: -one[1]["value"])
    rows = []
    for source, one in told:
        if one["value"] >= SHOWN_FROM:
            ends = [
                figures.get(f"{trace}_bounds.{SELLER}.{source}.{end}") for end in ("least", "most")
            ]
            bounds = ["" if end is None else _with_span(end) for end in ends]
            rows.append((source, _percent(one["value"]), _span(one, 100.0, 1), *bounds))
    return rows


def _rounds(figures: Figures, part: str) -> list[tuple[str, ...]]:
    beginning, end = f"round_trips.base.{part}.", ".usd_bn"
    told = [
        (key.removeprefix(beginning).removesuffix(end), one)
        for key, one in figures.items()
        if key.startswith(beginning) and one["value"] >= LOOP_FROM
    ]
    told.sort(key=lambda one: -one[1]["value"])
    return [(name, f"{one['value']:.2f}", _span(one, 1.0, 2)) for name, one in told]


def print_claims(claims: Iterable[Mapping[str, Any]]) -> None:
    """Print verdicts and probabilities."""
    rows = []
    for one in claims:
        if one["probability"] is None:
            rows.append((one["id"], one["verdict"], "", "", "", ""))
            continue
        shares = one["verdict_shares"]
        parts = [_percent(shares.get(name, 0.0), 0) for name in ("in_part", "does_not_hold")]
        error = f"{100 * one['probability_error']:.1f}"
        rows.append((one["id"], one["verdict"], _percent(one["probability"], 0), *parts,
                     f"{one['probability_draws']} (±{error})"))  # fmt: skip
    print("Claims, % of draws:\n")
    heads = ("claim", "verdict", "holds", "in part", "does not hold", "draws (error, points)")
    _print_rows(heads, rows)


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f}"


def _with_span(one: Mapping[str, float]) -> str:
    return f"{_percent(one['value'])} ({_span(one, 100.0, 1)})"


def _span(one: Mapping[str, float], times: float, digits: int) -> str:
    return f"{times * one['low']:.{digits}f} to {times * one['high']:.{digits}f}"


def _print_rows(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print()


if __name__ == "__main__":
    sys.exit(main())
