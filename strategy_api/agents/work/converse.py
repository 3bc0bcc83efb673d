"""The work of a turn: the machine is stepped, its commands become children, and all it says is written at the end.

An attempt after a crash steps the machine anew from the state before the turn. Children are found by their place, so it
says the same; messages and state are written in one transaction, with the run's outcome.
"""

from typing import Any

from django.utils import timezone

from backtest_engine.agents.conversation import Command, RunEnded, State, UserSaid, step
from backtest_engine.agents.conversation import Message as Said
from backtest_engine.errors import VendorError
from strategy_api.agents.models import Conversation, Message
from strategy_api.agents.shown import message_data
from strategy_api.agents.topics import topic_of
from strategy_api.agents.work.commands import COMMANDS, ByRun, outcome_of
from strategy_api.common.storable import storable
from strategy_api.llm import language_models
from strategy_api.runs.kinds import RunKind, Submission
from strategy_api.runs.models import Run
from strategy_api.runs.stored_topics import publish
from strategy_api.runs.worker import Job
from strategy_api.strategies.selectors import own_strategy
from strategy_api.strategies.services import update_strategy

PROGRESS = {
    "revise": "Writing the version and backtesting it",
    "execute": "Backtesting",
    "fix": "Repairing",
    "generate": "Asking a language model",
}


class EarlierTurn(VendorError):
    """The turn before this one is still being worked on."""

    code = "earlier_turn"
    untried = True


def converse(job: Job) -> None:
    """Answer one turn."""
    conversation = Conversation.objects.get(pk=str(job.run.subject_id))
    turn = conversation.messages.get(seq=job.parameters["turn"])
    _after_earlier_turns(conversation, turn)
    state = State.model_validate(conversation.state)
    if conversation.strategy_id is None and state.strategy is not None:
        # It was deleted: what is left is the specification, to begin a strategy anew with.
        state.strategy = None
    worker = _Turn(job, conversation, turn)
    state, said = worker.answer(state, UserSaid(text=turn.content, answers=turn.answers))
    job.result["turn"] = turn.seq
    job.result["intent"] = state.intent
    job.writes.append(lambda: worker.write(state, said))


def _after_earlier_turns(conversation: Conversation, turn: Message) -> None:
    earlier = Run.objects.about(conversation).unfinished().filter(messages__seq__lt=turn.seq, messages__role="user")
    if earlier.exists():
        raise EarlierTurn("The turn before is still being worked on.", details={"retry_after": 0.2})


class _Turn:
    def __init__(self, job: Job, conversation: Conversation, turn: Message) -> None:
        self._job = job
        self._conversation = conversation
        self._turn = turn
        self._position = 0

    def answer(self, state: State, event: UserSaid) -> tuple[State, list[Said]]:
        """Step the machine until it waits for the next turn; raise where a child has not ended."""
        abilities = frozenset(COMMANDS) | ({"model"} if language_models.configured() else frozenset())
        state, said, commands = step(state, event, abilities=abilities)
        while commands:
            outcomes = self._carry_out(commands, state.node)
            state, more, commands = step(state, RunEnded(outcomes=outcomes), abilities=abilities)
            said += more
        return state, said

    def _carry_out(self, commands: list[Command], node: str) -> list[dict[str, Any]]:
        """Do the commands; the first run at once in this worker, the others by whoever is free."""
        first = self._position + 1
        self._position += len(commands)
        placed = list(enumerate(commands, first))
        for position, command in placed[1:]:
            self._child(command, position, node, at_once=False)
        outcomes = {}
        for position, command in placed:
            how = COMMANDS[command.kind]
            if isinstance(how, ByRun):
                self._child(command, position, node, at_once=position == first)
            else:
                outcomes[position] = how(self._job, command.parameters)
        self._job.wait_for_children()
        ended = {child.position: child for child in self._job.children.filter(position__gte=first)}
        return [outcomes.get(position) or outcome_of(ended[position]) for position, _ in placed]

    def _child(self, command: Command, position: int, node: str, *, at_once: bool) -> None:
        how = COMMANDS[command.kind]
        if not isinstance(how, ByRun):
            return
        if not self._job.children.filter(position=position).exists():
            self._tell(command, node)
        submit = self._job.do_child if at_once else self._queue_child
        submit(how.kind, position=position, submission=how.submission(command.parameters))

    def _queue_child(self, kind: RunKind, *, position: int, submission: Submission) -> None:
        self._job.submit_child(kind, {}, position=position, submission=submission)

    def _tell(self, command: Command, node: str) -> None:
        symbol = (command.parameters.get("settings") or {}).get("symbol")
        message = PROGRESS.get(command.kind, command.kind) + (f" on {symbol}" if symbol else "")
        progress = {"turn": self._turn.seq, "step": command.kind, "message": message}
        self._job.emit("turn.progress", step=command.kind, message=message)
        publish(topic_of(self._conversation.pk), [("node", {"node": node}), ("progress", progress)])

    def write(self, state: State, said: list[Said]) -> None:
        """Write the answer and the state; called in the transaction that settles the run."""
        conversation = Conversation.objects.select_for_update().get(pk=self._conversation.pk)
        first = conversation.last_seq + 1
        rows = [
            Message(
                conversation=conversation,
                seq=seq,
                role=Message.Role.ASSISTANT,
                message_type=one.message_type,
                content=storable(one.content),
                metadata=storable(one.metadata),
                metrics=storable(one.metrics),
                backtest_data=storable(one.backtest_data),
                reply_to=self._turn.seq,
                run=self._job.run,
            )
            for seq, one in enumerate(said, first)
        ]
        Message.objects.bulk_create(rows)
        renamed = state.title != conversation.title
        conversation.title = state.title[:200]
        conversation.node = state.node
        conversation.goal = state.goal
        conversation.feedback_intent = state.intent or ""
        conversation.state = storable(state.model_dump(mode="json"))
        conversation.strategy = own_strategy(conversation.owner, state.strategy)
        conversation.last_seq += len(rows)
        conversation.updated_at = timezone.now()
        conversation.save()
        if renamed and conversation.strategy is not None and state.intent == "name":
            update_strategy(strategy=conversation.strategy, name=conversation.title)
        node = {"node": state.node, "awaiting_feedback": True, "feedback_intent": state.intent, "turn": self._turn.seq}
        events = [("message", message_data(row)) for row in rows]
        publish(topic_of(conversation.pk), [*events, ("node", node)])
