"""The machinery of bench/run: nodes, rounds, samples, and what is made of them. Rows are in rows/."""

from harness.cri import REPOSITORY

#: What is built and measured goes here, on the machine's disk.
BUILD = REPOSITORY / ".build" / "bench"
