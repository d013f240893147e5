"""The model in plain numpy, one path at a time: what most people write first."""

from __future__ import annotations

import numpy as np
from chain_model import PRICE_SPEED, PRICE_STEP, RETREAT, Economy


def run(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cash and revenue, each (quarter, path, firm)."""
    quarters, paths, firms = shocks.shape
    cash, revenue = np.empty((2, quarters, paths, firms))
    for path in range(paths):
        cash[:, path], revenue[:, path] = one_path(economy, shocks[:, path])
    return cash, revenue


def one_path(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cash and revenue of one path, each (quarter, firm)."""
    inputs, sizes = economy.inputs, economy.sizes(len(shocks) - 1)
    made_of_wanted = np.linalg.inv(np.eye(economy.firms) - inputs.T)
    price, volume = np.ones(economy.firms), economy.volume
    normal, cash = volume, economy.cash
    opening_cost = inputs.sum(axis=1) + economy.variable
    opening_cost = opening_cost + economy.pass_through * economy.fixed / volume
    all_cash, all_revenue = [cash], [volume]
    for size, shock in zip(sizes[1:], shocks[1:], strict=True):
        normal = np.maximum(volume, RETREAT * normal)
        cost = inputs @ price + economy.variable + economy.pass_through * economy.fixed / normal
        move = 1.0 + PRICE_SPEED * (cost / opening_cost / price - 1.0)
        price = price * np.clip(move, 1.0 - PRICE_STEP, 1.0 + PRICE_STEP)
        volume = made_of_wanted @ (size * shock * price**-economy.elasticity)
        revenue = price * volume
        spent = (inputs @ price + economy.variable) * volume + economy.fixed
        cash = cash + revenue - spent - economy.tax_rate * np.maximum(0.0, revenue - spent)
        all_cash.append(cash)
        all_revenue.append(revenue)
    return np.array(all_cash), np.array(all_revenue)
