"""SVG plots of a run: how the samples of each measure are distributed, and how it grows with pods."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from statistics import median

import matplotlib

matplotlib.use("svg")
# The same samples give the same file, with text that stays text.
matplotlib.rcParams.update({"svg.hashsalt": "gantry", "svg.fonttype": "none", "font.size": 8})

from matplotlib import pyplot  # noqa: E402 - the backend has to be chosen first
from matplotlib.axes import Axes  # noqa: E402

from .contestants import FLOOR, OURS  # noqa: E402
from .notebook import Measure, Notebook  # noqa: E402

#: A distribution of fewer samples is no curve.
ENOUGH = 8
COLOURS = {OURS: "#0072b2", "containerd": "#d55e00", FLOOR: "#666666"}
SPARE = ["#009e73", "#cc79a7", "#e69f00", "#56b4e9"]


def draw(notebook: Notebook, directory: Path) -> None:
    """Two files for each row, as far as it has what they show."""
    directory.mkdir(exist_ok=True)
    spare = iter(SPARE)
    colours = {name: COLOURS.get(name) or next(spare) for name in notebook.contestants}
    for row, measures in notebook.rows().items():
        many = [each for each in measures if can_be_compared(each, notebook.contestants)]
        save(many, "at", distribution, colours, directory / f"{row}-distributions.svg")
        sizes: dict[str, list[Measure]] = {}
        for measure in measures:
            if measure.at is not None:
                sizes.setdefault(measure.name, []).append(measure)
        growing = [each for each in sizes.values() if len(each) > 1]
        save(growing, "", growth, colours, directory / f"{row}-growth.svg")


def can_be_compared(measure: Measure, contestants: list[str]) -> bool:
    """Whether two distributions are there, or all there are."""
    curves = sum(len(measure.all(name)) >= ENOUGH for name in contestants)
    return curves >= min(2, len(contestants))


def save(panels: list, by: str, paint, colours: dict[str, str], file: Path) -> None:
    """A grid of panels; with `by`, a line of it for each measure."""
    if not panels:
        return
    columns = max(len(list(group)) for _, group in groupby(panels, lambda each: each.name)) if by else 1
    columns = columns if columns > 1 else min(3, len(panels))
    lines = -(-len(panels) // columns)
    figure, grid = pyplot.subplots(lines, columns, squeeze=False, figsize=(3.4 * columns, 2.3 * lines),
                                   layout="constrained")
    for axes, panel in zip(grid.flat, panels):
        paint(axes, panel, colours)
    for axes in grid.flat[len(panels):]:
        axes.set_visible(False)
    lines_by_name = {label: line for axes in grid.flat
                     for line, label in zip(*axes.get_legend_handles_labels())}
    figure.legend(lines_by_name.values(), lines_by_name.keys(), loc="outside upper center",
                  ncols=len(lines_by_name), frameon=False)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)


def distribution(axes: Axes, measure: Measure, colours: dict[str, str]) -> None:
    """The part of the samples that are at most so large."""
    for name, colour in colours.items():
        if values := measure.all(name):
            axes.ecdf(values, label=name, color=colour)
    axes.set_xlim(left=0)
    axes.set_title(measure.name if measure.at is None else f"{measure.name}, {measure.at} pods")
    finish(axes, measure.unit, "part of the samples")


def growth(axes: Axes, measures: Iterable[Measure], colours: dict[str, str]) -> None:
    """The median beside one, ten, … pods."""
    first, *_ = measures = list(measures)
    for name, colour in colours.items():
        points = [(each.at, median(values)) for each in measures if (values := each.all(name))]
        if points:
            axes.plot(*zip(*points), "o-", label=name, color=colour, markersize=3)
    axes.set_xscale("symlog")
    axes.set_xticks(sizes := [each.at for each in measures], labels=[str(size) for size in sizes])
    axes.set_ylim(bottom=0)
    axes.set_title(first.name)
    finish(axes, "pods", first.unit)


def finish(axes: Axes, below: str, beside: str) -> None:
    """What all panels have."""
    axes.set_xlabel(below)
    axes.set_ylabel(beside)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
