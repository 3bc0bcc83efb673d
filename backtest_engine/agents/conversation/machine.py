"""The conversation as a machine: an event goes through nodes until one waits for runs or for the next turn."""

from collections.abc import Mapping

from backtest_engine.agents.conversation.nodes import NODES
from backtest_engine.agents.conversation.state import Command, Event, Message, NodeName, State, UserSaid
from backtest_engine.agents.conversation.turn import Turn

ALL_COMMANDS = frozenset(["generate", "revise", "execute", "fix", "look"])
# More steps than a turn can take: a circle is a mistake of this table.
_MOST_STEPS = 40
# Where a conversation stays until somebody says something.
_WAITING = frozenset(["await_feedback", "end"])

# From a node and what came of it to the next node.
TRANSITIONS: Mapping[tuple[NodeName, str], NodeName] = {
    ("entry", "new_strategy"): "clarify",
    ("entry", "answer"): "respond",
    ("entry", "said"): "await_feedback",
    ("await_feedback", "new_strategy"): "clarify",
    ("await_feedback", "modify_spec"): "clarify",
    ("await_feedback", "undo"): "design",
    ("await_feedback", "modify_code"): "design",
    ("await_feedback", "rerun_backtest"): "compile",
    ("await_feedback", "answer"): "respond",
    ("clarify", "understood"): "design",
    ("clarify", "rerun_backtest"): "compile",
    ("clarify", "asked"): "respond",
    ("design", "written"): "compile",
    ("design", "nothing"): "respond",
    ("compile", "succeeded"): "respond",
    ("compile", "unknown_symbol"): "clarify",
    ("compile", "failed"): "design",
    ("compile", "gave_up"): "respond",
    ("respond", "answered"): "await_feedback",
    ("respond", "ended"): "end",
    ("end", "said"): "await_feedback",
}


def step(
    state: State, event: Event, *, abilities: frozenset[str] = ALL_COMMANDS
) -> tuple[State, list[Message], list[Command]]:
    """Return the state after an event, the messages to show and the work to do.

    Pure: the same state and event give the same messages, byte for byte. With commands the conversation waits for
    `RunEnded`; without, for the next `UserSaid`. `abilities` are the kinds of command that can be carried out.
    """
    turn = Turn(state=state.model_copy(deep=True), abilities=abilities)
    if isinstance(event, UserSaid):
        turn.state.turn += 1
        turn.text, turn.answers = event.text, dict(event.answers)
    else:
        turn.text = turn.state.plan.said if turn.state.plan is not None else ""
        turn.outcomes, turn.consumed = event.outcomes, True
    for _ in range(_MOST_STEPS):
        node = turn.state.node
        signal = None if turn.consumed and node in _WAITING else NODES[node](turn)
        if signal is None:
            return turn.state, turn.messages, turn.commands
        turn.state.node = TRANSITIONS[node, signal]
    raise RuntimeError("The conversation goes round in circles.")


def drawn() -> str:
    """Return the transition table as a Mermaid state diagram, for the documents."""
    lines = ["stateDiagram-v2", "    [*] --> entry"]
    lines += [f"    {start} --> {end}: {signal}" for (start, signal), end in TRANSITIONS.items()]
    return "\n".join([*lines, "    end --> [*]"])
