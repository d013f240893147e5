"""The kernels for anyone's data, with named rows and columns."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cardhouse.analysis.tracing import trace_payments

if TYPE_CHECKING:
    import pandas as pd


def trace_flows(flows: Iterable[tuple[str, str, float]], sources: Iterable[str]) -> pd.DataFrame:
    """Return who ultimately paid each entity's receipts, as shares that add to 1.

    Money in a purse is mixed and every payment carries the composition of the purse it leaves;
    circles are looked through exactly.

    Parameters
    ----------
    flows
        (payer, payee, amount) of one period, any one currency unit; several payments between the
        same two are added.
    sources
        Entities whose money is outside money.

    Returns
    -------
    pandas.DataFrame
        Shares of each entity's inflow, entity x source. ``attrs["undefined"]`` lists entities
        whose money traces to no named source, in whole or in part (nothing came in, or a circle
        without outside money); their rows are empty and a warning says so.
        ``attrs["inflow"]`` holds receipts by entity, ``attrs["untraced"]`` the share of them
        that comes from no named source, where there is any.

    Raises
    ------
    InputError
        When a payment or the list of sources is not as described.

    Examples
    --------
    >>> frame = trace_flows(
    ...     [("users", "labs", 30), ("investors", "labs", 70), ("labs", "clouds", 80)],
    ...     ["users", "investors"],
    ... )
    >>> frame.loc["clouds"].to_dict()
    {'users': 0.3, 'investors': 0.7}
    """
    import pandas as pd

    traced = trace_payments(flows, sources)
    frame = pd.DataFrame(
        traced.shares,
        index=pd.Index(traced.entities, name="entity"),
        columns=pd.Index(traced.sources, name="source"),
    )
    undefined = list(traced.undefined)
    frame.loc[undefined] = float("nan")
    frame.attrs["undefined"] = undefined
    frame.attrs["inflow"] = dict(zip(traced.entities, traced.inflow.tolist(), strict=True))
    untraced = dict(zip(traced.entities, traced.untraced.tolist(), strict=True))
    frame.attrs["untraced"] = {name: untraced[name] for name in undefined}
    if undefined:
        warnings.warn(
            f"the money of {', '.join(undefined)} is undefined: it comes, in whole or in part, "
            "from no named source. Name the missing sources; the rows are left empty.",
            UserWarning,
            stacklevel=2,
        )
    return frame
