"""Samples as numbers that can be compared."""

from statistics import median
from typing import Any

from .contestants import OURS
from .notebook import Measure, Notebook


def percentile(ordered: list[float], part: float) -> float:
    """By the nearest rank."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def results(notebook: Notebook) -> dict[str, Any]:
    """All of a run but for its single samples."""
    return {
        "about": notebook.about,
        "failures": notebook.failures,
        "measures": [result(measure, notebook.contestants) for row in notebook.rows().values() for measure in row],
    }


def result(measure: Measure, contestants: list[str]) -> dict[str, Any]:
    """A measure's medians, and the ratio of every round."""
    return {
        "row": measure.row, "name": measure.name, "at": measure.at, "unit": measure.unit,
        "better": measure.better, "goal": measure.goal,
        "contestants": {
            name: {"p50": median(ordered), "p95": percentile(ordered, 0.95), "samples": len(ordered),
                   "rounds": [median(values) for values in measure.samples[name].values()]}
            for name in contestants if (ordered := measure.all(name))},
        "ratios": {name: ratios for name in contestants
                   if name != OURS and (ratios := measure.ratios(OURS, name))},
    }
