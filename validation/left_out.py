"""Leave each grade A figure out and see whether the others' 80 % interval holds it.

Run: ``python validation/left_out.py [QUARTER]``; prints a Markdown table and ends with 1 when the
share inside lies outside 65 to 95 %. Closed form (`cardhouse.accounts.influence.left_out`).
"""

from __future__ import annotations

import sys

from cardhouse.accounts import open_accounts
from cardhouse.accounts.influence import left_out
from cardhouse.facts import load_facts

HALF_WIDTH = 1.2816
"""Half of the width of an 80 % interval, in sd."""
LEAST, MOST = 0.65, 0.95


def main() -> int:
    """Print the table of one base quarter and return the exit code."""
    base = sys.argv[1] if len(sys.argv) > 1 else "2025Q2"
    accounts = open_accounts("ai", base=base)
    rest = left_out(accounts.solution)
    grades = load_facts().by_id
    print(f"| {base}: figure, grade A | fact | says | the others say | sd | inside 80 % |")
    print("| --- | --- | ---: | ---: | ---: | --- |")
    inside = []
    for number, one in enumerate(accounts.observations):
        if grades[one.figure.id].grade != "A":
            continue
        base_amount = 1.0 if one.per is None else float(one.per @ accounts.solution.balanced.values)
        shift = 0.0 if one.per is None else one.value
        value = rest.value[number] / base_amount + shift
        sd = rest.sd[number] / abs(base_amount)
        inside.append(abs(one.value - value) <= HALF_WIDTH * sd)
        words = "yes" if inside[-1] else "no"
        print(
            f"| {one.what} | {one.figure.id} | {one.value:.3f} | {value:.3f} | {sd:.3f} | {words} |"
        )
    share = sum(inside) / len(inside)
    print(f"\n{sum(inside)} of {len(inside)} inside: {share:.0%}.")
    return 0 if LEAST <= share <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
