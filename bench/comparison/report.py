"""What a reader gets: a table, JSON and plots."""

import json
from pathlib import Path

from . import plots, summary, table
from .notebook import Notebook


def write(notebook: Notebook, directory: Path) -> None:
    """table.md, results.json and plots/*.svg, from the notebook alone."""
    (directory / "table.md").write_text(table.text(notebook))
    results = json.dumps(summary.results(notebook), indent=1, ensure_ascii=False)
    (directory / "results.json").write_text(results + "\n")
    plots.draw(notebook, directory / "plots")
