"""Holds compiled code against the plain reading of drawn specifications: `python -m tests.score.compiled [COUNT]`.

Every decision of every bar is compared. Every kind of part has to occur often enough for that to mean something.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable

from tests.score.watching import compare
from tests.unit.drawn_specs import BARS, KINDS, kinds, spec

COUNT = 2_000
OFTEN = 20


def compare_drawn(seeds: Iterable[int], *, bars: int | None = None) -> tuple[Counter[str], Counter[str], list[str]]:
    """Return what was decided, in how many specifications each kind of part occurred, and what differed."""
    decided: Counter[str] = Counter()
    drawn: Counter[str] = Counter()
    differences = []
    for seed in seeds:
        drawn_spec = spec(seed)
        drawn.update(set(kinds(drawn_spec)))
        found = compare(drawn_spec, BARS[seed % len(BARS)].iloc[:bars])
        decided.update(found.counted)
        decided["failed"] += bool(found.failure)
        differences += [f"seed {seed}: {difference}" for difference in found.differences[:1]]
    return decided, drawn, differences


def main(arguments: list[str]) -> int:
    """Print what was compared and one line of JSON; return 1 if anything differed or occurred too rarely."""
    count = int(arguments[0]) if arguments else COUNT
    began = time.perf_counter()
    decided, drawn, differences = compare_drawn(range(count))
    rare = {kind: drawn[kind] for kind in KINDS if drawn[kind] < OFTEN}
    print("\n".join([*differences, *(f"drawn only {times} times: {kind}" for kind, times in rare.items())]))
    figures = {
        "specifications": count,
        "kinds_of_parts": len(KINDS),
        "least_often": min(drawn[kind] for kind in KINDS),
        "decisions": decided["decisions"],
        "orders": decided["sent"],
        "closes": decided["closed"],
        "moved_stops": decided["moved"],
        "cancelled": decided["cancelled"],
        "refused_by_the_broker": decided["failed"],
        "differ": len(differences),
        "seconds": round(time.perf_counter() - began, 1),
    }
    print(json.dumps(figures))
    return 1 if differences or rare else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
