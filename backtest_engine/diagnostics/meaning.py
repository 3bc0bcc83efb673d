"""What a strategy means, in a form two programs can be compared by: indicators, conditions, directions, sizes."""

import ast
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from backtest_engine.diagnostics.flow import COLUMNS
from backtest_engine.diagnostics.order_calls import OrderCall, order_calls
from backtest_engine.diagnostics.source import DISPLAY, IndicatorCall, Source

_NAMES = (
    ("stochastic", ("stochrsi",), "StochRSI"),
    ("RSI", ("rsi", "relativestrength"), "RSI"),
    ("MACD", ("macd",), "MACD"),
    ("BB", ("bollinger", "bband", "bbup", "bblow"), "BB"),
    ("STOCH", ("stoch",), "STOCH"),
    ("ADX", ("adx", "dmi", "plusdi", "minusdi"), "ADX"),
    ("ATR", ("atr", "averagetruerange"), "ATR"),
    ("KC", ("keltner",), "KC"),
    ("DONCHIAN", ("donchian",), "DONCHIAN"),
    ("SUPERTREND", ("supertrend",), "SUPERTREND"),
    ("CCI", ("cci",), "CCI"),
    ("WILLR", ("willr", "williams"), "WILLR"),
    ("ROC", ("roc", "momentum"), "ROC"),
    ("OBV", ("obv",), "OBV"),
    ("VWAP", ("vwap",), "VWAP"),
    ("ZSCORE", ("zscore",), "ZSCORE"),
    ("EMA", ("ema", "ewm", "exponential"), "EMA"),
    ("WMA", ("wma",), "WMA"),
    ("HMA", ("hma",), "HMA"),
    ("SMA", ("sma", "rollingmean", "movingaverage", "simplema"), "SMA"),
    ("HIGHEST", ("highest", "rollingmax"), "HIGHEST"),
    ("LOWEST", ("lowest", "rollingmin"), "LOWEST"),
    ("STDDEV", ("stddev", "rollingstd"), "STDDEV"),
)


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """A strategy's indicators, orders and the conditions of each, all as comparable text."""

    indicators: Counter[str]
    actions: dict[str, frozenset[str]]
    sizes: dict[str, frozenset[str]]
    protected: frozenset[str]
    source: Source = field(repr=False)

    @cached_property
    def families(self) -> frozenset[str]:
        """The indicators without their parameters."""
        return frozenset(re.sub(r"\(.*", "", item) for item in self.indicators)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Every number that stands in an indicator."""
        return frozenset(number for item in self.indicators for number in re.findall(r"\d+(?:\.\d+)?", item))

    @property
    def directions(self) -> frozenset[str]:
        """`long`, `short` or both: what the orders open, as far as the code alone tells."""
        return frozenset(
            direction for action, direction in (("buy", "long"), ("sell", "short")) if action in self.actions
        )


def meaning_of(source: Source) -> Meaning:
    """Read the meaning of a source; whatever cannot be read is absent."""
    known: Meaning | None = source.__dict__.get("_meaning")
    if known is None:
        known = source.__dict__["_meaning"] = _read(source)
    return known


def _read(source: Source) -> Meaning:
    reader = Renderer(source)
    actions: dict[str, set[str]] = {}
    sizes: dict[str, set[str]] = {}
    protected: set[str] = set()
    for rule in order_calls(source):
        atoms = sorted(
            text for test, sign in rule.atoms if (text := reader.test(test, sign)) and not _of_position(text)
        )
        actions.setdefault(rule.action, set()).add(" and ".join(atoms))
        size = rule.keyword("size")
        sizes.setdefault(rule.action, set()).add(reader.text(size) if size is not None else "")
        protected |= {item.arg for item in rule.call.keywords if item.arg in ("sl", "tp", "limit", "stop")}
    return Meaning(
        indicators=Counter(label for call in source.indicators if (label := reader.indicator(call))),
        actions={action: frozenset(texts) for action, texts in actions.items()},
        sizes={action: frozenset(texts) for action, texts in sizes.items()},
        protected=frozenset(protected),
        source=source,
    )


def _of_position(text: str) -> bool:
    return bool(re.search(r"position|trades|orders", text))


class Renderer:
    """Writes expressions as text in which attributes are what they hold."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.labels: dict[str, str] = {}
        for call in source.indicators:
            label = self.indicator(call)
            for place, name in enumerate(call.names):
                self.labels[name] = label if len(call.names) == 1 else f"{label}.{place}"

    def indicator(self, call: IndicatorCall) -> str:
        """Return a canonical name with its numbers, as in `SMA(10)`; empty where it is no known indicator."""
        function = call.function
        if function is None:
            return ""
        written = ast.unparse(call.call)
        name = canonical(self.source.dotted(function) or written)
        numbers = [self.source.number(item) for item in call.call.args[1:]]
        numbers += [self.source.number(item.value) for item in call.call.keywords if item.arg not in DISPLAY]
        numbers += self._defaults(call)
        shown = [f"{number:g}" for number in numbers if number is not None]
        if isinstance(function, ast.Lambda):
            return self._idiom(function)
        columns = "".join(column for column in self._columns(call.call.args[1:]) if column != "Close")
        return f"{name or self.source.dotted(function)}({','.join([*shown, *([columns] if columns else [])])})"

    def _defaults(self, call: IndicatorCall) -> list[float | None]:
        """Return the numbers that the function's own defaults give, for what the call leaves out."""
        target = self.source.functions.get(self.source.dotted(call.function)) if call.function else None
        if target is None:
            return []
        names = [arg.arg for arg in target.args.args]
        given = {*names[: len(call.call.args) - 1], *(item.arg for item in call.call.keywords)}
        behind = zip(names[len(names) - len(target.args.defaults) :], target.args.defaults, strict=True)
        return [self.source.number(value) for name, value in behind if name not in given]

    def _columns(self, arguments: Iterable[ast.expr]) -> list[str]:
        return [
            label.split(".")[2] for item in arguments if (label := self.source.dotted(item)).startswith("self.data.")
        ]

    def _idiom(self, function: ast.Lambda) -> str:
        text = self.text(function.body)
        for pattern, name in (
            (r"\.rolling\((?:window=)?([\d.]+).*\)\.mean\(\)", "SMA"),
            (r"\.ewm\(span=([\d.]+).*\)\.mean\(\)", "EMA"),
            (r"\.rolling\((?:window=)?([\d.]+).*\)\.max\(\)", "HIGHEST"),
            (r"\.rolling\((?:window=)?([\d.]+).*\)\.min\(\)", "LOWEST"),
        ):
            found = re.search(pattern, text)
            if found:
                return f"{name}({found[1]})"
        return ""

    def test(self, node: ast.expr, sign: bool) -> str:
        """Return a condition with its sign folded in and its larger side first."""
        match node:
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                symbol = _SYMBOLS.get(type(operator))
                if symbol:
                    symbol = symbol if sign else _OPPOSITE[symbol]
                    return self._ordered(self.text(left), symbol, self.text(right))
            case ast.Call() if self.source.called(node).endswith("crossover") and len(node.args) == 2:
                first, second = (self.text(item) for item in node.args)
                return f"{'' if sign else 'not '}{first} crosses above {second}"
        return f"{'' if sign else 'not '}{self.text(node)}"

    def _ordered(self, left: str, symbol: str, right: str) -> str:
        if symbol in ("<", "<="):
            left, right, symbol = right, left, symbol.replace("<", ">")
        return f"{left} {symbol} {right}"

    def text(self, node: ast.AST | None) -> str:  # noqa: C901 - one case for each form
        """Return an expression as text, the last bar's value of a series as the series."""
        number = self.source.number(node)
        if number is not None:
            return f"{number:g}"
        match node:
            case None:
                return ""
            case ast.Attribute():
                label = self.source.dotted(node)
                if label.startswith("self.data.") and label.split(".")[2] in COLUMNS:
                    return label.split(".")[2]
                name = label.removeprefix("self.")
                if label.startswith("self.") and name in self.labels:
                    return self.labels[name] or name
                return label if label else f"{self.text(node.value)}.{node.attr}"
            case ast.Subscript(value=value, slice=index):
                place = self.source.number(index)
                return self.text(value) if place == -1 else f"{self.text(value)}[{ast.unparse(index)}]"
            case ast.Call(func=func, args=args, keywords=keywords):
                shown = [self.text(item) for item in args] + [f"{k.arg}={self.text(k.value)}" for k in keywords]
                return f"{self.text(func)}({', '.join(shown)})"
            case ast.BinOp(left=left, right=right, op=operator):
                return f"({self.text(left)} {type(operator).__name__} {self.text(right)})"
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp():
                return self._logic(node)
        try:
            return ast.unparse(node)
        except (RecursionError, ValueError):
            return "..."

    def _logic(self, node: ast.Compare | ast.BoolOp | ast.UnaryOp) -> str:
        if isinstance(node, ast.BoolOp):
            word = " and " if isinstance(node.op, ast.And) else " or "
            return "(" + word.join(sorted(self.test(item, True) for item in node.values)) + ")"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.test(node.operand, False)
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _SYMBOLS:
            return self.test(node, True)
        return ast.unparse(node)


_SYMBOLS = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<="}
_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}


def canonical(name: str) -> str:
    """Return the usual short name of an indicator function, empty for one nobody knows."""
    flat = re.sub(r"[^a-z]", "", name.rsplit(".", 1)[-1].lower() if "(" not in name else "")
    return next((short for _, words, short in _NAMES if any(word in flat for word in words)), "")


def entries(source: Source) -> list[OrderCall]:
    """Return the rules that open positions: every buy, and the sells of a strategy that means to be short."""
    return [rule for rule in order_calls(source) if rule.action in ("buy", "sell")]
