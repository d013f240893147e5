"""The worst quarter of a stretch decides, whatever follows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.analysis.claims import FAILS, HOLDS, IN_PART, UNDETERMINED
from cardhouse.analysis.shortfalls import Course, distances, gone, graded, lost_at_worst

RANK = {FAILS: 0, IN_PART: 1, HOLDS: 2}
amounts = st.floats(0.01, 1e3)
pairs = st.lists(st.tuples(amounts, amounts), min_size=1, max_size=9)


def course(pairs: list[tuple[float, float]]) -> Course:
    moved, usual = zip(*pairs, strict=True)
    return Course("Sales", moved, usual, [f"quarter {at}" for at in range(len(pairs))])


class TestWorst:
    @given(pairs)
    def test_is_no_less_than_any_quarter_and_than_the_whole(
        self, pairs: list[tuple[float, float]]
    ) -> None:
        worst, whole, last = (one.value for one in lost_at_worst(course(pairs), 0.1).figures)
        assert worst == max(gone(*one) for one in pairs)
        assert whole <= worst + 1e-12
        assert last == gone(*pairs[-1])

    @given(pairs, st.floats(0.5, 1.0))
    def test_losing_more_never_speaks_less_for_it(
        self, pairs: list[tuple[float, float]], left: float
    ) -> None:
        less = lost_at_worst(course(pairs), 0.1)
        more = lost_at_worst(course([(moved * left, usual) for moved, usual in pairs]), 0.1)
        assert RANK[more.verdict] >= RANK[less.verdict]

    @given(pairs, st.floats(1.0, 3.0))
    def test_a_recovery_afterwards_changes_nothing_of_the_verdict(
        self, pairs: list[tuple[float, float]], above: float
    ) -> None:
        before = lost_at_worst(course(pairs), 0.1)
        after = lost_at_worst(course([*pairs, (above, 1.0)]), 0.1)
        assert after.verdict == before.verdict
        assert after.figures[0] == before.figures[0]

    @given(pairs)
    def test_another_unit_changes_nothing(self, pairs: list[tuple[float, float]]) -> None:
        other = course([(moved * 1024.0, usual * 1024.0) for moved, usual in pairs])
        assert lost_at_worst(other, 0.1) == lost_at_worst(course(pairs), 0.1)

    def test_its_quarter_is_told(self) -> None:
        found = lost_at_worst(course([(4.0, 4.0), (3.0, 4.0), (3.6, 4.0)]), 0.1)
        assert found.figures[0].when == "quarter 1, simulated"
        (words,) = found.supports
        assert words.startswith(
            "Sales: 25.0% gone in quarter 1, the worst of quarter 0 to quarter 2 (10.0% at its end)"
        )
        assert words.endswith("15 points above 10%, 25 points short of 50%.")

    def test_nothing_known_decides_nothing(self) -> None:
        assert lost_at_worst(Course("Sales", (), (), ()), 0.1).verdict == UNDETERMINED


@pytest.mark.parametrize(
    ("lost", "verdict"), [(0.0999, FAILS), (0.1, IN_PART), (0.5, IN_PART), (0.501, HOLDS)]
)
def test_thresholds(lost: float, verdict: str) -> None:
    assert graded(lost, 0.1) == verdict


def test_distances_near_a_threshold_keep_a_digit() -> None:
    assert distances(0.104, 0.1) == "0.4 points above 10%, 40 points short of 50%"
    assert distances(0.72, 0.1) == "62 points above 10%, 22 points above 50%"
