"""`make bench`: run every bench_*.py, print one table, end with one line of JSON that holds every figure.

A module's `run()` returns rows with `name`, `value`, `unit`, and where there is one `floor` (the same work done the
shortest way) and `ratio`. Name modules to run only those: `python -m tests.benchmark sandbox api`.
"""

import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent


def main(wanted: list[str]) -> None:
    """Measure, show, and print the JSON line."""
    names = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    unknown = set(wanted) - set(names)
    if unknown:
        sys.exit(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(names)}.")
    console, rows = Console(stderr=False, width=120), []
    for name in wanted or names:
        began = time.monotonic()
        measured = importlib.import_module(f"tests.benchmark.bench_{name}").run()
        rows += [{"bench": name, **row} for row in measured]
        console.print(f"[dim]{name}: {time.monotonic() - began:.1f} s[/]")
    console.print(_table(rows))
    machine = {"python": platform.python_version(), "cpus": os.cpu_count(), "machine": platform.machine()}
    sys.stdout.write(json.dumps({"machine": machine, "rows": rows}) + "\n")


def _table(rows: list[dict]) -> Table:
    table = Table(title="Benchmarks", title_justify="left")
    for heading, justify in (("bench", "left"), ("what", "left"), ("value", "right"), ("floor", "right")):
        table.add_column(heading, justify=justify)
    table.add_column("ratio", justify="right")
    for row in rows:
        floor = row.get("floor")
        ratio = row.get("ratio") or (row["value"] / floor if floor else None)
        table.add_row(
            row["bench"],
            row["name"],
            f"{row['value']:,.3f} {row['unit']}",
            "" if floor is None else f"{floor:,.3f} {row['unit']}",
            "" if ratio is None else f"{ratio:.2f} ×",
        )
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
