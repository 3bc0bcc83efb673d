"""What pieces hold before it is settled what they refer to."""

from dataclasses import dataclass
from typing import Any

from backtest_engine.spec import Condition, Operand


@dataclass(frozen=True)
class Call:
    """An indicator as it was said: `name` is empty where only a line or a length was named."""

    name: str
    numbers: tuple[float, ...] = ()
    output: str | None = None
    source: Any = None
    shift: int = 0
    timeframe: str | None = None


@dataclass(frozen=True)
class Extreme:
    """The highest or lowest of a price over some bars; `excluding` this one where that was said."""

    which: str
    field: str
    bars: int
    excluding: bool | None = None
    shift: int = 0


@dataclass(frozen=True)
class Sum:
    """Two values combined."""

    operator: str
    left: Any
    right: Any


@dataclass(frozen=True)
class Its:
    """A value of what it is compared with: `the volume is above its average`."""

    value: Any


@dataclass(frozen=True)
class Percent:
    """A number of percent that a value is compared with."""

    value: float


class Away(Sum):
    """A line so many percent beyond a value."""


@dataclass(frozen=True)
class It:
    """What was spoken of before."""

    words: str = "it"


@dataclass(frozen=True)
class Compared:
    """One value against another; None stands for what was left out. `verb` is is, cross, move or break."""

    left: Any
    relation: str
    right: Any
    verb: str = "is"


@dataclass(frozen=True)
class Group:
    """Conditions joined by one word."""

    word: str
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Span:
    """A condition over bars: `streak`, `within` or `ago`; `not` has none."""

    kind: str
    inner: Any
    bars: int = 1


@dataclass(frozen=True)
class Known:
    """A condition that refers to nothing else."""

    condition: Condition


@dataclass(frozen=True)
class Sloping:
    """A value against its own past."""

    value: Any
    relation: str
    bars: int = 1


@dataclass(frozen=True)
class Term:
    """A field of a side or of the specification, with its value; `side` where it was named."""

    field: str
    value: Any
    side: str | None = None


@dataclass(frozen=True)
class Action:
    """What is done: `buy`, `sell`, `short`, `cover`, `exit`, `reverse`."""

    name: str


Value = Call | Extreme | Sum | It | Operand
