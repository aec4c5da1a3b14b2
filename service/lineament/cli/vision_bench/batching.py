"""What a batcher across requests could gain at most: crops of eight clients together, and apart."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from lineament.cli.figures import Figure
from lineament.cli.vision_bench.part import Context, Part
from lineament.vision.align import CROP
from lineament.vision.cores import core_count
from lineament.vision.registry import DEFAULT_RECOGNISER, RECOGNISER_FILES
from lineament.vision.sessions import open_session

CLIENTS = 8
_SIZES = (1, 2, 4, CLIENTS)
_CROPS = 48
"""In one timing; a multiple of every size."""


def run(context: Context) -> Part:
    """Time the default recogniser's network alone.

    Single crops are run by eight threads, as eight clients do; larger runs by a thread a core,
    which wait for no client, as a batcher would have to. The sizes are timed in turns.
    """
    session = open_session(context.model_dir, RECOGNISER_FILES[DEFAULT_RECOGNISER], 1)
    name = session.get_inputs()[0].name
    crops = np.random.default_rng(3).uniform(0, 255, (CLIENTS, 3, CROP, CROP)).astype(np.float32)
    times: dict[int, list[float]] = {size: [] for size in _SIZES}
    for _ in range(max(context.rounds // 2, 3)):
        for size, taken in times.items():
            feed = {name: crops[:size]}
            taken.append(_seconds(partial(session.run, None, feed), size))
    rates = {size: _CROPS / statistics.median(taken) for size, taken in times.items()}
    lines = [
        f"runs of {size}: {rate:6.1f} crops a second, {_workers(size)} threads"
        for size, rate in rates.items()
    ]
    gain = max(rates[size] for size in _SIZES[1:]) / rates[1]
    return Part(lines, [Figure.plain("best_batch_over_8_single_clients", gain)])


def _workers(size: int) -> int:
    return CLIENTS if size == 1 else core_count()


def _seconds(one_run: partial[object], size: int) -> float:
    with ThreadPoolExecutor(_workers(size)) as pool:
        start = time.perf_counter()
        for future in [pool.submit(one_run) for _ in range(_CROPS // size)]:
            future.result()
        return time.perf_counter() - start
