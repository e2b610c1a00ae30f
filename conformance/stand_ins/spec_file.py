"""The spec of a bundle, as programs write it that change it before they use it."""

import json
from pathlib import Path
from typing import Any


def rewrite(bundle: str) -> Any:
    """Writes it anew without what is empty, as programs in Go do, and returns it as it was."""
    file = Path(bundle) / "config.json"
    spec = json.loads(file.read_text())
    file.write_text(json.dumps(_without_empty(spec)))
    return spec


def _without_empty(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_empty(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _without_empty(each) for key, each in value.items()}
    return {key: each for key, each in kept.items() if each is not False and each not in ({}, [], "", None)}
