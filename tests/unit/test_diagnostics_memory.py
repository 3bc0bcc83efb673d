"""Code that carries what it could know of the past by heart is said to, and left open; no table is accused."""

import pytest

from backtest_engine.diagnostics.diagnosis import diagnose

MODULE = '''"""{docstring}"""
from backtesting import Strategy


class Heart(Strategy):
    def init(self):
        self.k = {value}

    def next(self):
        if len(self.data) in self.k and not self.position:
            self.buy()
        elif self.position:
            self.position.close()
'''


def said(value: str, docstring: str = "A strategy.") -> list[tuple[str, str]]:
    findings = diagnose(MODULE.format(value=value, docstring=docstring), ran=True).findings
    return [(item.code, item.severity) for item in findings if item.code == "memorised_prices"]


class TestMemory:
    @pytest.mark.parametrize(
        "value",
        [
            str(list(range(200, 300))),
            str([list(range(200, 230)), list(range(300, 340))]),
            repr({f"2010-0{month}-15": 1 for month in range(1, 9)}),
            repr(tuple(20_100_101 + day for day in range(8))),
            "[date(2010, 1, day) for day in (1,)] + [" + ", ".join(f"date(2010, {m}, 9)" for m in range(1, 9)) + "]",
            hex(3**400),
            repr("01" * 100),
            repr(b"\x01\x02" * 100),
            "'" + "'\n    '".join(["ab12" * 12] * 4) + "'",
        ],
    )
    def test_is_a_warning(self, value: str) -> None:
        assert said(f"({value})") == [("memorised_prices", "warning")]

    def test_in_a_docstring_is_seen(self) -> None:
        assert said("[int(digit) for digit in __doc__]", docstring="5" * 240)

    @pytest.mark.parametrize(
        "value",
        [
            "[5, 8, 13, 21]",
            "'a text with some words that explain what is done and why it is done'",
            "2**40",
            "['2010-01-01']",
        ],
    )
    def test_is_not_what_anybody_writes(self, value: str) -> None:
        assert not said(value)
