"""What bench/run may be told."""

import argparse
import time
from dataclasses import replace
from pathlib import Path

from rows import ROWS

from . import BUILD
from .scale import QUICK, Scale


def parse() -> argparse.Namespace:
    """The command line, with `scale` and `rows` worked out."""
    parser = argparse.ArgumentParser(prog="bench/run", description=(
        "Gantry beside containerd and other CRI runtimes: each row, round after round in turn, on a fresh node each."))
    parser.add_argument("--rows", metavar="A,B", type=_rows, default=list(ROWS),
                        help="rows, or how their names begin; all unless told")
    parser.add_argument("--list", action="store_true", help="say which rows there are")
    parser.add_argument("--rounds", type=int, help="rounds of each row (3; 1 with --quick)")
    parser.add_argument("--runtime", choices=["crun", "runc"], default="crun", help="the OCI runtime")
    parser.add_argument("--quick", action="store_true", help="small numbers: some minutes for all rows")
    parser.add_argument("--sizes", metavar="N,N", type=_numbers, help="numbers of pods")
    parser.add_argument("--disk", action="store_true", help="state on a disk in all rows, so that syncs cost")
    parser.add_argument("--peer", metavar="NAME=SOCKET[,COMMAND]", action="append", default=[], help=(
        "another CRI runtime: COMMAND starts it on a fresh node; without it, it is measured where it runs"))
    parser.add_argument("--without-containerd", action="store_true", help="leave Debian's containerd out")
    parser.add_argument("--trees", action="store_true", help=(
        "Gantry once more, with layer_format = \"tree\"; in rows without pulls layers are unpacked without --disk"))
    parser.add_argument("--shim", metavar="PATH", default="", help=(
        "the OCI runtimes are run by that shim of containerd's in Gantry too"))
    parser.add_argument("--output", metavar="DIRECTORY", type=Path,
                        default=BUILD / time.strftime("%Y-%m-%d-%H%M%S"), help="where the results go")
    parser.add_argument("--render", metavar="DIRECTORY", type=Path,
                        help="measure nothing; write the table and plots of an earlier run anew")
    asked = parser.parse_args()
    if not asked.render and (asked.output / "samples.jsonl").exists():
        parser.error(f"{asked.output} holds another run's samples")
    asked.rounds = asked.rounds or (1 if asked.quick else 3)
    scale = replace(QUICK if asked.quick else Scale(), runtime=asked.runtime, disk=asked.disk)
    asked.scale = replace(scale, sizes=asked.sizes) if asked.sizes else scale
    return asked


def _rows(text: str) -> list:
    found = []
    for prefix in text.split(","):
        matching = [row for row in ROWS if row.name == prefix] or [
            row for row in ROWS if row.name.startswith(prefix)]
        if not matching:
            raise argparse.ArgumentTypeError(f"there is no row {prefix!r}; --list names them")
        found += matching
    return found


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(number) for number in text.split(",")))
