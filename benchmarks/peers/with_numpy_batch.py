"""The model in numpy with all paths side by side, as fast as plain array code makes it."""

from __future__ import annotations

import numpy as np
from chain_model import PRICE_SPEED, PRICE_STEP, RETREAT, Economy


def run(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cash and revenue, each (quarter, path, firm)."""
    inputs, sizes = economy.inputs, economy.sizes(len(shocks) - 1)
    made_of_wanted = np.linalg.inv(np.eye(economy.firms) - inputs)
    standing, opening = economy.pass_through * economy.fixed, economy.volume
    opening_cost = inputs.sum(axis=1) + economy.variable + standing / opening
    all_cash, all_revenue = np.empty((2, *shocks.shape))
    all_cash[0], all_revenue[0] = economy.cash, opening
    price = np.ones(shocks.shape[1:])
    volume = normal = np.broadcast_to(opening, price.shape)
    for quarter in range(1, len(shocks)):
        normal = np.maximum(volume, RETREAT * normal)
        cost = price @ inputs.T + economy.variable + standing / normal
        move = 1.0 + PRICE_SPEED * (cost / opening_cost / price - 1.0)
        price = price * np.clip(move, 1.0 - PRICE_STEP, 1.0 + PRICE_STEP)
        volume = (sizes[quarter] * shocks[quarter] * price**-economy.elasticity) @ made_of_wanted
        revenue = np.multiply(price, volume, out=all_revenue[quarter])
        profit = revenue - (price @ inputs.T + economy.variable) * volume - economy.fixed
        tax = economy.tax_rate * np.maximum(0.0, profit)
        np.add(all_cash[quarter - 1], profit - tax, out=all_cash[quarter])
    return all_cash, all_revenue
