"""The crash matrix: every step of every operation, cut short in every way; see docs/reliability.md."""
