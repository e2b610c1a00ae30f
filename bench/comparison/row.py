"""A row of the table, or some that are measured at one go: a file of its own in rows/."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bare import Bare
    from .scale import Scale
    from .stage import Stage


@dataclass(frozen=True)
class Row:
    """What is done with each contestant in each round."""

    name: str
    about: str
    #: Measures a CRI runtime.
    measure: Callable[[Stage], None]
    #: Measures the same work without a CRI runtime, where that means something.
    floor: Callable[[Bare], None] | None = None
    #: Needs a daemon that may be stopped and started, and so not one that somebody else has started.
    restarts: bool = False
    #: Makes what a second registry serves, once a machine: the storage directory of it.
    images: Callable[[Scale], Path] | None = None
