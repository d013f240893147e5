"""One way of reading text: each thing that is no readable file gets its own sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardhouse.errors import FactError, ScenarioError
from cardhouse.text_files import KIB, read_text


def test_text_without_its_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\r\n")
    assert read_text(path, limit=KIB, error=FactError) == "a,b\r\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "some.csv: there is no such file. Check the path."),
        (b"x" * (2 * KIB + 1), "some.csv: the file is larger than 2 KiB"),
        (b"a\nb\n\xff\n", "some.csv:3: byte 4 is not UTF-8"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "some.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        read_text(path, limit=2 * KIB, error=ScenarioError, name="some.csv")
    assert str(caught.value).startswith(said)


def test_a_file_just_within_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_bytes(b"x" * KIB)
    assert len(read_text(path, limit=KIB, error=FactError)) == KIB


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FactError, match="not a file but a folder"):
        read_text(tmp_path, limit=KIB, error=FactError)
