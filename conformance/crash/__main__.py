"""`conformance/matrix`: walks the crash matrix, or a sample of it, and prints the table."""

import argparse
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from .cells import Cell, matrix
from .table import table
from .world import World


def main() -> int:
    """0 when every cell is as it should be."""
    options = _options()
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory))
        cells = _chosen(matrix(world.node.runtime.command[0]), options)
        try:
            world.warm_up()
            results = {cell: _result(world, cell, options.verbose) for cell in cells}
        finally:
            world.close()
    print(table(results))
    return 1 if any(results.values()) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="so many cells, spread over the matrix")
    parser.add_argument("--seed", type=int, default=0, help="which of the samples")
    parser.add_argument("--only", default="", help="cells whose name has these words")
    parser.add_argument("--list", action="store_true", help="names the cells and runs none")
    parser.add_argument("--verbose", action="store_true", help="the daemon's log of what failed")
    return parser.parse_args()


def _chosen(cells: list[Cell], options: argparse.Namespace) -> list[Cell]:
    chosen = [cell for cell in cells if options.only in cell.name]
    if options.sample:
        step = max(1, len(chosen) // options.sample)
        offset = options.seed % step
        print(f"every {step}th of {len(chosen)} cells from the {offset + 1}th, by seed {options.seed}")
        chosen = chosen[offset::step][:options.sample]
    if options.list:
        print(*(cell.name for cell in chosen), sep="\n")
        sys.exit()
    return chosen


def _result(world: World, cell: Cell, verbose: bool) -> str:
    """Runs a cell; why it failed, or nothing."""
    begun = time.monotonic()
    reason = ""
    try:
        _run(world, cell)
    except Exception as error:  # A cell that fails in any way must not keep the others from running.
        reason = f"{type(error).__name__}: {error}"
        if verbose:
            reason += f"\n{world.node.daemon.output[-4000:]}"
        world.clean()
    took = time.monotonic() - begun
    mark = "FAIL" if reason else "ok"
    print(f"{mark:4} {took:5.1f} s  {cell.name}  {reason}".rstrip(), file=sys.stderr, flush=True)
    return reason


def _run(world: World, cell: Cell) -> None:
    world.begin(cell.handler)
    operation = cell.operation(world)
    with contextmanager(cell.fault)(world, operation):
        operation.survived()
        operation.retry()
        operation.done()
        world.tear_down()
        world.end()


if __name__ == "__main__":
    sys.exit(main())
