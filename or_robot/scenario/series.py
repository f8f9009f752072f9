"""The same scenario with many seeds, spread over the cores."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from typing import Any, TypeVar

Made = TypeVar("Made")
Progress = Callable[[float], None]

POLL_S = 0.5

_shared: Any = None
"""In a worker: how far each seed of the series is."""


def run_series(
    simulate: Callable[[int, Progress], Made],
    seeds: Sequence[int],
    workers: int,
    progress: Progress,
) -> Iterator[Made]:
    """What `simulate` makes of each seed, as they end, in any order.

    `simulate` must be picklable; like `progress` for the whole series it tells how far it is, 0
    to 1.

    One worker runs in this process. An error in a run ends the series.
    """
    if workers == 1 or len(seeds) <= 1:
        for index, seed in enumerate(seeds):
            yield simulate(seed, _part_of(index, len(seeds), progress))
        return
    # spawn: a fork would copy threads of numerical libraries in an unknown state
    context = multiprocessing.get_context("spawn")
    parts = context.Array("d", len(seeds), lock=False)
    pool = ProcessPoolExecutor(workers, context, initializer=_share, initargs=(parts,))
    try:
        open_ = {pool.submit(_work, simulate, seed, n) for n, seed in enumerate(seeds)}
        while open_:
            done, open_ = wait(open_, timeout=POLL_S, return_when=FIRST_COMPLETED)
            progress(sum(parts) / len(seeds))
            for future in done:
                yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _part_of(index: int, count: int, progress: Progress) -> Progress:
    return lambda part: progress((index + part) / count)


def _share(parts: Any) -> None:
    global _shared
    _shared = parts


def _work(simulate: Callable[[int, Progress], Made], seed: int, index: int) -> Made:
    def note(part: float) -> None:
        _shared[index] = part

    made = simulate(seed, note)
    note(1.0)
    return made
