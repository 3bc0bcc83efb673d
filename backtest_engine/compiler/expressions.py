"""Operands and conditions of a specification as Python expressions."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from backtest_engine.compiler.declarations import BLENDS, COLUMNS, Declarations, literal
from backtest_engine.spec import (
    Ago,
    All,
    Always,
    AnyOf,
    Arithmetic,
    Comparison,
    Condition,
    Cross,
    Indicator,
    InMonth,
    MonthDay,
    Not,
    Number,
    Often,
    OnWeekday,
    Operand,
    PositionValue,
    Price,
    SessionTime,
    SessionValue,
    Streak,
    Then,
    TimeOfDay,
    TradingDay,
    Within,
)
from backtest_engine.spec.warm_up import identity

PERIODS = {"week": "W", "month": "M", "quarter": "Q", "year": "Y"}
LOOPS = "ijkmn"
ARITHMETIC_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}

POSITION = {
    "entry_price": "self.trades[0].entry_price",
    "bars_held": "(len(self.data) - 1 - self.trades[0].entry_bar)",
    "profit_percent": "self.position.pl_pct",
    "highest_close": "self.data.Close[self.trades[0].entry_bar :].max()",
    "lowest_close": "self.data.Close[self.trades[0].entry_bar :].min()",
    "highest_high": "self.data.High[self.trades[0].entry_bar :].max()",
    "lowest_low": "self.data.Low[self.trades[0].entry_bar :].min()",
}


@dataclass(frozen=True)
class Bar:
    """Which bar is looked at: so many before the last, or before the one that loop variables count."""

    back: int = 0
    loops: tuple[str, ...] = ()

    def earlier(self, bars: int) -> "Bar":
        """Return the bar so many bars before."""
        return Bar(self.back + bars, self.loops)

    @property
    def index(self) -> str:
        """The subscript, as in `[-1]`."""
        if not self.loops:
            return f"[-{self.back + 1}]"
        places = [*self.loops, str(self.back)] if self.back else self.loops
        return f"[-{' - '.join(places)}]"


NOW = Bar()


@dataclass
class Writer:
    """Writes expressions about one bar; what they read is declared in `init`."""

    init: Declarations
    depth: int = 1
    reach: int = 0
    _common: dict[str, str] = field(default_factory=dict)
    _written: list[str] | None = None
    _replayed: Iterator[str] | None = None

    def parameter(self, wanted: str, value: float) -> str:
        """Declare a class attribute and return how `self` reads it."""
        if self._replayed is not None:
            return next(self._replayed)
        read = self.init.parameter(wanted, value)
        if self._written is not None:
            self._written.append(read)
        return read

    def shared(self, name: str, value: float) -> str:
        """Return how `self` reads a parameter that both sides may have in common, declaring it once."""
        key = f"{name}={literal(value)}"
        if key not in self._common:
            self._common[key] = self.parameter(name, value)
        return self._common[key]

    def operand(self, value: Operand, bar: Bar, role: str) -> str:
        """Return the value on a bar."""
        match value:
            case Number():
                return literal(value.value) if value.value == 0 else self.parameter(f"{role}_level", value.value)
            case Price() if value.timeframe is None:
                return self._price(value, bar)
            case Price() | Indicator():
                settled = identity(value) in self.init.shifts or value.timeframe is not None
                shift = 0 if settled else value.shift
                return self._at(self.init.series(value), bar.earlier(shift))
            case SessionValue():
                return self._at(self.init.session_value(value), bar)
            case PositionValue():
                return POSITION[value.measure]
            case Arithmetic():
                return self._arithmetic(value, bar, role)

    def _price(self, price: Price, bar: Bar) -> str:
        at = bar.earlier(price.shift)
        if price.field in COLUMNS:
            return self._at(f"self.data.{COLUMNS[price.field]}", at)
        columns = BLENDS[price.field]
        total = " + ".join(self._at(f"self.data.{column}", at) for column in columns)
        return f"({total}) / {len(columns)}"

    def _at(self, series: str, bar: Bar) -> str:
        self._needs(bar)
        return f"{series}{bar.index}"

    def _needs(self, bar: Bar) -> None:
        """Nothing is decided before there is such a bar."""
        self.depth = max(self.depth, bar.back + 1 + self.reach)

    def _arithmetic(self, value: Arithmetic, bar: Bar, role: str) -> str:
        factor = {"*": f"{role}_factor", "/": f"{role}_divisor"}.get(value.operator, f"{role}_offset")
        sides = []
        for place, part in enumerate((value.left, value.right)):
            text = self.parameter(factor, part.value) if isinstance(part, Number) else self.operand(part, bar, role)
            if self._weaker(part, value.operator, place) and value.operator != "/":
                text = f"({text})"
            sides.append(text)
        if value.operator == "/":
            self.init.snippets.add("ratio")
            return f"ratio({sides[0]}, {sides[1]})"
        return f"{sides[0]} {value.operator} {sides[1]}"

    @staticmethod
    def _weaker(part: Operand, operator: str, place: int) -> bool:
        """Whether a part needs brackets inside a bigger expression."""
        if isinstance(part, Price) and part.field in BLENDS:
            return operator == "*" or (operator == "-" and place == 1)
        if not isinstance(part, Arithmetic) or part.operator == "/":
            return False
        inner, outer = ARITHMETIC_STRENGTH[part.operator], ARITHMETIC_STRENGTH[operator]
        return inner < outer or (inner == outer and place == 1)

    def condition(self, condition: Condition, role: str, bar: Bar = NOW) -> str:
        """Return a boolean expression that can be one of several joined by `and`."""
        text = self._condition(condition, role, bar)
        return f"({text})" if isinstance(_dated_back(condition), AnyOf) else text

    def _condition(self, condition: Condition, role: str, bar: Bar) -> str:
        """Return a boolean expression, without brackets around it."""
        match condition:
            case Comparison():
                left, right = self._both(condition, bar, role)
                return f"{left} {condition.relation} {right}"
            case Cross():
                return self._cross(condition, bar, role)
            case All() | AnyOf():
                word = " and " if isinstance(condition, All) else " or "
                return word.join(self._inner(part, role, bar) for part in condition.conditions)
            case Not():
                return f"not ({self._condition(condition.condition, role, bar)})"
            case Ago():
                self._needs(bar.earlier(condition.bars))
                return self._condition(condition.condition, role, bar.earlier(condition.bars))
            case Then():
                earlier = Within(condition=condition.first, bars=condition.bars)
                then = self._inner(condition.then, role, bar)
                return f"{then} and {self._repeated(earlier, role, bar.earlier(1))}"
            case Streak() | Within() | Often():
                return self._repeated(condition, role, bar)
            case Always():
                return "True"
            case _:
                return self._calendar(condition, bar)

    def _inner(self, part: Condition, role: str, bar: Bar) -> str:
        text = self._condition(part, role, bar)
        return f"({text})" if isinstance(_dated_back(part), All | AnyOf | Cross | Then) else text

    def _both(self, condition: Comparison | Cross, bar: Bar, role: str) -> tuple[str, str]:
        subject = subject_name(condition.left, condition.right)
        role = f"{subject}_{role}" if subject else role
        return self.operand(condition.left, bar, role), self.operand(condition.right, bar, role)

    def _cross(self, cross: Cross, bar: Bar, role: str) -> str:
        now, before = (">", "<=") if cross.direction == "above" else ("<", ">=")
        outer, self._written = self._written, []
        left, right = self._both(cross, bar, role)
        # Both bars are held against the same parameters.
        self._replayed, self._written = iter(self._written), outer
        earlier_left, earlier_right = self._both(cross, bar.earlier(1), role)
        self._replayed = None
        return f"{earlier_left} {before} {earlier_right} and {left} {now} {right}"

    def _repeated(self, condition: Streak | Within | Often, role: str, bar: Bar) -> str:
        word = "all" if isinstance(condition, Streak) else "any"
        loop = f"i{len(bar.loops)}" if len(bar.loops) >= len(LOOPS) else LOOPS[len(bar.loops)]
        counted = f"range(1, {condition.bars + 1})" if not bar.loops else f"range({condition.bars})"
        self.reach += condition.bars - 1
        self._needs(bar)
        inner = self._condition(condition.condition, role, Bar(bar.back, (*bar.loops, loop)))
        self.reach -= condition.bars - 1
        if isinstance(condition, Often):
            return f"sum(1 for {loop} in {counted} if {inner}) >= {condition.times}"
        return f"{word}({inner} for {loop} in {counted})"

    def _calendar(self, condition: Condition, bar: Bar) -> str:
        day = self._at("self.data.index", bar)
        match condition:
            case OnWeekday():
                names = [f'"{name.capitalize()}"' for name in condition.days]
                return f"{day}.day_name() {_among(names)}"
            case InMonth():
                return f"{day}.month {_among([str(month) for month in condition.months])}"
            case TimeOfDay():
                return self._time_of_day(condition, bar)
            case MonthDay():
                before = self._at("self.data.index", bar.earlier(1))
                month = f"({before}.year, {before}.month) != ({day}.year, {day}.month)"
                since = f"{before}.day < {condition.day} or {month}"
                return f"{day}.day >= {condition.day} and ({since})"
            case SessionTime():
                return self._in_session(condition, bar)
            case TradingDay():
                return self._trading_day(condition, bar)
            case _:
                raise TypeError(f"no code is known for {type(condition).__name__}")

    def _time_of_day(self, condition: TimeOfDay, bar: Bar) -> str:
        start, end = f'"{condition.start}"', f'"{condition.end}"'
        if condition.zone is None:
            clock = f'{self._at("self.data.index", bar)}.strftime("%H:%M")'
        else:
            self.init.imports.add("local_clock")
            call = f'self.I(local_clock, self.data.index, "{condition.zone}", plot=False)'
            clock = self._at(self.init.keep(f"clock {condition.zone}", "local_clock", call), bar)
            start, end = (str(60 * int(time[:2]) + int(time[3:])) for time in (condition.start, condition.end))
        if condition.start <= condition.end:
            return f"{start} <= {clock} <= {end}"
        return f"not {end} < {clock} < {start}"

    def _in_session(self, condition: SessionTime, bar: Bar) -> str:
        minutes = self.init.session_minutes(condition.session)
        since, left, step = (self._at(f"{minutes}[{row}]", bar) for row in range(3))
        match condition.part:
            case "first":
                return f"0 <= {since} < {condition.minutes}"
            case "after":
                return f"{since} >= {condition.minutes}"
            case "last":
                return f"0 <= {left} <= {condition.minutes}"
        return f"0 <= {left} <= 2 * {step}"

    def _trading_day(self, condition: TradingDay, bar: Bar) -> str:
        if condition.ordinal > 0:
            function, wish = "trading_day", f"trading_day_of_{condition.period}"
            self.init.snippets.add(function)
        else:
            function, wish = "trading_days_left", f"days_left_in_{condition.period}"
            self.init.imports.add(function)
        call = f'self.I({function}, self.data.index, "{PERIODS[condition.period]}", plot=False)'
        number = self._at(self.init.keep(wish, wish, call), bar)
        return f"{number} == {abs(condition.ordinal)}"


def _dated_back(condition: Condition) -> Condition:
    """Return what is written for a condition of an earlier bar: the condition itself, about that bar."""
    while isinstance(condition, Ago):
        condition = condition.condition
    return condition


def subject_name(left: Operand, right: Operand) -> str:
    """Return the word that names a threshold: what is compared with it."""
    for value in (left, right):
        if isinstance(value, Indicator):
            return value.name
        if isinstance(value, Price):
            return value.field
    return ""


def _among(names: list[str]) -> str:
    return f"== {names[0]}" if len(names) == 1 else f"in ({', '.join(names)})"
