"""The model in JAX: one compiled scan over quarters, all paths at once, in double precision."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from chain_model import PRICE_SPEED, PRICE_STEP, RETREAT, Economy

jax.config.update("jax_enable_x64", True)


def run(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cash and revenue, each (quarter, path, firm)."""
    shapes = {name: jnp.asarray(value) for name, value in economy.__dict__.items()}
    sizes = economy.sizes(len(shocks) - 1)
    found = _paths(shapes, economy.inputs, economy.volume, sizes[1:], shocks[1:])
    cash, revenue = (np.asarray(values) for values in found)
    first = np.broadcast_to(np.stack([economy.cash, economy.volume])[:, None], (2, *cash.shape[1:]))
    return np.concatenate([first[:1], cash]), np.concatenate([first[1:], revenue])


@jax.jit
def _paths(economy, inputs, opening, sizes, shocks):
    """Return cash and revenue after each quarter."""
    standing = economy["pass_through"] * economy["fixed"]
    fixed_parts = {
        **economy,
        "inputs": inputs,
        "standing": standing,
        "opening_cost": inputs.sum(axis=1) + economy["variable"] + standing / opening,
        "made_of_wanted": jnp.linalg.inv(jnp.eye(len(opening)) - inputs),
    }
    wide = shocks.shape[1:]
    opening = jnp.broadcast_to(opening, wide)
    start = jnp.ones(wide), opening, opening, jnp.broadcast_to(economy["cash"], wide)
    _, found = jax.lax.scan(partial(_quarter, fixed_parts), start, (sizes, shocks))
    return found


def _quarter(economy, state, drivers):
    """Return the state after a quarter, and what is kept of it."""
    price, volume, normal, cash = state
    size, shock = drivers
    normal = jnp.maximum(volume, RETREAT * normal)
    cost = price @ economy["inputs"].T + economy["variable"] + economy["standing"] / normal
    move = 1.0 + PRICE_SPEED * (cost / economy["opening_cost"] / price - 1.0)
    price = price * jnp.clip(move, 1.0 - PRICE_STEP, 1.0 + PRICE_STEP)
    volume = (size * shock * price ** -economy["elasticity"]) @ economy["made_of_wanted"]
    revenue = price * volume
    spent = (price @ economy["inputs"].T + economy["variable"]) * volume + economy["fixed"]
    profit = revenue - spent
    cash = cash + profit - economy["tax_rate"] * jnp.maximum(0.0, profit)
    return (price, volume, normal, cash), (cash, revenue)
