"""The table of a run, in Markdown that can be read as it is."""

from statistics import median

from .contestants import FLOOR, OURS
from .notebook import Measure, Notebook
from .summary import percentile

#: With fewer samples, a 95th percentile would be the largest of them.
ENOUGH = 20


def text(notebook: Notebook) -> str:
    """What was measured on what, and a table for each row."""
    lines = ["# Measured", ""]
    lines += [f"- {name}: {value}" for name, value in notebook.about.items()]
    lines += [f"- **failed**: {what}" for what in notebook.failures]
    lines += ["", f"p50 of all rounds (p95); then {OURS} to each other, the ratio of the medians of each round."]
    for row, measures in notebook.rows().items():
        taking_part = [name for name in ordered(notebook.contestants)
                       if any(name in each.samples for each in measures)]
        lines += ["", f"## {row}", "", *rows(measures, taking_part)]
    return "\n".join(lines) + "\n"


def ordered(contestants: list[str]) -> list[str]:
    """Ours, the peers, the floor."""
    rank = {OURS: 0, FLOOR: 2}
    return sorted(contestants, key=lambda name: rank.get(name, 1))


def rows(measures: list[Measure], contestants: list[str]) -> list[str]:
    """The lines of one table."""
    others = [name for name in contestants if name != OURS]
    head = ["", "pods", *contestants, *(f"to {name}" for name in others), "goal"]
    cells = [[measure.name, "" if measure.at is None else str(measure.at),
              *(figure(measure, name) for name in contestants),
              *(ratios(measure, name) for name in others), measure.goal] for measure in measures]
    widths = [max(len(line[column]) for line in [head, *cells]) for column in range(len(head))]
    ruler = ["-" * max(3, width) for width in widths]
    return ["| " + " | ".join(cell.ljust(max(3, width)) for cell, width in zip(line, widths)) + " |"
            for line in (head, ruler, *cells)]


def figure(measure: Measure, contestant: str) -> str:
    """Median and 95th percentile with the unit."""
    values = measure.all(contestant)
    if not values:
        return "—"
    high = f" ({number(percentile(values, 0.95))})" if len(values) >= ENOUGH else ""
    return f"{number(median(values))}{high} {measure.unit}"


def ratios(measure: Measure, other: str) -> str:
    """Of every round."""
    return ", ".join(f"{ratio:.2f}" for ratio in measure.ratios(OURS, other)) or "—"


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
