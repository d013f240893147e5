"""Wrong words on a command line get one sentence, exit 2, and lead to what was meant."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.main import get_command
from typer.testing import CliRunner, Result

from cardhouse.cli.app import app


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rn",), "there is no command 'cardhouse rn'. Did you mean 'run'?"),
        (("facts", "lst"), "there is no command 'cardhouse facts lst'. Did you mean 'list'?"),
        (("run", "--quarters", "x"), "--quarters is 'x', expected a whole number."),
        (("run", "--quarters", "1.5"), "--quarters is '1.5', expected a whole number."),
        (("run", "--quarter", "3"), "no option '--quarter'. Did you mean '--quarters'?"),
        (("--verson",), "`cardhouse` has no option '--verson'. Did you mean '--version'?"),
        (("facts", "list", "--limit", "0"), "--limit is '0', expected at least 1."),
        (("accelerators", "--rate", "x"), "--rate is 'x', expected a number."),
        (("run", "--set"), "--set needs a value: --set LEVER=VALUE."),
        (("run", "--quiet=3"), "--quiet takes no value."),
        (("run", "ai", "extra"), "`cardhouse run` has no place for 'extra'."),
        (("check",), "`cardhouse check` needs FILE, and none is given."),
        (("facts", "show"), "`cardhouse facts show` needs ID, and none is given."),
        (("accelerators", "h100", "--rate", "8"), "Did you mean 0.08, which is 8 %?"),
        (("accelerators", "h100", "--utilisation", "80"), "Did you mean 0.8, which is 80 %?"),
    ],
)
def test_one_sentence_says_what_and_where_to_read_more(words: tuple[str, ...], said: str) -> None:
    done = call(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@settings(max_examples=40, deadline=None)
@given(word=st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12))
def test_any_other_word_is_no_command(word: str) -> None:
    known = get_command(app).commands  # type: ignore[attr-defined]
    if word in known:
        return
    done = call(word)
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"there is no command 'cardhouse {word}'.")


def test_a_group_alone_still_shows_its_help() -> None:
    assert "Usage: " in call("facts").output
    assert call("facts", "--help").exit_code == 0
