"""The suite in parts, for nodes that work beside each other."""

from collections import Counter
from pathlib import Path

import pytest


def part(items: list[pytest.Item], text: str) -> list[pytest.Item]:
    """The tests of part `K/N`: whole files, and about as many tests in each part."""
    number, count = map(int, text.split("/"))
    tests = Counter(item.path for item in items)
    parts: list[set[Path]] = [set() for _ in range(count)]
    for path in sorted(tests, key=lambda path: (-tests[path], path)):
        min(parts, key=lambda files: sum(tests[file] for file in files)).add(path)
    return [item for item in items if item.path in parts[number - 1]]
