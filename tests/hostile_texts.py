"""Texts of 100 KB that were written to be hard to read: deep, long, wide, repetitive; bare and as strategies."""

import random
from collections.abc import Callable, Iterator

SIZE = 100_000

Draw = random.Random
RAW: list[Callable[[Draw], str]] = [
    lambda draw: draw.choice("([{") * SIZE,
    lambda draw: "x = (1" + draw.choice([" and 1", " or 1", " + 1", " if 1 else 1"]) * (SIZE // 7) + ")",
    lambda draw: "x" + draw.choice([".a", "[0]", "()", "**2"]) * (SIZE // 3),
    lambda draw: draw.choice("-~!@") * SIZE + "1",
    lambda draw: draw.choice(["\n", "\r", "\r\n", "\x0b", "\x0c", "\u2028", " \n", "\t\n"]) * (SIZE // 3),
    lambda draw: draw.choice(["'", '"', "'''", '"""', "`", "f'{", "r'\\"]) * (SIZE // 4),
    lambda draw: draw.choice(["\\", "\\\\'", "\\N{", "\\x", "%(", "{{"]) * (SIZE // 4),
    lambda draw: "".join(f"{' ' * depth}if x:\n" for depth in range(440)),
    lambda draw: "".join(draw.choice("ab \n") for _ in range(SIZE)),
    lambda draw: "\n".join(str(draw.randrange(100)) for _ in range(SIZE // 3)),
    lambda draw: "\n".join(str(number) for number in draw.sample(range(SIZE // 6), SIZE // 6)),
    lambda draw: "".join(f"def f{number}(): pass\n" for number in range(SIZE // 18)),
    lambda draw: "# " + draw.choice(["\u202e", "\u2066", "💥", "\u0301", "ﷺ", "\ufeff"]) * (SIZE // 4),
    lambda draw: "0" + draw.choice(["_0", ".0", "e0", "j", "x"]) * (SIZE // 3),
    lambda draw: "lambda: " * (SIZE // 8) + "0",
    lambda draw: "class A:" * (SIZE // 8),
    lambda draw: "<" + draw.choice(["a ", "!--", "![CDATA[", "script>", "/"]) * (SIZE // 6),
    lambda draw: "&" + draw.choice(["amp;", "#", "lt", "&"]) * (SIZE // 4),
    lambda draw: '{"a":' * (SIZE // 5),
    lambda draw: "a: &a [" + "*a, " * (SIZE // 4),
    lambda draw: "@@ -1 +1 @@\n" * (SIZE // 12),
    lambda draw: draw.choice(["--- a\n+++ b\n", "-x\n+y\n", "diff --git\n"]) * (SIZE // 12),
    lambda draw: "x=" + " " * (SIZE - 5) + "1\n",
    lambda draw: "x" * SIZE,
    lambda draw: "import a" + ", a" * (SIZE // 3),
    lambda draw: "buy when rsi < " * (SIZE // 15),
]

_HEAD = "from backtesting import Strategy\nimport pandas as pd\n\n\nclass A(Strategy):\n"
_INIT = "    def init(self):\n        pass\n\n"
_NEXT = "    def next(self):\n        self.position or self.buy()\n"


def _strategy(*, attributes: str = "", init: str = "", body: str = "", rest: str = "") -> str:
    """Return a strategy that has hard parts in the places that the rules read."""
    begin = f"    def init(self):\n{init}\n" if init else _INIT
    return f"{_HEAD}{attributes}{begin}{_NEXT}{body}\n\n{rest}"


#: Modules that parse, so that every rule and rewrite has its turn.
STRATEGIES: list[Callable[[Draw], str]] = [
    lambda draw: _strategy(attributes="    n = " + draw.choice("+-*").join(["1"] * (SIZE // 3)) + "\n"),
    lambda draw: _strategy(attributes="".join(f"    p{number} = {number}\n" for number in range(SIZE // 14))),
    lambda draw: _strategy(
        init="".join(f"        self.i{n} = self.I(f, self.data.Close, {n})\n" for n in range(1_900))
    ),
    lambda draw: _strategy(body="".join(f"        if self.i{n}[-1] > 0: self.buy()\n" for n in range(2_600))),
    lambda draw: _strategy(rest="def unused():\n" + ("    x=a" + ".GOOG" * 190 + "\n") * 100),
    lambda draw: _strategy(
        rest="".join(f"class B{n}({'A' if not n else f'B{n - 1}'}):\n    pass\n" for n in range(3_000))
    ),
    lambda draw: _strategy(rest="".join(f"def f{n}(): return f{n + 1}()\n" for n in range(3_300))),
    lambda draw: _strategy(rest="".join(f"a{n} = a{n - 1}\n" for n in range(1, 7_000))),
    lambda draw: _strategy(rest="x = (1\n" + draw.choice([" and 1\n", " or 1\n", " + 1\n"]) * 9_900 + ")\n"),
    lambda draw: _strategy(body="        print 'x'\n" + draw.choice(["\n", " \n", "#\n"]) * (SIZE // 3)),
    lambda draw: _strategy(body="        m = np.mean([1.0])\n", rest="x = " + "[" * 90 + "1" + "]" * 90),
    lambda draw: _strategy(rest=f"x = '{draw.choice(['a', chr(92) * 2, '%s', '{}']) * (SIZE // 3)}'\n"),
    lambda draw: _strategy(rest="x = [" + "1.5, " * (SIZE // 6) + "]\n"),
    lambda draw: _strategy(body="".join(f"        if {'not ' * n}self.position: pass\n" for n in range(190))),
    lambda draw: _strategy(body="        " + "self.data.Close[-1] > " * 4_000 + "1\n"),
    lambda draw: _strategy(body="        for i in range(len(self.data)):\n            pass\n" * 1_500),
    lambda draw: _strategy(body="        self.buy(" + ", ".join(f"a{n}=1" for n in range(9_000)) + ")\n"),
    lambda draw: _strategy(body="        self.data.df.shift(-1).iloc[-1].bfill()\n" * 1_900),
    lambda draw: _strategy(rest="".join(f"from m{n} import a{n}\n" for n in range(4_000))),
    lambda draw: _strategy(rest="".join(f"{'    ' * n}def g{n}():\n" for n in range(95)) + "    " * 95 + "pass\n"),
    lambda draw: "```python\n" * (SIZE // 20) + _strategy(),
    lambda draw: "<think>" * (SIZE // 8) + _strategy(),
    lambda draw: '{"code": "' + "\\\\" * (SIZE // 3) + _strategy(),
    lambda draw: "Sentence after sentence.\n" * (SIZE // 26) + _strategy(),
    lambda draw: "import x\nSentence.\n" * (SIZE // 19) + _strategy(),
]

FAMILIES = [*RAW, *STRATEGIES]


def texts(count: int, families: list[Callable[[Draw], str]] | None = None) -> Iterator[str]:
    """Yield so many texts, of each family in turn; the same ones every time."""
    chosen = families or RAW
    for number in range(count):
        yield chosen[number % len(chosen)](random.Random(number))[:SIZE]
