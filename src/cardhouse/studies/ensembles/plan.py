"""How many paths are cut into leaves and tasks: what the numbers follow from, and what they do not.

A leaf is some paths in a row that start from the same drawn accounts, and the smallest part that is
reduced at once. Leaves follow from the number of paths alone. A task is a whole subtree of leaves,
the unit of work and of what is kept on disk: how leaves are grouped into tasks changes no number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cardhouse.errors import InputError

FEWEST, MOST = 2, 100_000_000
LEAVES = (64, 512)
"""Leaves of a small and of a large ensemble: as often are the accounts drawn."""
LARGEST_LEAF = 2048
"""Paths of a leaf that lie in memory together: 100 MB with all that is kept by default."""
TASKS = 32
LARGEST_TASK = 32_768
DESIGNS = ("sobol", "random")


@dataclass(frozen=True)
class Leaf:
    """Some paths in a row: its number, its first path, how many."""

    number: int
    first: int
    count: int


@dataclass(frozen=True)
class Task:
    """Leaves ``first`` to ``first + count - 1``: a subtree of the tree in which leaves merge."""

    number: int
    first: int
    count: int


@dataclass(frozen=True)
class Plan:
    """How many paths from which seed, and how they are cut."""

    paths: int
    seed: int = 0
    design: str = "sobol"

    @property
    def leaf_size(self) -> int:
        """Return the paths of a leaf; the last may be smaller.

        Examples
        --------
        >>> [Plan(paths).leaf_size for paths in (20, 1000, 100_000, 10_000_000)]
        [1, 16, 196, 2048]
        """
        wanted = min(max(self.paths // 16, LEAVES[0]), LEAVES[1])
        return min(-(-self.paths // wanted), LARGEST_LEAF)

    @property
    def leaves(self) -> int:
        """Return how many leaves there are."""
        return -(-self.paths // self.leaf_size)

    @property
    def task_leaves(self) -> int:
        """Return the leaves of a task, a power of two; the last task may have fewer."""
        paths = min(max(self.paths // TASKS, 1), LARGEST_TASK)
        return 1 << (max(paths // self.leaf_size, 1).bit_length() - 1)

    @property
    def tasks(self) -> int:
        """Return how many tasks there are."""
        return -(-self.leaves // self.task_leaves)

    def leaf(self, number: int) -> Leaf:
        """Return a leaf by its number."""
        first = number * self.leaf_size
        return Leaf(number, first, min(self.leaf_size, self.paths - first))

    def task(self, number: int) -> Task:
        """Return a task by its number."""
        first = number * self.task_leaves
        return Task(number, first, min(self.task_leaves, self.leaves - first))

    def leaves_of(self, task: Task) -> Iterator[Leaf]:
        """Yield the leaves of a task."""
        for number in range(task.first, task.first + task.count):
            yield self.leaf(number)

    def paths_of(self, task: Task) -> int:
        """Return how many paths a task has."""
        return sum(leaf.count for leaf in self.leaves_of(task))


def check_plan(plan: Plan) -> Plan:
    """Return the plan when it can be run.

    Raises
    ------
    InputError
        When a number or the design cannot be.
    """
    if not FEWEST <= plan.paths <= MOST:
        raise InputError(
            f"-n is {plan.paths}, expected {FEWEST} to {MOST:,} paths. 1000 are usual."
        )
    if plan.seed < 0:
        raise InputError(f"--seed is {plan.seed}, expected a whole number from 0 on.")
    if plan.design not in DESIGNS:
        raise InputError(f"--design '{plan.design}' is not known. Use one of {', '.join(DESIGNS)}.")
    return plan
