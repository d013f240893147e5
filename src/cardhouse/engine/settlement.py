"""Settlement: what everybody pays when some cannot pay in full.

`clear_links` settles every quarter; `clear_classes` and `clear` are the same arithmetic, on tables
of all pairs and for anyone's data.
All give the greatest clearing payments (Eisenberg and Noe 2001) with default costs (Rogers and
Veraart 2013) and classes of creditors (Elsinger 2009), or the least ones as a bracket: default
costs, and closed sets without money of their own, leave more than one answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cardhouse.engine._liabilities import Network, numbers, read_network, share
from cardhouse.engine.arrays import CLASSES
from cardhouse.engine.clearing import search
from cardhouse.engine.links import summed
from cardhouse.engine.network_clearing import COMPILED_FROM, clear_network
from cardhouse.engine.waterfall import (
    Block,
    BoolArray,
    Dues,
    FloatArray,
    IntArray,
    LinkClaims,
    PathClaims,
    Payments,
    Rules,
    SharedClaims,
)
from cardhouse.errors import InputError


@dataclass(frozen=True)
class PaidShares:
    """What share of what it owes each purse of a block of paths pays.

    Attributes
    ----------
    class_ratio
        Share paid of each class, (path, class, purse); 1 where nothing is owed.
    paid_ratio
        Share paid of all that a purse owes, (path, purse); 1 where it owes nothing.
    defaulted
        Who is in default, (path, purse).
    default_costs
        What default burns, (path, purse): a payment of the purse to the outside.
    sweeps
        Rounds of the search, (path,); 0 where nobody is short.
    """

    class_ratio: FloatArray
    paid_ratio: FloatArray
    defaulted: BoolArray
    default_costs: FloatArray
    sweeps: IntArray


@dataclass(frozen=True)
class ClassPayments(PaidShares):
    """What a block of paths pays: beside its shares, the payments themselves.

    Attributes
    ----------
    payments
        Paid by purse to payee in each class, (path, class, purse, payee).
    """

    payments: FloatArray


def clear_classes(
    owed: ArrayLike,
    resources: ArrayLike,
    cost_rate: ArrayLike = 0.0,
    *,
    in_default: ArrayLike | None = None,
    default_below: ArrayLike = 1.0,
    greatest: bool = True,
) -> ClassPayments:
    """Return what each purse pays to each payee when all settle at once.

    Classes are paid in order, pro rata within a class. A purse in default burns ``cost_rate`` of
    its resources and inflow before any creditor is paid and pays out the rest.

    Parameters
    ----------
    owed
        (path, class, purse, payee), not negative, most senior class first. The first payees are
        the purses in the same order; the others (wages, tax, suppliers, pools) never pay.
    resources
        Opening cash and what payees who are no purse have paid in, (path, purse), not negative.
    cost_rate
        Share of a defaulter's means that default burns, in [0, 1]: a number, (purse,) or
        (path, purse).
    in_default
        Purses in default whatever they can pay (a missed maturity, an earlier round of the same
        quarter), (purse,) or (path, purse).
    default_below
        Share of its obligations below which a purse that cannot pay is in default: a number,
        (purse,) or (path, purse). Between this and 1 it pays what it has and bears no default
        costs. A gap under 1e-12 of what is owed is rounding and counts as paid in full.
    greatest
        False for the least clearing payments.

    Returns
    -------
    ClassPayments

    Raises
    ------
    InputError
        When a shape, sign or range is not as above.

    Examples
    --------
    One purse owes wages of 4, then 8 to a supplier, and has 10:

    >>> import numpy as np
    >>> owed = np.zeros((1, 2, 1, 3))
    >>> owed[0, 0, 0, 1], owed[0, 1, 0, 2] = 4.0, 8.0
    >>> cleared = clear_classes(owed, [[10.0]], cost_rate=0.1)
    >>> cleared.payments.sum(axis=(0, 1, 2)).tolist(), cleared.default_costs.tolist()
    ([0.0, 4.0, 5.0], [[1.0]])
    """
    amounts = np.ascontiguousarray(numbers(owed, "owed"))
    means = np.ascontiguousarray(numbers(resources, "resources"))
    _check_block(amounts, means)
    n = means.shape[1]
    below = np.broadcast_to(share(default_below, "default_below", means.shape), means.shape)
    kept = np.broadcast_to(1.0 - share(cost_rate, "cost_rate", means.shape), means.shape)
    block = Block(
        claims=PathClaims(np.ascontiguousarray(amounts[..., :n])),
        dues=Dues.of(amounts.sum(axis=-1)),
        elsewhere=amounts[..., n:].sum(axis=-1),
        resources=means,
        rules=Rules(kept, kept, _forced(in_default, means.shape), below),
        greatest=greatest,
    )
    shares = _shares(block)
    payments = amounts * shares.class_ratio[..., None]
    return ClassPayments(**vars(shares), payments=payments)


def clear_links(
    owed: FloatArray,
    classes: IntArray,
    payer: IntArray,
    payee: IntArray,
    resources: FloatArray,
    cost_rate: FloatArray,
    *,
    in_default: BoolArray,
    default_below: FloatArray,
) -> PaidShares:
    """Return what share each purse pays when all settle at once, of claims given one by one.

    The same answer as `clear_classes`, for many purses of which few owe each other anything.

    Parameters
    ----------
    owed
        (path, claim), not negative.
    classes, payer, payee
        (claim,): the class, most senior first, the purse that owes, and who is owed: a purse, or a
        larger number for anybody else.
    resources, cost_rate, in_default, default_below
        As in `clear_classes`, each (path, purse).

    Returns
    -------
    PaidShares

    Raises
    ------
    InputError
        When an amount is negative or not a number.
    """
    amounts, means = numbers(owed, "owed"), numbers(resources, "resources")
    n = means.shape[1]
    place, inside = classes * n + payer, payee < n
    shape = (len(amounts), CLASSES, n)

    def due(chosen: BoolArray) -> FloatArray:
        at = np.flatnonzero(chosen)
        return summed(amounts[:, at], place[at], CLASSES * n).reshape(shape)

    at = np.flatnonzero(inside)
    kept = 1.0 - cost_rate
    return _shares(
        Block(
            claims=LinkClaims(amounts[:, at], place[at], payee[at], n),
            dues=Dues.of(due(np.ones_like(inside))),
            elsewhere=due(~inside),
            resources=means,
            rules=Rules(kept, kept, in_default, default_below),
        )
    )


def _shares(block: Block) -> PaidShares:
    """Search for the payments of a block; return the shares that are paid."""
    now, rounds = search(block)
    ratios = block.ratios(now)
    return PaidShares(
        class_ratio=ratios,
        paid_ratio=_paid_ratio(block, now),
        defaulted=now.defaulted,
        default_costs=_costs(block, block.claims.inflow(ratios), now),
        sweeps=rounds,
    )


@dataclass(frozen=True, repr=False)
class Clearing:
    """Clearing payments of a network of firms; a leading path axis where assets had one.

    Attributes
    ----------
    payments
        Paid by each firm in all, external creditors included, (firm,).
    equity
        External assets plus inflow less all that is owed, before default costs: negative in
        default, (firm,).
    defaulted
        Who cannot pay in full, (firm,).
    default_costs
        What default burns of a firm's assets and inflow, (firm,).
    class_payments
        Payments by class, most senior first, (class, firm); senior external creditors are a
        class of their own before the others.
    sweeps
        Rounds of the search, one number a path; 0 where nobody is short.
    inside_share
        What part of each class is owed to other firms, (class, firm); without paths.
    """

    payments: FloatArray
    equity: FloatArray
    defaulted: BoolArray
    default_costs: FloatArray
    class_payments: FloatArray
    sweeps: IntArray
    inside_share: FloatArray

    @cached_property
    def interfirm(self) -> FloatArray:
        """What each firm pays to other firms, (firm,)."""
        return np.asarray((self.class_payments * self.inside_share).sum(axis=-2))

    @cached_property
    def external(self) -> FloatArray:
        """What each firm pays to creditors outside, (firm,)."""
        return np.asarray((self.class_payments * (1.0 - self.inside_share)).sum(axis=-2))

    def __repr__(self) -> str:
        """Say how it ended in one line."""
        firms, paths = self.payments.shape[-1], self.payments.size // self.payments.shape[-1]
        return (
            f"Clearing({firms} firms x {paths} paths: {int(self.defaulted.sum())} defaults, "
            f"{float(self.payments.sum()):.6g} paid, {float(self.default_costs.sum()):.6g} lost "
            f"to default costs)"
        )


def clear(
    liabilities: Any,
    external_assets: ArrayLike,
    external_liabilities: ArrayLike | None = None,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    external: str = "pari_passu",
    seniority: Sequence[Any] | None = None,
    greatest: bool = True,
) -> Clearing:
    """Return the clearing payments of firms that owe each other.

    Parameters
    ----------
    liabilities
        ``liabilities[i, j]`` is what firm i owes firm j, (firm, firm), dense or scipy.sparse.
    external_assets
        What each firm has besides, (firm,), or (path, firm) for many cases at once: results then
        have a leading path axis.
    external_liabilities
        What each firm owes to creditors outside, (firm,); none by default. With ``seniority``
        also (class, firm).
    alpha, beta
        Shares of external assets and of inflow that a defaulter keeps for its creditors, [0, 1].
    external
        ``"pari_passu"``: external creditors rank with other firms (with the most senior class
        where there are classes); ``"senior"``: they come before them.
    seniority
        The liabilities by class, most senior first: matrices that add up to ``liabilities``.
    greatest
        False for the least clearing payments.

    Returns
    -------
    Clearing

    Raises
    ------
    InputError
        When the network is not square, something is negative or not a number, shapes do not
        fit, a share is outside [0, 1], or classes do not add up.

    References
    ----------
    Eisenberg and Noe (2001); Rogers and Veraart (2013); Elsinger (2009). External creditors are
    pari passu in Eisenberg and Noe's setting and senior in Barucca's; the answers differ.

    Examples
    --------
    >>> cleared = clear([[0, 20, 10], [5, 0, 24], [10, 0, 0]], [10, 10, 10])
    >>> cleared.payments.round(4).tolist(), cleared.defaulted.tolist()
    ([24.5455, 26.3636, 10.0], [True, True, False])
    """
    network = read_network(liabilities, external_liabilities, external, seniority)
    assets, had_paths = _assets(external_assets, network.firms)
    keep = float(share(alpha, "alpha", ())), float(share(beta, "beta", ()))
    results = _parts(network, assets, keep, greatest)
    parts = {name: all_ if had_paths else all_[0] for name, all_ in results.items()}
    return Clearing(**parts, inside_share=network.inside_share)


def _parts(
    network: Network, assets: FloatArray, keep: tuple[float, float], greatest: bool
) -> dict[str, Any]:
    """Return the parts of a `Clearing` of many cases; large networks are swept compiled."""
    if network.firms < COMPILED_FROM:
        return _cleared(network, assets, keep, greatest)
    results, slow = clear_network(network, assets, keep, greatest)
    if slow.size:
        results = {name: np.array(values) for name, values in results.items()}
        for name, values in _cleared(network, assets[slow], keep, greatest).items():
            results[name][slow] = values
    return results


def _cleared(
    network: Network, assets: FloatArray, keep: tuple[float, float], greatest: bool
) -> dict[str, Any]:
    """Return the parts of a `Clearing` by sweeps and an exact finish; assets (path, firm)."""
    block = _network_block(network, assets, keep, greatest)
    now, rounds = search(block)
    ratios = block.ratios(now)
    inflow = block.claims.inflow(ratios)
    return {
        "payments": np.where(now.short, now.paid, block.dues.total),
        "equity": assets + inflow - block.dues.total,
        "defaulted": now.defaulted,
        "default_costs": _costs(block, inflow, now),
        "class_payments": ratios * block.dues.due,
        "sweeps": rounds,
    }


def _network_block(
    network: Network, assets: FloatArray, keep: tuple[float, float], greatest: bool
) -> Block:
    """Set up one network for many cases of assets."""
    paths, wide = assets.shape[0], (assets.shape[0], *network.outside.shape)
    return Block(
        claims=SharedClaims.stack(list(network.classes)),
        dues=Dues.of(np.broadcast_to(network.inside + network.outside, wide)),
        elsewhere=np.broadcast_to(network.outside, wide),
        resources=assets,
        rules=Rules(
            np.broadcast_to(keep[0], assets.shape),
            np.broadcast_to(keep[1], assets.shape),
            np.zeros((paths, network.firms), dtype=bool),
            np.ones_like(assets),
        ),
        greatest=greatest,
    )


def _assets(external_assets: ArrayLike, firms: int) -> tuple[FloatArray, bool]:
    """Return assets as (path, firm), and whether they came with paths."""
    assets = numbers(external_assets, "external_assets")
    if assets.ndim not in (1, 2) or assets.shape[-1] != firms:
        raise InputError(
            f"external_assets has shape {assets.shape}; {firms} firms need ({firms},) or "
            f"(paths, {firms})."
        )
    if assets.size == 0:
        raise InputError(f"external_assets has shape {assets.shape}; one path is the least.")
    return np.ascontiguousarray(assets.reshape(-1, firms)), assets.ndim == 2


def _check_block(owed: FloatArray, resources: FloatArray) -> None:
    """Raise unless owed is (path, class, purse, payee) and resources (path, purse)."""
    fits = owed.ndim == 4 and resources.ndim == 2 and owed.shape[1] >= 1
    if not fits or owed.shape[::2] != resources.shape or owed.shape[3] < owed.shape[2]:
        raise InputError(
            f"owed has shape {owed.shape} and resources {resources.shape}; expected (paths, "
            "classes, purses, payees) with the purses as the first payees, and (paths, purses)."
        )


def _forced(in_default: ArrayLike | None, shape: tuple[int, ...]) -> BoolArray:
    """Return who is in default from the start, (path, purse)."""
    mask = np.asarray(False if in_default is None else in_default, dtype=bool)
    try:
        return np.array(np.broadcast_to(mask, shape))
    except ValueError:
        raise InputError(
            f"in_default has shape {mask.shape}; expected {shape[1:]} or {shape}."
        ) from None


def _paid_ratio(block: Block, now: Payments) -> FloatArray:
    """Return the share paid of all that is owed, (path, purse)."""
    owes = now.short & (block.dues.total > 0.0)
    return np.where(owes, now.paid / np.where(owes, block.dues.total, 1.0), 1.0)


def _costs(block: Block, inflow: FloatArray, now: Payments) -> FloatArray:
    """Return what default burns, (path, purse)."""
    return np.where(
        now.defaulted, block.resources + inflow - block.budget(inflow, now.defaulted), 0.0
    )
