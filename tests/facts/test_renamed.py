"""Long metric names are read as a plain metric and an item, in the tables and in one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cardhouse.errors import FactError
from cardhouse.facts import FactTable, load_dictionaries, load_facts
from cardhouse.facts import renamed as room
from cardhouse.facts.schema import COLUMNS
from cardhouse.facts.text import CsvRow, CsvTable, read_shipped

WriteTable = Callable[..., Path]


@pytest.fixture(scope="module")
def facts() -> FactTable:
    return load_facts()


@pytest.fixture(scope="module")
def renamings() -> dict[str, room.Renaming]:
    return room.load_renamings(load_dictionaries().metrics)


def test_every_one_is_needed(renamings: dict[str, room.Renaming]) -> None:
    folder = Path(room.__file__).with_name("tables")
    published = {
        row.cells["metric"]
        for path in folder.iterdir()
        for row in read_shipped(f"tables/{path.name}", COLUMNS)
    }
    assert set(renamings) <= published


def test_a_family_becomes_one_metric_with_items(facts: FactTable) -> None:
    makers = {fact.item for fact in facts if fact.metric == "installed_base_h100e"}
    assert {"nvidia", "amd", "tpu"} <= makers
    assert "" not in makers


def test_a_table_of_ones_own_may_use_the_published_name(
    facts: FactTable, write_table: WriteTable
) -> None:
    path = write_table({"metric": "residual_value_share_12m", "unit": "share", "value": "0.5",
                        "low": "", "high": ""})  # fmt: skip
    (added,) = set(load_facts([path])) - set(facts)
    assert (added.metric, added.item) == ("residual_value_share", "12m")


def test_an_item_that_is_there_is_kept(renamings: dict[str, room.Renaming]) -> None:
    row = CsvRow("mine.csv:2", {"metric": "loan_rate_revolver", "item": "2025"})
    (table,) = room.rename([CsvTable((row,), ())], renamings)
    assert table.rows[0].cells == {"metric": "loan_rate", "item": "revolver_2025"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"metric": "revenu"}, "found 'revenu'"),
        ({"reason": ""}, "needs a reason"),
        ({"published": "revenue"}, "'revenue' stands twice"),
    ],
)
def test_wrong_rows_are_refused(
    cells: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"published": "sales", "metric": "revenue", "item": "", "reason": "the same thing"}
    row = CsvRow("renamed.csv:2", {**good, **cells})
    monkeypatch.setattr(room, "read_shipped", lambda *_: (row,))
    with pytest.raises(FactError, match=r"renamed\.csv:2: ") as caught:
        room.load_renamings({"revenue"})
    assert expected in str(caught.value)
