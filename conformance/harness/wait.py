"""Waiting for a condition instead of for a time."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: How much slower than the machine the node is (uml-node and vm-node set it). All bounds on time grow by it.
PATIENCE = float(os.environ.get("PATIENCE", "1"))


def wait_until(condition: Callable[[], T], what: str, seconds: float = 20) -> T:
    """The first true value of `condition`; AssertionError that says `what` past the deadline."""
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not so: {what}; last seen {value!r}")
        time.sleep(0.01)
    return value
