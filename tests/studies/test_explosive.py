"""Series from files and from the facts, and their explosive episodes as a document."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import numpy as np
import pytest

from cardhouse.errors import InputError
from cardhouse.studies.explosive import Settings, explosive_document, find_series, load_examples
from cardhouse.studies.schemas import published_schemas
from cardhouse.studies.series_files import Series, read_series
from explosive import data_file, price_dividend

QUICK = Settings(replications=300)


def boom(length: int = 90) -> Series:
    noise = np.random.default_rng(3).standard_normal(length)
    values = [100.0]
    for time in range(1, length):
        values.append(values[-1] * (1.06 if 50 <= time < 70 else 1.0) + noise[time])
    dates = tuple(f"{2000 + time // 12}-{time % 12 + 1:02}" for time in range(length))
    return Series("made up", dates, tuple(values))


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


class TestDocument:
    def test_dates_a_boom_and_obeys_its_schema(self) -> None:
        document = explosive_document(boom(), QUICK)
        jsonschema.Draft202012Validator(published_schemas()["explosive"]).validate(document)
        assert document["explosive"]
        (episode,) = [one for one in document["episodes"] if one["lasts"]]
        assert "2004-02" <= episode["start"] <= "2004-08"  # the boom begins in 2004-03
        assert episode["peak"] <= "2006-01"
        assert document["tested"]["window"] == 17
        assert len(document["points"]["bsadf"]) == 90 - document["points"]["first_end"]

    def test_logs_lag_window_and_bootstrap_are_those_asked_for(self) -> None:
        settings = Settings(20, 1, logs=True, bootstrap=True, replications=300, seed=4)
        tested = explosive_document(boom(), settings)["tested"]
        assert tested == {
            "form": "logarithm", "length": 90, "lag": 1, "window": 20, "minimum_duration": 5,
            "starts_at": 0.95, "ends_at": 0.9, "critical_values": "wild_bootstrap",
            "replications": 300, "seed": 4,
        }  # fmt: skip

    def test_logs_need_values_above_nothing(self) -> None:
        series = Series("x", ("2000", "2001"), (1.0, 0.0))
        with pytest.raises(InputError, match="the one of 2001 is not"):
            explosive_document(series, Settings(logs=True))

    @pytest.mark.parametrize("name", load_examples())
    def test_shipped_series_can_be_tested(self, name: str) -> None:
        series = find_series(name)
        years = list(map(int, series.dates))
        assert years == list(range(years[0], years[-1] + 1))
        assert explosive_document(series, QUICK)["tested"]["length"] == len(years)

    def test_the_nasdaq_s_boom_ends_in_2000(self) -> None:
        series = find_series(str(data_file("nasdaq_composite_monthly.csv")))
        episodes = explosive_document(series, QUICK)["episodes"]
        (long,) = [one for one in episodes if one["start"] < "2000" < (one["end"] or "9")]
        assert long["end"] is not None
        assert long["end"].startswith("2000-1")
        assert long["peak"] == "2000-02-29"

    def test_a_file_of_price_over_dividend_gives_the_published_statistics(
        self, tmp_path: Path
    ) -> None:
        months, ratios = price_dividend()
        pairs = zip(months, ratios.tolist(), strict=True)
        rows = "\n".join(f"{month},{value!r}" for month, value in pairs)
        path = write(tmp_path / "pd.csv", f"month,price_dividend\n{rows}\n")
        document = explosive_document(find_series(str(path)), Settings(replications=100))
        found = {one["name"]: one for one in document["statistics"]}
        assert found["sadf"]["value"] == pytest.approx(3.4619, abs=0.002)
        assert found["gsadf"]["value"] == pytest.approx(4.1593, abs=0.002)
        assert found["gsadf"]["to"] == "1998-04"
        assert document["tested"]["window"] == 90


class TestFiles:
    def test_comments_quarters_and_several_columns(self, tmp_path: Path) -> None:
        path = write(
            tmp_path / "mine.csv", "# mine\ndate,a,b\n2000Q1,1,5\n\n2000Q2,2,6\n2000Q3,3,7\n"
        )
        assert read_series(path, "b") == Series("b", ("2000Q1", "2000Q2", "2000Q3"), (5, 6, 7))

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "there is no series"),
            ("date\n2000\n", "one column only"),
            ("date,a,b\n2000,1,2\n", "Choose one by --column: a, b"),
            ("date,a\n2000\n", ":2: 1 cells, but the header has 2"),
            ("date,a\nsoon,1\n", ":2: 'soon' is no date"),
            ("date,a\n2000-13-01,1\n", "'2000-13-01' is no date"),
            ("date,a\n2000-02-30,1\n", "'2000-02-30' is no date"),
            ("date,a\n2000,x\n", ":2: a is 'x', and a number is needed"),
            ("date,a\n2000,\n", "a is ''"),
            ("date,a\n2000,nan\n", "a is 'nan'"),
            ("date,a\n2000,1_0\n", "a is '1_0'"),
            ("date,a\n2001,1\n2000,2\n", ":3: 2000-01-01 does not come after"),
            ("date,a\n2000,1\n2000,2\n", "does not come after"),
            ("date,a\n2000-01,1\n2000-02,2\n2000-03,2\n2000-06,3\n", ":5: 92 days lie between"),
            ('date,a\n"2000\n",1\n', "line break"),
        ],
    )
    def test_a_bad_file_is_told(self, tmp_path: Path, text: str, words: str) -> None:
        with pytest.raises(InputError, match=words):
            read_series(write(tmp_path / "mine.csv", text))

    def test_an_unknown_column_is_mended(self, tmp_path: Path) -> None:
        path = write(tmp_path / "mine.csv", "date,price\n2000,1\n2001,2\n")
        with pytest.raises(InputError, match="Did you mean 'price'"):
            read_series(path, "prise")

    def test_weekends_and_a_closed_week_are_no_gap(self, tmp_path: Path) -> None:
        days = ["2001-09-06", "2001-09-07", "2001-09-10", "2001-09-17", "2001-09-18"]
        path = write(tmp_path / "d.csv", "day,p\n" + "".join(f"{day},1\n" for day in days))
        assert read_series(path).dates == tuple(days)

    def test_neither_file_nor_shipped_is_told(self) -> None:
        with pytest.raises(InputError, match="use a shipped series: nasdaq"):
            find_series("nowhere.csv")
