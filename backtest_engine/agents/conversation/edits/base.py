"""What readers of edits take and give."""

from collections.abc import Callable
from dataclasses import dataclass, field

from backtest_engine.errors import DescriptionRefused
from backtest_engine.language.explain import explain
from backtest_engine.spec import StrategySpec


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One thing that an edit may mean: the strategy that comes of it.

    `label` says what is changed in a few words, for an option of a question. What is not `sure` is asked about even
    where nothing else is meant.
    """

    spec: StrategySpec
    label: str
    sure: bool = True


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What an edit is read against: the strategy so far, and which rule was spoken of last.

    `earlier` are the strategies before this one, the newest first.
    `touched` are the places of the numbers that the last turn set, `correcting` says that this one is
    about it.
    """

    spec: StrategySpec
    role: str = ""
    earlier: tuple[StrategySpec, ...] = ()
    touched: frozenset[tuple[str | int, ...]] = frozenset()
    correcting: bool = False


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a reader makes of a clause. `role` is the rule that it spoke of; `why` says what stands in the way."""

    choices: tuple[Choice, ...] = ()
    role: str = ""
    why: str = ""
    question: str = ""


Reader = Callable[[str, Situation], Reading | None]


class Impossible(Exception):
    """A clause that was understood and cannot be done."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass
class Asked:
    """Choices gathered without doubles."""

    choices: dict[str, Choice] = field(default_factory=dict)

    def add(self, choice: Choice) -> None:
        """Keep the choice unless the same strategy is there."""
        self.choices.setdefault(explain(choice.spec), choice)

    def reading(self, *, role: str = "", question: str = "") -> Reading | None:
        """Return what was gathered, nothing where that is nothing."""
        if not self.choices:
            return None
        return Reading(choices=tuple(self.choices.values()), role=role, question=question)


def beyond(error: DescriptionRefused) -> str:
    """Return why words ask for what no strategy here can see; empty where they are only not understood."""
    problems = error.details.get("problems", ())
    said = [problem for problem in problems if str(problem["code"]).startswith(("needs_", "future", "not_"))]
    return "; ".join(f"'{one['text']}' {one['why']}" for one in said if one["code"] != "not_understood")
