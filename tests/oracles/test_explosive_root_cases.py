"""Explosive roots against published and independently computed statistics, dates and values."""

from __future__ import annotations

import numpy as np
import pytest

import cardhouse as ch
from cardhouse.analysis.episodes import Episode, date_episodes
from explosive import CASES, congruential_series, price_dividend

MADE_UP = ("lcg_one_bubble_T80", "lcg_no_bubble_T60")
PAPER = CASES["psy2015_sp500"]
OWN = CASES["critical_values"]["own_reference"]["values"]
STORED = CASES["critical_values"]["exuber_store"]["values"]


@pytest.mark.parametrize("name", MADE_UP)
def test_made_up_series(name: str) -> None:
    case = CASES[name]
    values = congruential_series(**case["params"])
    assert values[1] == pytest.approx(case["check_y"]["y1"], abs=1e-12)
    assert values[-1] == pytest.approx(case["check_y"]["y_last"], abs=1e-12)
    found = ch.gsadf(values, min_window=case["min_window"], lag=case["lag"])
    statistics = {
        "ADF": found.adf,
        "SADF": found.sadf,
        "GSADF": found.gsadf,
        "GSADF_all_endpoints": found.gsadf,
        "BSADF_last": found.bsadf[-1],
        "BSADF_first": found.bsadf[0],
        "BSADF_argmax_endpoint_t": found.ends[found.bsadf.argmax()],
    }
    assert statistics == pytest.approx(case["expected"], abs=case["tolerance"])


class TestPriceOverDividend:
    """S&P 500, 1871 to 2010, on today's copy of the data and as the paper has it."""

    @pytest.mark.parametrize(
        ("logs", "lag", "wanted"),
        [
            (False, 0, PAPER["todays_vintage"]),
            (False, 1, PAPER["todays_vintage"]["lag1"]),
            (True, 0, PAPER["todays_vintage"]["log_level_lag0"]),
        ],
        ids=["level", "one-lag", "logs"],
    )
    def test_statistics(self, *, logs: bool, lag: int, wanted: dict[str, float]) -> None:
        _, ratios = price_dividend()
        found = ch.gsadf(np.log(ratios) if logs else ratios, min_window=90, lag=lag)
        tolerance = PAPER["tolerance"]["todays_vintage"]
        assert found.length == 1680
        assert found.sadf == pytest.approx(wanted["SADF"], abs=tolerance)
        assert found.gsadf == pytest.approx(wanted["GSADF"], abs=tolerance)

    def test_the_paper_s_statistics_and_dates_of_windows(self) -> None:
        months, ratios = price_dividend()
        found = ch.gsadf(ratios)
        today = PAPER["todays_vintage"]
        assert found.min_window == 90
        assert found.sadf == pytest.approx(PAPER["paper"]["SADF"], abs=0.2)
        assert found.gsadf == pytest.approx(PAPER["paper"]["GSADF"], abs=0.2)
        assert months[found.gsadf_window[1]] == today["GSADF_end"][:7]
        dated = {months[end]: value for end, value in zip(found.ends, found.bsadf, strict=True)}
        wanted = {month[:7]: value for month, value in today["bsadf"].items()}
        assert {month: dated[month] for month in wanted} == pytest.approx(wanted, abs=0.002)


def months_between(one: str, other: str) -> int:
    (year, month), (later, then) = (map(int, text.split("-")) for text in (one, other))
    return abs(12 * (later - year) + then - month)


@pytest.fixture(scope="module")
def dated() -> list[tuple[str, str, Episode]]:
    months, ratios = price_dividend()
    critical = ch.gsadf_critical_values(ratios.size, replications=2000)
    found = date_episodes(ch.gsadf(ratios), critical)
    return [(months[one.start], months[one.end], one) for one in found]


class TestEpisodes:
    """Booms of the S&P 500 as Phillips, Shi and Yu date them."""

    def test_the_dot_com_boom_is_one_episode(self, dated: list[tuple[str, str, Episode]]) -> None:
        start, end, _ = max(dated, key=lambda one: one[2].duration)
        assert months_between(start, "1995-11") <= 2
        assert months_between(end, "2001-08") <= 2

    @pytest.mark.parametrize("episode", PAPER["paper"]["episodes"], ids=lambda one: one[0])
    def test_every_episode_of_the_paper_is_found(
        self, dated: list[tuple[str, str, Episode]], episode: list[str]
    ) -> None:
        _, start, end = episode
        assert any(
            months_between(one, start) <= 8 and months_between(other, end) <= 8
            for one, other, _ in dated
        )


class TestCriticalValues:
    @pytest.mark.parametrize("length", OWN)
    def test_lie_within_three_errors_of_a_large_simulation(self, length: str) -> None:
        wanted = OWN[length]
        found = ch.gsadf_critical_values(int(length), replications=4000, seed=1)
        errors = np.hypot(found.standard_errors["gsadf"], wanted["mc_se"])
        assert found.min_window == wanted["minw"]
        assert (np.abs(found.gsadf - wanted["cv"]) <= 3 * errors).all()

    @pytest.mark.parametrize("length", ["100", "200", "400"])
    def test_lie_near_those_stored_by_others(self, length: str) -> None:
        """They come from 2,000 replications, so their errors are those of such a run of ours."""
        found = ch.gsadf_critical_values(int(length), replications=2000, seed=2)
        for name in ("sadf", "gsadf"):
            error = np.sqrt(2) * found.standard_errors[name]
            stored = np.array(STORED[length][f"{name}_cv"])
            assert (np.abs(getattr(found, name) - stored) <= 4 * error).all(), name
