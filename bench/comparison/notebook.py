"""What was measured: a file of JSON lines that grows with each cell, so that a run that was broken
off still has what it measured."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any


@dataclass
class Measure:
    """One line of the table: the samples of all rounds of every contestant."""

    row: str
    name: str
    at: int | None
    unit: str
    better: str
    goal: str
    #: Samples by contestant and round.
    samples: dict[str, dict[int, list[float]]] = field(default_factory=dict)

    def all(self, contestant: str) -> list[float]:
        """The samples of every round, ordered."""
        return sorted(v for values in self.samples.get(contestant, {}).values() for v in values)

    def ratios(self, ours: str, other: str) -> list[float]:
        """Of the medians, round for round: machines change their speed within a run."""
        mine, theirs = self.samples.get(ours, {}), self.samples.get(other, {})
        return [median(mine[number]) / median(theirs[number])
                for number in sorted(mine.keys() & theirs.keys()) if median(theirs[number])]


class Notebook:
    """The samples of a run."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._file = directory / "samples.jsonl"
        self.about: dict[str, Any] = {}
        self.contestants: list[str] = []
        self.failures: list[str] = []
        self.measures: dict[tuple[str, str, int | None], Measure] = {}
        if self._file.exists():
            for line in self._file.read_text().splitlines():
                self._take(json.loads(line))

    def rows(self) -> dict[str, list[Measure]]:
        """The measures of each row, those of a name together."""
        names = {key[:2]: number for number, key in reversed(list(enumerate(self.measures)))}
        found: dict[str, list[Measure]] = {}
        for measure in sorted(self.measures.values(), key=lambda each: (
                names[each.row, each.name], each.at or 0)):
            found.setdefault(measure.row, []).append(measure)
        return found

    def note(self, **record: Any) -> None:
        """Writes a record down at once."""
        with self._file.open("a") as file:
            file.write(json.dumps(record) + "\n")
        self._take(record)

    def _take(self, record: dict[str, Any]) -> None:
        match record["kind"]:
            case "about":
                self.about.update(record["values"])
            case "failure":
                self.failures.append(record["what"])
            case "sample":
                self._sample(record)

    def _sample(self, record: dict[str, Any]) -> None:
        key = (record["row"], record["name"], record["at"])
        measure = self.measures.setdefault(key, Measure(*key, *(
            record[name] for name in ("unit", "better", "goal"))))
        measure.goal = measure.goal or record["goal"]
        measure.samples.setdefault(record["contestant"], {})[record["round"]] = record["values"]
        if record["contestant"] not in self.contestants:
            self.contestants.append(record["contestant"])
