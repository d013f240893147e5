"""Facts balanced into one opening position.

`open_world` reads an economy's definition (tables of entities, contracts and priors), turns the
facts known at a date into linear observations, balances everything by generalised least squares
under the accounting identities, and builds the frozen `World` that the engine runs.
"""

from cardhouse.accounts.balance import Balanced, Problem, balance
from cardhouse.accounts.definition import Definition, known_economies, read_definition
from cardhouse.accounts.opening import (
    Accounts,
    economy_facts,
    open_accounts,
    open_world,
    read_build,
)
from cardhouse.accounts.own_facts import fact_entities, own_tables
from cardhouse.accounts.weighing import Weighing, weigh

__all__ = [
    "open_world",
    "open_accounts",
    "economy_facts",
    "fact_entities",
    "own_tables",
    "read_build",
    "weigh",
    "Weighing",
    "Accounts",
    "read_definition",
    "known_economies",
    "Definition",
    "balance",
    "Problem",
    "Balanced",
]
