"""The order of things: row by row, round by round, each contestant in turn on a node of its own."""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from harness.cri import REPOSITORY

from .contestants import Contestant, contestants
from .notebook import Notebook
from .row import Row
from .scale import Scale
from .store import disk

FRESH_NODE = REPOSITORY / "conformance" / "fresh-node"


def run(asked: argparse.Namespace, notebook: Notebook) -> None:
    """Measures all that was asked for."""
    everybody = contestants(asked.peer, not asked.without_containerd, asked.trees,
                            asked.shim)
    notebook.note(kind="about", values=machine(asked))
    for row in asked.rows:
        images = str(row.images(asked.scale)) if row.images else ""
        taking_part = [each for each in everybody if takes_part(row, each)]
        for number in range(asked.rounds):
            # Nobody is always the first, nor always behind the same one.
            first = number % len(taking_part)
            for contestant in taking_part[first:] + taking_part[:first]:
                measure(row, contestant, number, asked.scale, images, notebook)


def takes_part(row: Row, contestant: Contestant) -> bool:
    """Whether the row means something for it."""
    if contestant.is_floor:
        return row.floor is not None
    return not (row.restarts and contestant.is_there)


def measure(row: Row, contestant: Contestant, number: int, scale: Scale, images: str,
            notebook: Notebook) -> None:
    """One cell; a failure is noted and told, and the next cell goes on."""
    what = f"{row.name}, {contestant.name}, round {number + 1}"
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)
    node = [] if contestant.is_there else [str(FRESH_NODE)]
    with disk() as file:
        command = [*node, sys.executable, "-m", "comparison.cell", row.name, contestant.text,
                   scale.text(), str(file), images]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        notebook.note(kind="failure", what=what)
        print(f"bench/run: {what}: FAILED with {done.returncode}", file=sys.stderr, flush=True)
        return
    for line in done.stdout.splitlines():
        record = json.loads(line)
        notebook.note(row=row.name, contestant=contestant.name, round=number, **record)


def machine(asked: argparse.Namespace) -> dict[str, object]:
    """What a reader must know to compare."""
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"), "kernel": platform.release(),
        "processor": f"{os.cpu_count()} × {model}", "load before": f"{os.getloadavg()[0]:.2f}",
        "OCI runtime": said(asked.runtime, "--version"),
        "commit": said("git", "-C", str(REPOSITORY), "describe", "--always", "--dirty"),
        "rounds": asked.rounds, "scale": asked.scale.text(),
    }


def said(*command: str) -> str:
    """The first line that a command prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0]
