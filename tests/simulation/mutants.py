"""The kernel with one rule broken at a time: the vectors catch each.

`python -m tests.simulation.mutants` tries all and prints which vector caught which; it fails where none did.
"""

import json
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.simulation.fast_adapter import play_fast
from tests.simulation.kernel_modules import interpreted

CORPUS = Path(__file__).parents[1] / "corpus" / "fills"

# (name, file, what stands there, what stands there instead)
MUTANTS = (
    (
        "open trades are left out of the equity",
        "account",
        "return st.cash + (price * st.position - st.invested)",
        "return st.cash",
    ),
    ("leverage is not looked at", "account", "* mark / st.leverage", "* mark"),
    (
        "invested money is counted without size",
        "account",
        "invested += st.trades[slot, T_SIZE] * st.trades[slot, T_ENTRY]",
        "invested += st.trades[slot, T_ENTRY]",
    ),
    (
        "closes go to the end of the queue",
        "account",
        "st.orders[slot, O_TRADE_SERIAL] = st.trades[trade, T_SERIAL]\n    put_in_front(st, slot)",
        "st.orders[slot, O_TRADE_SERIAL] = st.trades[trade, T_SERIAL]\n    put_last(st, slot)",
    ),
    (
        "stops go to the end of the queue",
        "account",
        "st.orders[slot, O_STOP] = price\n        put_in_front(st, slot)",
        "st.orders[slot, O_STOP] = price\n        put_last(st, slot)",
    ),
    (
        "targets go to the front of the queue",
        "account",
        "st.orders[slot, O_LIMIT] = price\n        put_last(st, slot)",
        "st.orders[slot, O_LIMIT] = price\n        put_in_front(st, slot)",
    ),
    (
        "half a unit is rounded up",
        "account",
        "max(1.0, np.rint(amount * steps))",
        "max(1.0, np.floor(amount * steps + 0.5))",
    ),
    ("the entry pays no commission", "account", "    st.cash -= fee(st, size, price)\n", ""),
    (
        "commission is recorded for the exit only",
        "account",
        "row[C_COMMISSION] = paid + fee(st, size, entry)",
        "row[C_COMMISSION] = paid",
    ),
    (
        "the exit pays no commission",
        "account",
        "st.cash += size * (price - entry) - paid",
        "st.cash += size * (price - entry)",
    ),
    (
        "parts of a trade keep its levels",
        "account",
        "    if size == st.trades[trade, T_SIZE]:\n        row[C_SL] = st.trades[trade, T_SL]\n",
        "    row[C_SL] = st.trades[trade, T_SL]\n    if size == st.trades[trade, T_SIZE]:\n",
    ),
    (
        "levels keep the size of the whole trade",
        "account",
        "                st.orders[order, O_SIZE] = -st.trades[trade, T_SIZE]\n",
        "                pass\n",
    ),
    (
        "levels are checked against the price with the spread of the other side",
        "orders",
        "* (1 + math.copysign(st.spread, size))",
        "* (1 - math.copysign(st.spread, size))",
    ),
    ("a level at the price is accepted", "orders", "(low == 0 or low < reference)", "(low == 0 or low <= reference)"),
    ("a limit is not what levels are checked against", "orders", "reference = limit\n", "reference = 0.0\n"),
    (
        "exclusive orders leave trades open",
        "orders",
        "        place += 1\n    close_all(st, 1.0)\n",
        "        place += 1\n",
    ),
    (
        "exclusive orders of ours let every second one survive",
        "orders",
        "            if st.house:\n                continue\n",
        "",
    ),
    ("a withdrawn order is not counted", "orders", "        lose(st, slot, EXPIRED, st.bar)\n", "        pass\n"),
    (
        "a stop needs to be passed",
        "fills",
        "st.high >= stop if buying else st.low <= stop",
        "st.high > stop if buying else st.low < stop",
    ),
    (
        "a limit needs to be passed",
        "fills",
        "st.low <= limit if buying else st.high >= limit",
        "st.low < limit if buying else st.high > limit",
    ),
    (
        "a limit fills at the limit, not at a better open",
        "fills",
        "True, min(base, limit) if buying else max(base, limit)",
        "True, limit",
    ),
    (
        "a gapped stop fills at the stop",
        "fills",
        "        price = max(price, stop) if buying else min(price, stop)\n",
        "        price = stop\n",
    ),
    ("a stop stays after it was hit", "fills", "    st.orders[slot, O_STOP] = 0.0\n", ""),
    (
        "the last close fills levels too",
        "fills",
        "st.close_before if st.on_close and st.orders[slot, O_KIND] < STOP_LOSS else",
        "st.close_before if st.on_close else",
    ),
    ("a fill at the last close is of this bar", "fills", "bar = i - 1 if at_last_close", "bar = i if at_last_close"),
    (
        "the spread is paid by nobody",
        "fills",
        "adjusted = price * (1 + math.copysign(st.spread, size))",
        "adjusted = price",
    ),
    (
        "units are sized without the commission",
        "fills",
        "unit = adjusted + fee(st, size, price) / abs(size)",
        "unit = adjusted",
    ),
    (
        "open trades are worth the close that is to come",
        "fills",
        "mark = price if st.house else st.close",
        "mark = st.close",
    ),
    (
        "an order is cut to what can be paid",
        "fills",
        "if rest != 0 and abs(rest) * unit > available(st, mark) * st.leverage:",
        "if False:",
    ),
    ("hedging nets", "fills", "rest = size if st.hedging else _net(", "rest = _net("),
    ("the queue is walked once", "fills", "                again = again or looked_at_again\n", ""),
    (
        "a stop entry's target acts at once",
        "fills",
        "    if tp == 0:\n        return False\n",
        "    if tp == 0:\n        return True\n",
    ),
    ("an account that is worth nothing goes on", "fills", "    if st.equity <= 0:", "    if st.equity < -1e300:"),
    ("open trades are left open at the end", "house", "    _close_at_close(st, i, END_OF_DATA)\n", ""),
    (
        "a gap beyond the limit of a stop-limit order fills",
        "house",
        "(price > limit or stop >= limit) if buying else (price < limit or stop <= limit)",
        "stop >= limit if buying else stop <= limit",
    ),
    (
        "stops do not act on the bar of the entry",
        "house",
        "slot == int(st.trades[trade, T_SL_ORDER]) and _stop_reached(st, trade, i)",
        "False",
    ),
    (
        "a limit entry's target acts on its bar",
        "house",
        "st.trades[trade, T_TARGET_COUNTS] = 1.0 if st.orders[slot, O_LIMIT] == 0 else 0.0",
        "st.trades[trade, T_TARGET_COUNTS] = 1.0",
    ),
    ("trades in doubt are not marked", "house", "            st.trades[trade, T_SAME_BAR] = 1.0\n", ""),
    (
        "opposite trades are paid for when an order is sized",
        "house",
        "left = budget - opposite * price",
        "left = budget",
    ),
    (
        "parts of a unit are not rounded down",
        "house",
        "    if count != 0 and count / st.steps * unit > budget:\n        count -= 1\n",
        "",
    ),
    (
        "floor of a quotient stands for the floor division",
        "house",
        "return float(budget // unit)",
        "return math.floor(budget / unit)",
    ),
    (
        "the debt of an account is kept",
        "house",
        "    st.shortfall = max(0.0, -st.cash)\n    st.cash = max(0.0, st.cash)\n",
        "    st.shortfall = max(0.0, -st.cash)\n",
    ),
)


