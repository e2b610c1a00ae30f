"""`conformance/extremes`: walks the matrix of extremes, or a sample of it, and prints its size."""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc

from .cells import request_cells
from .documents import document_cells
from .plugins import PluginCell, plugin_cells
from .streams import stream_cells
from .world import AnyCell, World

#: Cells that are walked on one daemon before it is looked at.
GROUP = 48


def main() -> int:
    """0 when every cell is as it should be."""
    options = _options()
    cells = _chosen([*request_cells(), *stream_cells(), *document_cells(),
                     *plugin_cells()], options)
    if options.list:
        print(*(cell.name for cell in cells), sep="\n")
        return 0
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory))
        try:
            wrong: dict[AnyCell, str] = {}
            done = 0
            for group in _groups(cells, options.group):
                wrong.update(_walk(world, group, options.whole))
                done += len(group)
                print(f"{done:5} of {len(cells)} cells, {len(wrong)} wrong, "
                      f"{time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        finally:
            world.close()
    for cell, reason in wrong.items():
        print(f"FAIL {cell.name}: {reason}")
    _print_size(cells, wrong, time.monotonic() - begun)
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="so many cells, chosen by the seed")
    parser.add_argument("--seed", type=int, default=0, help="which of the samples")
    parser.add_argument("--only", default="", help="cells whose name has these words")
    parser.add_argument("--group", type=int, default=GROUP, help="cells on one daemon")
    parser.add_argument("--whole", action="store_true",
                        help="a group that fails as a whole is not searched for the cell at fault")
    parser.add_argument("--list", action="store_true", help="names the cells and runs none")
    return parser.parse_args()


def _chosen(cells: list[AnyCell], options: argparse.Namespace) -> list[AnyCell]:
    chosen = [cell for cell in cells if options.only in cell.name]
    if options.sample and options.sample < len(chosen):
        print(f"{options.sample} of {len(chosen)} cells, by seed {options.seed}")
        chosen = random.Random(options.seed).sample(chosen, options.sample)
    return chosen


def _groups(cells: list[AnyCell], size: int) -> Iterator[list[AnyCell]]:
    """A plugin is asked about every container meanwhile, and one that does not answer refuses it: not one of another
    cell's."""
    for are_plugins in (False, True):
        kind = [cell for cell in cells if isinstance(cell, PluginCell) == are_plugins]
        yield from (kind[start:start + size] for start in range(0, len(kind), size))


def _walk(world: World, cells: list[AnyCell], whole: bool) -> dict[AnyCell, str]:
    """What is wrong in a group; of one that fails as a whole the cells at fault are looked for."""
    try:
        return world.walk(cells)
    except (AssertionError, grpc.RpcError) as error:
        reason = f"{type(error).__name__}: {error}"
        print(f"a group of {len(cells)}: {reason[:1000]}", file=sys.stderr, flush=True)
        world.renew()
    if whole or len(cells) == 1:
        return {cells[0]: f"{reason} (of {len(cells)})"}
    middle = len(cells) // 2
    found = {**_walk(world, cells[:middle], whole), **_walk(world, cells[middle:], whole)}
    return found or {cells[0]: f"with {len(cells) - 1} others: {reason}"}


def _print_size(cells: list[AnyCell], wrong: dict[AnyCell, str], seconds: float) -> None:
    sizes, faults = Counter(map(_kind, cells)), Counter(map(_kind, wrong))
    fields = {kind: len({cell.field for cell in cells if _kind(cell) == kind}) for kind in sizes}
    print(f"{'request':28} {'fields':>6} {'cells':>6} {'wrong':>6}")
    for kind, size in sizes.items():
        print(f"{kind:28} {fields[kind]:6} {size:6} {faults[kind]:6}")
    print(f"{'all':28} {sum(fields.values()):6} {len(cells):6} {len(wrong):6}  in {seconds:.0f} s")


def _kind(cell: AnyCell) -> str:
    """By what its name begins with."""
    words = cell.name.split()
    return " ".join(words[:2 if words[0] == "answer" or words[1] == "URL" else 1])


if __name__ == "__main__":
    sys.exit(main())
