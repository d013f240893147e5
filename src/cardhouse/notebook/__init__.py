"""The page's money-flow picture in a notebook (extra ``notebook``): the same drawing and numbers.

anywidget is imported when a picture is asked for, so that everything else works without it.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from cardhouse.errors import InputError

if TYPE_CHECKING:
    from cardhouse.notebook.widget import MoneyFlow
    from cardhouse.studies.frames import Run

__all__ = ["money_flow"]


def money_flow(
    run: Run, *, quarter: str | None = None, theme: str = "auto", kept: int = 12
) -> MoneyFlow:
    """Return the money flow of a run as a widget: to look at, to play, to take along.

    One dollar is one height in every quarter and in every run that is shown in the widget; the
    baseline stands behind a run as dotted boxes. It needs no network and no server.

    Parameters
    ----------
    run
        A run of `cardhouse.run`.
    quarter
        The quarter to start at, such as ``2027Q1``; none: the base quarter.
    theme
        ``light``, ``dark``, or ``auto``: as the notebook is.
    kept
        Accounts told apart in a column; the others are folded into one. 0: all of them; 5: the
        page's tall picture, which runs downwards and fits a narrow cell.

    Returns
    -------
    MoneyFlow
        A widget with the traits ``quarter``, ``playing``, ``ghost``, ``money`` and ``theme``;
        its ``show`` draws another run of the same world in the same places.

    Raises
    ------
    InputError
        When anywidget is not installed, the picture was not built, or an argument is wrong.

    Examples
    --------
    >>> import cardhouse as ch
    >>> run = ch.run("ride-hailing", "capital-freeze", quarters=4)
    >>> ch.money_flow(run, theme="dark")  # doctest: +SKIP
    MoneyFlow(Run(ride-hailing, capital-freeze, ...
    """
    if importlib.util.find_spec("anywidget") is None:
        raise InputError(
            "the picture needs anywidget, which is not installed. Run "
            "`pip install 'cardhouse[notebook]'` and start the notebook again."
        )
    from cardhouse.notebook.widget import MoneyFlow

    return MoneyFlow(run, quarter=quarter, theme=theme, kept=kept)
