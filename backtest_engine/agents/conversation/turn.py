"""A turn at work: what the nodes of the conversation read and write."""

from dataclasses import dataclass, field
from typing import Any

from backtest_engine.agents.conversation.refining import Refined
from backtest_engine.agents.conversation.state import (
    Command,
    CommandKind,
    Intent,
    Message,
    MessageType,
    Option,
    Plan,
    Question,
    State,
)
from backtest_engine.agents.conversation.words import Said, listen

RESEARCH: frozenset[CommandKind] = frozenset(["optimize", "spread", "significance"])


@dataclass
class Turn:
    """One event on its way through the nodes. `outcomes` are those of the last commands, None before there are any.

    `abilities` are the kinds of command that can be carried out here.
    """

    state: State
    abilities: frozenset[str]
    text: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    outcomes: list[dict[str, Any]] | None = None
    messages: list[Message] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    consumed: bool = False
    refined: Refined | None = None

    @property
    def said(self) -> Said:
        """The turn's words."""
        return listen(self.text)

    @property
    def plan(self) -> Plan:
        """What the turn is about to do."""
        if self.state.plan is None:
            raise ValueError("The turn has no plan.")
        return self.state.plan

    def say(self, kind: MessageType, content: str, **facts: Any) -> None:
        """Add a message; each says which intent it answers."""
        metadata = {"intent": self.state.intent, **facts.pop("metadata", {})}
        self.messages.append(Message(message_type=kind, content=content, metadata=metadata, **facts))

    def ask(self, text: str, options: list[Option], *, said: str = "") -> None:
        """Put a question, which the next turn may answer by an option's id or in words."""
        intent: Intent = self.state.intent or "unknown"
        question = Question(id=f"q{self.state.turn}", text=text, intent=intent, options=options, said=said)
        self.state.question = question
        shown = [{"id": one.id, "label": one.label, "wording": one.wording} for one in options]
        self.say("question", text, metadata={"question_id": question.id, "options": shown, "question": text})

    def command(self, kind: CommandKind, **parameters: Any) -> None:
        """Ask for work."""
        self.commands.append(Command(kind=kind, parameters=parameters))
