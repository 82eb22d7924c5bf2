"""The Dask engine: workers read the parts of a log and merge their tables. No other module uses Dask."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import resource_tracker
from operator import getitem
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.errors import FairauditError, UsageError, setting
from fairaudit.core.progress import report
from fairaudit.core.scratch import PrivateFolder
from fairaudit.core.workers import Workers, interrupts_held
from fairaudit.engines.work import Gather, Part, Work, do

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["on_dask"]

#: Tables that a worker merges at once.
_FAN_IN: Final = 8
#: Seconds to wait for a scheduler.
_PATIENCE: Final = 10


@contextmanager
def on_dask(scheduler: str | None = None, jobs: int = 1) -> Iterator[Gather]:
    """Give a function that does work on a Dask cluster.

    Parameters
    ----------
    scheduler
        Address of a scheduler, such as ``"tcp://10.0.0.5:8786"``. By default, the active client of this process is
        used. If there is none, workers are started on this machine, and closed at the end.
    jobs
        Number of workers that are started.

    Raises
    ------
    UsageError
        If Dask is not installed, or no scheduler answers.
    """
    Workers(jobs)  # raises if there is none
    distributed = _distributed()
    with ExitStack() as stack:
        client = _active(distributed) if scheduler is None else None
        if client is None:
            address = scheduler if scheduler is not None else _local_cluster(distributed, jobs, stack)
            try:
                client = stack.enter_context(distributed.Client(address, timeout=_PATIENCE, set_as_default=False))
            except (OSError, ValueError) as error:
                raise UsageError(f"no Dask scheduler answers at {address!r} ({error})") from error
        yield partial(_gather, client)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise UsageError(
            f"{setting('engine', 'dask')} needs Dask, which is not installed: pip install 'fairaudit-asr[dask]'"
        ) from None
    return distributed


def _active(distributed: Any) -> Any:
    """Return the active client of this process, or None."""
    try:
        return distributed.Client.current()
    except ValueError:
        return None


def _local_cluster(distributed: Any, jobs: int, stack: ExitStack) -> Any:
    """Start workers on this machine, each a process with one thread, which spill to a private folder."""
    stack.enter_context(_quiet("asyncio"))  # of calls that nobody waits for after an interrupt
    folder = stack.enter_context(PrivateFolder(Path(tempfile.gettempdir()), "fairaudit-dask-"))
    resource_tracker.ensure_running()  # starting it later would let interrupts through
    with interrupts_held():  # workers are closed, not interrupted
        cluster = distributed.LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=str(folder.path),
            silence_logs=logging.CRITICAL,
        )
    return stack.enter_context(cluster)


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Print no messages of a logger."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _gather(client: Any, work: Work) -> dict[int, pa.Table]:
    """Do all parts on the workers, and bring the merged tables here."""
    run = partial(client.submit, pure=False)
    partials = [run(_partial, work, part) for part in work.parts]
    merged = {}
    for bucket in range(work.buckets):
        tables = [run(getitem, one, bucket) for one in partials]
        while bucket == 0 and len(tables) > _FAN_IN:
            groups = (tables[i : i + _FAN_IN] for i in range(0, len(tables), _FAN_IN))
            tables = [run(work.merge, bucket, group) for group in groups]
        merged[bucket] = run(work.merge, bucket, tables)
    for done, _ in enumerate(_distributed().as_completed(partials, loop=client.loop), start=1):
        report("parts read", done, len(partials))
    try:
        gathered: dict[int, pa.Table] = client.gather(merged)
    except _distributed().KilledWorker as error:
        raise FairauditError(
            f"workers of Dask died again and again ({error.task}); if their memory does not suffice, split the files, "
            "or start fewer workers on a machine"
        ) from error
    return gathered


def _partial(work: Work, part: Part) -> list[pa.Table]:
    return do(work, part, f"the worker {_distributed().get_worker().address}")