@lru_cache(maxsize=1)
def vectors() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return the fills and the case of each vector."""
    return tuple(
        (fills, json.loads(line))
        for fills in ("backtesting", "conservative")
        for line in (CORPUS / f"{fills}.jsonl").read_text().splitlines()
    )


def caught_by(file: str, old: str, new: str) -> str | None:
    """Return the first vector that a mutant fails, None where it passes all."""
    kernel = interpreted(file, old, new)
    for fills, case in vectors():
        if not passes(case, fills, kernel):
            return f"{fills}: {case['id']}"
    return None


def passes(case: dict[str, Any], fills: str, kernel: Any) -> bool:
    """Whether a kernel gives what a vector expects, but for its metrics."""
    expected = {name: value for name, value in case["expect"].items() if name != "metrics"}
    try:
        played = play_fast(case, fills, kernel, metrics=False)
    except (ArithmeticError, IndexError, ValueError):
        return False
    return all(_same(played.get(name), value, fills, name) for name, value in expected.items())


def _same(played: Any, expected: Any, fills: str, name: str) -> bool:
    if fills == "backtesting":
        return bool(played == expected)
    if name == "trades":
        return [trade[:5] for trade in played or ()] == expected
    if name == "cash" and played is not None:
        return abs(played - expected) <= 1e-12 * abs(expected)
    return bool(played == expected)


def tried() -> Iterator[tuple[str, str | None]]:
    """Yield each mutant with the vector that caught it."""
    for name, file, old, new in MUTANTS:
        yield name, caught_by(file, old, new)


def main() -> int:
    """Try all mutants; return how many no vector caught."""
    missed = 0
    for name, vector in tried():
        missed += vector is None
        print(f"{name:60} {vector or 'NOT CAUGHT'}", flush=True)
    print(json.dumps({"mutants": len(MUTANTS), "caught": len(MUTANTS) - missed}))
    return missed


if __name__ == "__main__":
    sys.exit(bool(main()))
