"""What one version changed against another, in time that grows with the texts and not with their square.

Lines that occur once in both texts are matched first, then what lies between them in the same way, a few levels deep.
What is left is compared thoroughly while that is cheap, and shown as replaced where it is not: two texts that were
written to be hard to compare get a coarse answer soon instead of a fine one after minutes. Long texts are compared in a
child, since even that keeps other requests waiting.
"""

import difflib
import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backtest_engine.limited import run_limited

HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
DEPTH = 8
# Steps that all the gaps of two texts may take: some tenths of a second.
EFFORT = 150_000
CONTEXT = 3
MOST_ROWS = 4_000

# Shorter texts are compared sooner than a child is forked.
SHORT_CHARACTERS = 20_000
SECONDS = 5.0

Opcode = tuple[str, int, int, int, int]


def compared(compare: Callable[..., Any], before: str, after: str, **facts: Any) -> Any:
    """Return what one of the functions below says of two texts; raise `LimitReached` where the machine is too busy."""
    if len(before) + len(after) <= SHORT_CHARACTERS:
        return compare(before, after, **facts)
    return run_limited(_compare, compare.__name__, before, after, facts, seconds=SECONDS)


def _compare(name: str, before: str, after: str, facts: dict[str, Any]) -> Any:
    return globals()[name](before, after, **facts)


def document(before: str, after: str, *, number: int, parent: int | None) -> str:
    """Return the difference as the JSON that the API answers: unified text, and hunks of typed lines."""
    text = unified(before, after, names=("nothing" if parent is None else f"v{parent}", f"v{number}"))
    return json.dumps({"number": number, "parent": parent, "unified": text, "hunks": hunks(text)}, ensure_ascii=False)


def unified(before: str, after: str, *, names: tuple[str, str]) -> str:
    """Return a unified diff, empty where nothing changed."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[str] = []
    for group in _Matcher(old, new).get_grouped_opcodes(CONTEXT):
        first, last = group[0], group[-1]
        lines.append(f"@@ -{_extent(first[1], last[2])} +{_extent(first[3], last[4])} @@")
        for kind, a, b, c, d in group:
            if kind == "equal":
                lines += [" " + line for line in old[a:b]]
                continue
            lines += ["-" + line for line in old[a:b]]
            lines += ["+" + line for line in new[c:d]]
    return "\n".join([f"--- {names[0]}", f"+++ {names[1]}", *lines]) if lines else ""


def hunks(diff: str) -> list[dict[str, Any]]:
    """Return a unified diff as hunks: where they start, and lines that are `context`, `added` or `removed`."""
    found: list[dict[str, Any]] = []
    kinds = {" ": "context", "+": "added", "-": "removed"}
    for line in diff.split("\n")[2:]:
        if start := HUNK.match(line):
            found.append({"old_start": int(start[1]), "new_start": int(start[3]), "lines": []})
        elif found:
            found[-1]["lines"].append({"kind": kinds[line[:1] or " "], "text": line[1:]})
    return found


def side_by_side(before: str, after: str) -> tuple[list[dict[str, Any]], int]:
    """Return rows of both texts beside each other, with line numbers, and how many more there would be.

    Of two long texts only the lines near a change are rows. Empty where nothing changed.
    """
    if before == after:
        return [], 0
    old, new = before.splitlines(), after.splitlines()
    matcher = _Matcher(old, new)
    if len(old) + len(new) > MOST_ROWS:
        opcodes = [opcode for group in matcher.get_grouped_opcodes(CONTEXT) for opcode in group]
    else:
        opcodes = matcher.get_opcodes()
    rows: list[dict[str, Any]] = []
    total = sum(max(b - a, d - c) for _, a, b, c, d in opcodes)
    for kind, a, b, c, d in opcodes:
        for place in range(min(max(b - a, d - c), MOST_ROWS - len(rows))):
            left, right = a + place, c + place
            rows.append(
                {
                    "kind": kind,
                    "old_number": left + 1 if left < b else None,
                    "old": old[left] if left < b else "",
                    "new_number": right + 1 if right < d else None,
                    "new": new[right] if right < d else "",
                }
            )
    return rows, total - len(rows)


def _extent(start: int, end: int) -> str:
    """Return a range of lines as unified diffs write it."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


