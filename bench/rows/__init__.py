"""All rows, in the order of the table. A new one is a file here, and its name below."""

from comparison.row import Row

from . import execs, files, idle, layers, logs, memory, parallel, plugins, pods, pulls, reads, restart, streams

ROWS: list[Row] = [
    pods.ROW, parallel.ROW, plugins.ROW, execs.ROW, streams.ROW, logs.ROW, reads.ROW, memory.ROW, idle.ROW, restart.ROW,
    *pulls.ROWS, files.ROW, layers.ROW,
]


def named(name: str) -> Row:
    """The row of a name that the command line has been asked for."""
    return next(row for row in ROWS if row.name == name)
