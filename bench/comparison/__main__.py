"""`bench/run`: measures, and writes what came of it; with --render, writes it anew from the samples."""

import sys

from rows import ROWS

from . import options, report, rounds
from .notebook import Notebook


def main() -> int:
    """1 when any cell failed: its row is then not whole."""
    asked = options.parse()
    if asked.list:
        print("\n".join(f"{row.name:20} {row.about}" for row in ROWS))
        return 0
    directory = asked.render or asked.output
    if not asked.render:
        rounds.run(asked, Notebook(directory))
    notebook = Notebook(directory)
    report.write(notebook, directory)
    print((directory / "table.md").read_text())
    print(f"{directory}: table.md, results.json, plots/", file=sys.stderr)
    return 1 if notebook.failures else 0


if __name__ == "__main__":
    sys.exit(main())
