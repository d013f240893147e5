"""Tasks on a cluster of Dask workers, which may die and come back."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from importlib.metadata import version
from typing import Any, TypeVar

from cardhouse.errors import CardhouseError, InputError
from cardhouse.studies.ensembles.executors import AHEAD

Job = TypeVar("Job")
Result = TypeVar("Result")

EXTRA = "cluster"
SECONDS = 30
"""How long the scheduler may take to answer, and the first worker to join."""


class Cluster:
    """Workers of a Dask scheduler at an address such as ``tcp://10.0.0.5:8786``.

    A task whose worker dies is done again elsewhere. With no worker left the run waits for one.
    """

    def __init__(self, address: str, seconds: float = SECONDS) -> None:
        self._address, self._seconds = address, seconds
        self._distributed = _distributed()

    def each(
        self, function: Callable[[Job], Result], jobs: Iterable[Job]
    ) -> Generator[tuple[Job, Result], None, None]:
        """Yield each job with its result, in the order in which results come."""
        client = self._client()
        try:
            under_way: dict[Any, Job] = {}
            coming = iter(jobs)
            results = self._distributed.as_completed([], loop=client.loop)
            self._hand_out(client, results, under_way, function, coming)
            for future in results:
                job = under_way.pop(future)
                yield job, self._result(future)
                self._hand_out(client, results, under_way, function, coming)
        finally:
            client.close()

    def _hand_out(
        self,
        client: Any,
        results: Any,
        under_way: dict[Any, Job],
        function: Callable[[Job], Result],
        coming: Iterator[Job],
    ) -> None:
        """Submit jobs until each thread of the workers there are now has some waiting."""
        room = max(AHEAD * sum(client.nthreads().values()), AHEAD)
        while len(under_way) < room:
            job = next(coming, None)
            if job is None:
                return
            future = client.submit(_done_there, function, job, version("cardhouse"), pure=False)
            under_way[future] = job
            results.add(future)

    def _client(self) -> Any:
        """Return a client with a worker at least."""
        try:
            client = self._distributed.Client(
                self._address, timeout=self._seconds, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise InputError(
                f"--cluster '{self._address}': no scheduler answers there within "
                f"{self._seconds:g} s. Give the address that `dask scheduler` prints, such as "
                "tcp://10.0.0.5:8786."
            ) from error
        try:
            client.wait_for_workers(1, timeout=self._seconds)
        except TimeoutError as error:
            client.close()
            raise InputError(
                f"--cluster '{self._address}': no worker has joined within {self._seconds:g} s. "
                f"Start some: dask worker {self._address}."
            ) from error
        return client

    def _result(self, future: Any) -> Any:
        """Return a task's result; what went wrong on a worker is told here."""
        try:
            return future.result()
        except CardhouseError:
            raise
        except self._distributed.KilledWorker as error:
            raise InputError(
                f"--cluster '{self._address}': workers died over one task again and again, perhaps "
                "for want of memory. Give each more, or fewer threads."
            ) from error
        except ModuleNotFoundError as error:
            raise InputError(
                f"--cluster '{self._address}': a worker lacks the package '{error.name}'. Install "
                "the same cardhouse on every worker."
            ) from error


def _done_there(function: Callable[[Job], Result], job: Job, wanted: str) -> Result:
    """Do a job on a worker; another version of the package would give other numbers."""
    found = version("cardhouse")
    if found != wanted:
        raise InputError(
            f"a worker has cardhouse {found}, this is {wanted}. Install the same on every worker."
        )
    return function(job)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise InputError(
            f"--cluster needs Dask, and 'distributed' is not installed. Install "
            f"'cardhouse[{EXTRA}]', or use --threads."
        ) from error
    return distributed
