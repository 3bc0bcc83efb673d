"""What a conversation knows: plain data that goes through JSON unchanged, so that a row can hold it between turns."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Intent = Literal[
    "new_strategy",
    "modify_spec",
    "rerun_backtest",
    "modify_code",
    "explain",
    "why_no_trades",
    "why",
    "compare",
    "optimize",
    "spread",
    "significance",
    "undo",
    "name",
    "paper",
    "end",
    "unknown",
]
NodeName = Literal["entry", "clarify", "design", "compile", "respond", "await_feedback", "end"]
MessageType = Literal[
    "text", "code", "metrics", "backtest_replay", "question", "diff", "comparison", "study", "warning", "error"
]
CommandKind = Literal["generate", "revise", "execute", "fix", "look", "optimize", "spread", "significance"]


class Record(BaseModel):
    """Data of a conversation."""

    model_config = ConfigDict(extra="forbid")


class Result(Record):
    """A backtest that was seen in the conversation, as far as later turns need it."""

    execution: str
    version: int | None = None
    symbol: str
    interval: str
    first: str
    last: str
    metrics: dict[str, Any] = Field(default_factory=dict)


class Change(Record):
    """What was current after a turn that changed something: spec, settings, and what came of running them.

    `parent` is the place of the change that it was made from: where undoing it leads.
    """

    turn: int
    parent: int | None = None
    spec: dict[str, Any] | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    version: int | None = None
    said: str = ""
    results: list[Result] = Field(default_factory=list)


class Option(Record):
    """One answer to a question. `wording` is what could be typed instead."""

    id: str
    label: str
    wording: str
    spec: dict[str, Any] | None = None
    settings: dict[str, Any] | None = None


class Question(Record):
    """What the conversation waits to hear; `intent` is that of the turn that it belongs to."""

    id: str
    text: str
    intent: Intent
    options: list[Option] = Field(default_factory=list)
    said: str = ""


class Plan(Record):
    """What a turn is about to do: kept while its runs work."""

    intent: Intent
    spec: dict[str, Any] | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    symbols: list[str] = Field(default_factory=list)
    said: str = ""
    name: str = ""
    code: str = ""
    explanation: str = ""
    assumptions: list[str] = Field(default_factory=list)
    fixes: int = 0
    note: str = ""
    replaces: bool = False
    back_to: int | None = None
    focus: dict[str, Any] = Field(default_factory=dict)


class State(Record):
    """A conversation between two turns."""

    node: NodeName = "entry"
    turn: int = 0
    intent: Intent | None = None
    title: str = ""
    goal: str = ""
    strategy: str | None = None
    version: int | None = None
    spec: dict[str, Any] | None = None
    code: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)
    changes: list[Change] = Field(default_factory=list)
    question: Question | None = None
    plan: Plan | None = None
    tried: list[str] = Field(default_factory=list)
    best: dict[str, Any] | None = None
    shown: list[Result] = Field(default_factory=list)

    @property
    def change(self) -> Change | None:
        """The change that is current."""
        return self.changes[-1] if self.changes else None


class Message(Record):
    """One message of the assistant, in the shape that clients render by its type."""

    message_type: MessageType
    content: str
    metadata: dict[str, Any] = Field(default_factory=dict)
    metrics: dict[str, Any] | None = None
    backtest_data: dict[str, Any] | None = None


class Command(Record):
    """Work for somebody else: it becomes a run."""

    kind: CommandKind
    parameters: dict[str, Any] = Field(default_factory=dict)


class UserSaid(Record):
    """Somebody typed something, or picked options of questions."""

    text: str = ""
    answers: dict[str, str] = Field(default_factory=dict)


class RunEnded(Record):
    """The runs of the last commands have ended: one outcome each, in their order.

    An outcome has `state`, and `result` or `error`, as the run has them.
    """

    outcomes: list[dict[str, Any]]


Event = UserSaid | RunEnded