class _Matcher(difflib.SequenceMatcher[str]):
    """Groups opcodes as the library does; finds them in bounded time."""

    def __init__(self, old: list[str], new: list[str]) -> None:
        super().__init__(None, "", "")
        self._old, self._new = old, new
        self._effort = EFFORT

    def get_opcodes(self) -> list[Opcode]:  # type: ignore[override]  # a tuple as well as the library's
        """Return what to do to the old lines to get the new ones."""
        pairs = [*self._matches(_Gap(0, len(self._old), 0, len(self._new)), DEPTH), (len(self._old), len(self._new), 0)]
        opcodes: list[Opcode] = []
        i = j = 0
        for a, b, size in pairs:
            if i < a or j < b:
                kind = "replace" if i < a and j < b else "delete" if i < a else "insert"
                opcodes.append((kind, i, a, j, b))
            if size:
                opcodes.append(("equal", a, a + size, b, b + size))
            i, j = a + size, b + size
        return _joined(opcodes)

    def _matches(self, gap: "_Gap", depth: int) -> list[tuple[int, int, int]]:
        """Return blocks (old, new, size) that are the same in both texts, in order."""
        found: list[tuple[int, int, int]] = []
        head = 0
        while head < gap.shorter and self._old[gap.a + head] == self._new[gap.c + head]:
            head += 1
        tail = 0
        while tail < gap.shorter - head and self._old[gap.b - 1 - tail] == self._new[gap.d - 1 - tail]:
            tail += 1
        if head:
            found.append((gap.a, gap.c, head))
        inner = _Gap(gap.a + head, gap.b - tail, gap.c + head, gap.d - tail)
        if inner.shorter:
            found += self._inside(inner, depth)
        if tail:
            found.append((inner.b, inner.d, tail))
        return found

    def _inside(self, gap: "_Gap", depth: int) -> list[tuple[int, int, int]]:
        anchors = self._anchors(gap) if depth else []
        if not anchors:
            return self._thoroughly(gap)
        found: list[tuple[int, int, int]] = []
        a, c = gap.a, gap.c
        for i, j in anchors:
            found += [*self._matches(_Gap(a, i, c, j), depth - 1), (i, j, 1)]
            a, c = i + 1, j + 1
        return found + self._matches(_Gap(a, gap.b, c, gap.d), depth - 1)

    def _anchors(self, gap: "_Gap") -> list[tuple[int, int]]:
        """Return places of lines that occur once on both sides, as many as stand in the same order."""
        here, there = Counter(self._old[gap.a : gap.b]), Counter(self._new[gap.c : gap.d])
        places = {line: j for j, line in enumerate(self._new[gap.c : gap.d], gap.c) if there[line] == 1}
        pairs = [
            (i, places[line])
            for i, line in enumerate(self._old[gap.a : gap.b], gap.a)
            if here[line] == 1 and line in places
        ]
        return _longest_rising(pairs)

    def _thoroughly(self, gap: "_Gap") -> list[tuple[int, int, int]]:
        """Return the blocks of the shortest way from old to new (Myers 1986); none where it is too long to look for."""
        n, m = gap.b - gap.a, gap.d - gap.c
        furthest = {1: 0}
        rounds: list[dict[int, int]] = []
        for distance in range(n + m + 1):
            reached: dict[int, int] = {}
            for k in range(-distance, distance + 1, 2):
                down = k == -distance or (k != distance and furthest[k - 1] < furthest[k + 1])
                began = x = furthest[k + 1] if down else furthest[k - 1] + 1
                while x < n and x - k < m and self._old[gap.a + x] == self._new[gap.c + x - k]:
                    x += 1
                self._effort -= 1 + x - began
                furthest[k] = reached[k] = x
                if x >= n and x - k >= m:
                    return [(gap.a + i, gap.c + j, size) for i, j, size in _way_back([*rounds, reached], n, m)]
            rounds.append(reached)
            if self._effort < 0:
                break
        return []


@dataclass(frozen=True)
class _Gap:
    """Lines a to b of the old text, and c to d of the new one."""

    a: int
    b: int
    c: int
    d: int

    @property
    def shorter(self) -> int:
        return min(self.b - self.a, self.d - self.c)


def _way_back(rounds: list[dict[int, int]], n: int, m: int) -> list[tuple[int, int, int]]:
    """Return the blocks (old, new, size) on the way that the rounds found, in order."""
    found = []
    x, y = n, m
    for distance in range(len(rounds) - 1, -1, -1):
        k = x - y
        before = rounds[distance - 1] if distance else {1: 0}
        down = k == -distance or (k != distance and before[k - 1] < before[k + 1])
        start = before[k + 1] if down else before[k - 1] + 1
        if x > start:
            found.append((start, start - k, x - start))
        x = start if down else start - 1
        y = x - (k + 1 if down else k - 1)
    return found[::-1]


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest part of the pairs whose second numbers rise."""
    tops: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for place, (_, j) in enumerate(pairs):
        height = bisect_left(tops, j)
        before.append(last[height - 1] if height else -1)
        tops[height : height + 1] = [j]
        last[height : height + 1] = [place]
    found = []
    place = last[-1] if last else -1
    while place >= 0:
        found.append(pairs[place])
        place = before[place]
    return found[::-1]


def _joined(opcodes: list[Opcode]) -> list[Opcode]:
    """Return the opcodes with neighbours of the same lines' fate as one."""
    found: list[Opcode] = []
    for opcode in opcodes:
        if found and opcode[0] == found[-1][0] == "equal":
            found[-1] = ("equal", found[-1][1], opcode[2], found[-1][3], opcode[4])
        else:
            found.append(opcode)
    return found
