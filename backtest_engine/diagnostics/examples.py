"""The smallest strategy that trades, for examples that differ from it in one thing."""

from textwrap import dedent, indent

NEXT = """
if not self.position and crossover(self.fast, self.slow):
    self.buy()
elif self.position and crossover(self.slow, self.fast):
    self.position.close()
"""
INIT = """
self.fast = self.I(SMA, self.data.Close, 10)
self.slow = self.I(SMA, self.data.Close, 20)
"""


def example(*, top: str = "", body: str = "", init: str = INIT, more_init: str = "", next: str = NEXT) -> str:
    """Return a moving average cross with parts of it replaced."""
    head = ["from backtesting import Strategy"]
    if "crossover(" in next + init + top or "crossover," in init + more_init:
        head.append("from backtesting.lib import crossover")
    if "SMA," in init + more_init or "SMA(" in init + more_init:
        head.append("from backtesting.test import SMA")
    lines = ["\n".join([*head, dedent(top).strip()]).strip(), "\n\nclass Cross(Strategy):"]
    if body:
        lines.append(_inner(body) + "\n")
    lines.append("    def init(self):\n" + indent(_inner(dedent(init).strip() + "\n" + dedent(more_init)), "    "))
    lines.append("\n    def next(self):\n" + indent(_inner(next), "    "))
    return "\n".join(lines) + "\n"


def _inner(text: str) -> str:
    return indent(dedent(text).strip() or "pass", "    ")
