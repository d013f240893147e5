"""`make bench` reads figures off the tables and lays them beside the committed ones."""

from __future__ import annotations

import bench

PAGE = """
### Clearing, microseconds a case

| firms | cases | cardhouse | plain loop |
| ---: | ---: | ---: | ---: |
| 50 | 2,000 | 2.5 | 1,447 |
| 500 | 500 | n.a. | 20,000 |

Words between tables.

### 12 firms

| | paths | ns per firm-quarter |
| --- | ---: | ---: |
| numpy | 20 | 1,024.5 |
"""


def test_only_what_we_take_is_read() -> None:
    assert bench.timings(PAGE) == {
        ("Clearing, microseconds a case", "50", "cardhouse"): 2.5,
        ("12 firms", "numpy", "ns per firm-quarter"): 1024.5,
    }


def test_a_row_that_takes_half_as_long_again_is_said() -> None:
    before = bench.timings(PAGE)
    now = {row: 2.0 * value for row, value in before.items()}
    text = bench.compared(now, before)
    assert "| Clearing, microseconds a case: 50 | cardhouse | 2.5 | 5 | 2.00 slower |" in text
    assert "slower" not in bench.compared(before, before)


def test_a_page_without_common_rows_says_so() -> None:
    assert "none of these rows" in bench.compared({("a", "b", "ns c"): 1.0}, {})


def test_every_benchmark_named_is_there_or_left_out() -> None:
    there = {path.stem for path in bench.HERE.glob("*.py")}
    assert {"peers", "clearing", "startup", "page"} <= there & set(bench.WORDS)
