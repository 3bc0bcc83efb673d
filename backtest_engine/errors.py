"""Everything that can go wrong, drawn once: the branches say whose fault it is, since that decides what happens next.

    AlgoAgentError
    ├── RequestError          the caller's: say what is wrong with the request, change nothing, try nothing again
    │   ├── UnknownSymbol, InvalidDates, DatesOutsideData, UnsupportedInterval, InvalidParameter, InvalidData
    │   ├── DescriptionRefused     the description cannot become a strategy, and why
    │   ├── NeedsClarification     it could, once the questions are answered
    │   └── BudgetExhausted        the day's money for language models is spent
    ├── StrategyError         the strategy's: the fixer repairs it
    │   ├── StrategyRejected       found without running it: syntax, structure, a static rule
    │   ├── StrategyRaised         it raised while it ran
    │   ├── LimitExceeded          it used more time, memory or output than allowed
    │   ├── SandboxViolation       it reached for something the sandbox does not give
    │   └── InvalidJournal         what it returned is not an order journal
    ├── VendorError           the vendor's: wait and try again, or ask the next one
    │   ├── DataUnavailable
    │   ├── ModelUnavailable       no language model answers now
    │   └── AnswerUnusable         one answered, and the answer is no use: cut off, blocked, recited, malformed
    ├── Cancelled             the user's wish
    └── EngineError           ours: it propagates and someone is paged
        └── SandboxUnavailable     a wall is missing: refuse to run rather than run unsafely

Every error has a stable `code` for clients and for history. Errors cross process borders by pickling, so every
constructor argument has a default.
"""

from typing import Any


class AlgoAgentError(Exception):
    """Base of all errors that this package raises on purpose."""

    code = "error"
    retryable = False

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        line: int | None = None,
        hint: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        self.line = line
        self.hint = hint
        self.details = details or {}

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), dict(self.__dict__))

    def as_dict(self) -> dict[str, Any]:
        """Return the error as the CLI and the API show it."""
        shown: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "line": self.line,
            "hint": self.hint,
        }
        if self.details:
            shown["details"] = self.details
        return shown


def _rebuild(kind: type[AlgoAgentError], state: dict[str, Any]) -> AlgoAgentError:
    error = kind(state.get("message", ""))
    error.__dict__.update(state)
    return error


class RequestError(AlgoAgentError):
    """The request cannot be served as it stands."""

    code = "invalid_request"


class UnknownSymbol(RequestError):
    """No configured source knows the symbol."""

    code = "unknown_symbol"


class InvalidDates(RequestError):
    """The start is not before the end, or one of them is no date."""

    code = "invalid_dates"


class DatesOutsideData(RequestError):
    """The source knows the symbol, but has no bars in the range."""

    code = "dates_outside_data"


class UnsupportedInterval(RequestError):
    """The source does not serve this symbol at this interval."""

    code = "unsupported_interval"


class InvalidParameter(RequestError):
    """A strategy parameter that the strategy does not declare, or of a wrong type."""

    code = "invalid_parameter"


class InvalidData(RequestError):
    """The bars are corrupt and were refused."""

    code = "invalid_data"


class DescriptionRefused(RequestError):
    """The description cannot become a strategy; `details["problems"]` names the words and the reasons."""

    code = "not_understood"


class NeedsClarification(RequestError):
    """The description is ambiguous or incomplete; `details["questions"]` says what to answer."""

    code = "needs_clarification"


class InvalidAnswer(RequestError):
    """An answer to a question that the description does not raise, or one that cannot be read."""

    code = "invalid_answer"


class BudgetExhausted(RequestError):
    """The money for language models is spent; `details` holds `resets_at`, `limit_usd` and `spent_usd`."""

    code = "budget_exhausted"


class StrategyError(AlgoAgentError):
    """The strategy's code is at fault; repairing the code helps, trying again does not.

    `details` may hold `phase` (compile, import, init, next), `exception_type`, `root_type`, `root_message`,
    `function`, `source_line`, and `log`, what the strategy printed.
    """

    code = "strategy_error"


class StrategyRejected(StrategyError):
    """Refused before it ran."""

    code = "strategy_rejected"


class StrategyRaised(StrategyError):
    """The strategy raised an exception."""

    code = "strategy_raised"


class LimitExceeded(StrategyError):
    """The strategy used more than it may; the code names the limit, as in `wall_time_limit`."""

    code = "limit_exceeded"


class SandboxViolation(StrategyError):
    """The strategy tried something that the sandbox forbids and was stopped."""

    code = "sandbox_violation"


class InvalidJournal(StrategyError):
    """The child returned something other than a well-formed, possible order journal."""

    code = "invalid_journal"


class VendorError(AlgoAgentError):
    """Someone else's service failed."""

    code = "vendor_error"
    retryable = True


class DataUnavailable(VendorError):
    """A data source cannot answer now."""

    code = "data_unavailable"


class ModelUnavailable(VendorError):
    """No answer from a language model; `details["retry_after"]` (seconds) says when to ask again, where that helps."""

    code = "model_unavailable"

    def __init__(self, message: str = "", *, retryable: bool = True, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.retryable = retryable

    @property
    def untried(self) -> bool:
        """Whether nobody was asked: the request's turn has not come, and will."""
        return self.code in ("keys_busy", "worker_busy", "answer_in_flight")


class AnswerUnusable(VendorError):
    """A language model answered, and was paid, but the answer cannot be used; the code says why."""

    code = "answer_unusable"
    retryable = False


class Cancelled(AlgoAgentError):
    """The run was cancelled by its owner."""

    code = "cancelled"


class EngineError(AlgoAgentError):
    """Our own fault, or the machine's."""

    code = "internal_error"


class SandboxUnavailable(EngineError):
    """The sandbox failed its self-test or cannot start; nothing is executed."""

    code = "sandbox_unavailable"
