"""The table that is printed."""

from .cells import Cell

COLUMNS = ["kill", "fail", "slow", "hang", "hang+kill", "kill+fail", "kill+hang", "full",
           "worker", "shim", "shim+kill"]


def table(results: dict[Cell, str]) -> str:
    """Rows are an operation and a step, columns what was done; the reasons of failures stand below.

    `results` has an empty text for a cell that went well."""
    rows: dict[str, dict[str, str]] = {}
    for cell, reason in results.items():
        rows.setdefault(cell.row, {})[cell.column] = "FAIL" if reason else "ok"
    width = max(map(len, rows))
    lines = ["  ".join([" " * width, *COLUMNS])]
    for row, columns in rows.items():
        marks = [columns.get(column, "").ljust(len(column)) for column in COLUMNS]
        lines.append("  ".join([row.ljust(width), *marks]).rstrip())
    failures = {cell: reason for cell, reason in results.items() if reason}
    lines += [f"\n{cell.name}\n    {reason}" for cell, reason in failures.items()]
    lines.append(f"\n{len(results) - len(failures)} of {len(results)} cells")
    return "\n".join(lines)
