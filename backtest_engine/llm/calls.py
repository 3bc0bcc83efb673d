"""The record of what models were asked, as whoever keeps it sees it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call about to be made: `digest` tells equal requests, `reserve_usd` is the most that it can cost.

    `message_count` is the length of the history that is sent: one request of an agent's loop after the other.
    """

    provider: str
    model: str
    purpose: str
    prompt_version: str
    digest: str
    reserve_usd: Decimal
    message_count: int = 1
    streamed: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was answered: `text` for people, `response` (JSON of a pydantic-ai `ModelResponse`) for use again.

    `output_tokens` counts thoughts too, since they are billed; `keys` are fingerprints of the keys that were used.
    """

    text: str
    response: str
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    keys: tuple[str, ...] = ()


class CallLog(Protocol):
    """Writes calls down, and holds the budget."""

    def earlier(self, call: Call) -> str | None:
        """Return the `response` of a finished, valid answer to an equal request, and write down that it was used again.

        To the same run, also one that was not valid: asked again later, it must not be paid again.
        """

    def begin(self, call: Call) -> Any:
        """Reserve the money and return a ticket; raise `BudgetExhausted`, or `ModelUnavailable` while an equal
        request is under way.
        """

    def answered(self, ticket: Any, answer: Answer, *, cost_usd: Decimal, reusable: bool) -> None:
        """Settle a call that was answered."""

    def failed(self, ticket: Any, code: str, *, details: dict[str, Any], cost_usd: Decimal) -> None:
        """Settle a call that gave no answer that can be used; details are tokens and keys, where known."""

    def rejected(self, digest: str) -> None:
        """Keep the answers to this request from being used again: what they hold was not accepted."""
