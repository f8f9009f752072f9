"""The same scenario with many seeds, spread over the cores."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from typing import Any

from or_robot.scenario.runner import Run

Progress = Callable[[float], None]
Simulate = Callable[[int, Progress], Run]
"""Run one seed; must be picklable. Tells how far it is, 0 to 1."""

POLL_S = 0.5

_shared: Any = None
"""In a worker: how far each seed of the series is."""


def run_series(
    simulate: Simulate, seeds: Sequence[int], workers: int, progress: Progress
) -> Iterator[Run]:
    """Runs as they end, in any order. `progress`: share of the whole series, 0 to 1.

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


def _work(simulate: Simulate, seed: int, index: int) -> Run:
    def note(part: float) -> None:
        _shared[index] = part

    run = simulate(seed, note)
    note(1.0)
    return run
