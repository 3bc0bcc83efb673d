"""What `init` declares: indicators, prices of longer bars and their numbers, each once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backtest_engine.compiler.names import Names
from backtest_engine.indicators import REGISTRY
from backtest_engine.spec import Arithmetic, Indicator, Number, Operand, PositionValue, Price, Session, SessionValue
from backtest_engine.spec.warm_up import identity

COLUMNS = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume"}
BLENDS = {"hl2": ("High", "Low"), "hlc3": ("High", "Low", "Close"), "ohlc4": ("Open", "High", "Low", "Close")}
TIMEFRAMES = {"hour": "1h", "4hour": "4h", "day": "1D", "week": "W", "month": "M"}


def literal(value: float) -> str:
    """Return a number as people write it: whole where it is."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


@dataclass
class Declarations:
    """Collects what the module must declare.

    `wishes` maps the identity of an indicator call to the attribute it should be kept in, `shifts` to the number of
    bars by which the whole attribute is moved.
    """

    wishes: Mapping[str, str]
    shifts: Mapping[str, int] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    parameters: dict[str, str] = field(default_factory=dict)
    calls: dict[str, tuple[str, str]] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    snippets: set[str] = field(default_factory=set)

    def parameter(self, wanted: str, value: float) -> str:
        """Declare a class attribute and return how `self` reads it."""
        name = self.names.take(wanted)
        self.parameters[name] = literal(value)
        return f"self.{name}"

    def keep(self, key: str, wanted: str, call: str) -> str:
        """Return the attribute that holds what a call gives, declaring it once."""
        if key not in self.calls:
            self.calls[key] = self.names.take(wanted), call
        return f"self.{self.calls[key][0]}"

    def series(self, value: Indicator | Price) -> str:
        """Return the attribute, or its row, that holds an indicator or the price of a longer timeframe on every bar."""
        key = identity(value)
        if key not in self.calls:
            self._declare(key, value)
        return f"self.{self.calls[key][0]}{_row(value)}"

    def _declare(self, key: str, value: Indicator | Price) -> None:
        if value.timeframe is None and isinstance(value, Indicator):
            self._declare_indicator(key, value)
            return
        if value.timeframe is None:
            raise ValueError("only the prices of a longer timeframe are declared")
        self.snippets.add("completed")
        attribute = self.names.take(self.wishes[key])
        known = (
            _price(value.field, "bars") if isinstance(value, Price) else self._call(value, bars="bars", owner=attribute)
        )
        timeframe = TIMEFRAMES[value.timeframe]
        call = f'self.I(completed, self.data, "{timeframe}", {value.shift}, lambda bars: {known})'
        self.calls[key] = attribute, call

    def _declare_indicator(self, key: str, value: Indicator) -> None:
        # What it is made of stands before it.
        inputs = self._inputs(value, bars="", owner="")
        attribute = self.names.take(self.wishes[key])
        head = [value.name]
        if key in self.shifts:
            self.snippets.add("shifted")
            head = ["shifted", str(self.shifts[key]), *head]
        self.imports.add(value.name)
        self.calls[key] = attribute, f"self.I({', '.join([*head, *inputs, *self._numbers(value, attribute)])})"

    def _call(self, value: Indicator, *, bars: str, owner: str) -> str:
        self.imports.add(value.name)
        inputs = self._inputs(value, bars=bars, owner=owner)
        return f"{value.name}({', '.join([*inputs, *self._numbers(value, owner)])})"

    def _numbers(self, value: Indicator, owner: str) -> list[str]:
        return [f"{name}={self.parameter(f'{owner}_{name}', number)}" for name, number in value.parameters.items()]

    def _inputs(self, value: Indicator, *, bars: str, owner: str) -> list[str]:
        if value.source is None:
            return [_column(column, bars) for column in REGISTRY[value.name].inputs]
        return [self._source(value.source, bars=bars, owner=owner)]

    def _source(self, source: Operand, *, bars: str, owner: str) -> str:
        """Return a whole series; `bars` names the longer bars that it is made of, empty for those of the data."""
        match source:
            case Price() if source.timeframe is None:
                return self._earlier(_price(source.field, bars), source.shift)
            case Price():
                return self.series(source)
            case Indicator() if bars:
                call = self._call(source, bars=bars, owner=f"{owner}_{source.name}")
                return self._earlier(f"{call}{_row(source)}", source.shift)
            case Indicator():
                return self._earlier(self.series(source), 0 if source.timeframe else source.shift)
            case SessionValue():
                return self.session_value(source)
            case Arithmetic():
                left = self._source(source.left, bars=bars, owner=owner)
                right = self._source(source.right, bars=bars, owner=owner)
                if source.operator == "/":
                    self.snippets.add("quotients")
                    return f"quotients({left}, {right})"
                return f"({left}) {source.operator} ({right})"
            case Number():
                return literal(source.value)
            case PositionValue():
                raise ValueError("the state of a position is not a series")

    def session_value(self, value: SessionValue) -> str:
        """Return the attribute that holds a session's price on every bar."""
        hours = session_hours(value.session)
        if value.measure == "vwap":
            call = f"session_vwap, self.data.High, self.data.Low, self.data.Close, self.data.Volume, {hours}"
            self.imports.add("session_vwap")
        else:
            self.imports.add("opening_range")
            call = f"opening_range, self.data.High, self.data.Low, {hours}, {value.minutes}"
        # Both ends of a range are rows of one call.
        key = f"{value.measure == 'vwap'} {value.model_dump_json(exclude={'measure'})}"
        wish = "session_vwap" if value.measure == "vwap" else "opening_range"
        row = {"vwap": "", "range_high": "[0]", "range_low": "[1]"}[value.measure]
        return f"{self.keep(key, wish, f'self.I({call})')}{row}"

    def session_minutes(self, session: Session) -> str:
        """Return the attribute that holds the minutes since the open, to the close, and of a bar."""
        self.imports.add("session_minutes")
        call = f"self.I(session_minutes, {session_hours(session)}, plot=False)"
        return self.keep(session.model_dump_json(), "session_minutes", call)

    def _earlier(self, series: str, bars: int) -> str:
        if not bars:
            return series
        self.snippets.add("earlier")
        return f"earlier({series}, {bars})"


def session_hours(session: Session) -> str:
    """Return the arguments that say when a session is."""
    return f'self.data.index, "{session.opens}", "{session.closes}", "{session.zone}"'


def _row(value: Indicator | Price) -> str:
    """Return the subscript of one of several outputs."""
    if isinstance(value, Price):
        return ""
    outputs = REGISTRY[value.name].outputs
    return f"[{outputs.index(value.output or outputs[0])}]" if len(outputs) > 1 else ""


def _column(column: str, bars: str) -> str:
    return f'{bars}["{column}"]' if bars else f"self.data.{column}"


def _price(field_name: str, bars: str) -> str:
    columns = BLENDS.get(field_name) or (COLUMNS[field_name],)
    total = " + ".join(_column(column, bars) for column in columns)
    return total if len(columns) == 1 else f"({total}) / {len(columns)}"
