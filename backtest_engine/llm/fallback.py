"""A chain of models: the next is asked where one cannot answer, and the last alone when money gets short."""

import logging
from collections.abc import Callable, Sequence

from backtest_engine.errors import AlgoAgentError, BudgetExhausted, ModelUnavailable
from backtest_engine.ports import CancelSignal, Completion, LanguageModel, Prompt

logger = logging.getLogger(__name__)


class FallbackModel:
    """Asks the first of a chain that can answer.

    An answer that is no use was paid for, and is not asked for again. A model whose turn comes soon is waited for, by
    whoever called: another would write another strategy, and an equal request under way would be paid twice.

    `short_of_money` says whether the budget's threshold is passed.
    """

    def __init__(self, models: Sequence[LanguageModel], *, short_of_money: Callable[[], bool] = lambda: False) -> None:
        if not models:
            raise ValueError("A chain needs a model.")
        self._models = models
        self._short_of_money = short_of_money

    def complete(self, prompt: Prompt, *, cancelled: CancelSignal | None = None) -> Completion:
        """Return the first answer; raise the error that says when to ask again soonest."""
        models = self._models[-1:] if self._short_of_money() else self._models
        errors: list[AlgoAgentError] = []
        for model in models:
            try:
                return model.complete(prompt, cancelled=cancelled)
            except (ModelUnavailable, BudgetExhausted) as error:
                if isinstance(error, ModelUnavailable) and error.untried:
                    raise
                logger.info("A model cannot answer (%s), the next is asked", error.code)
                errors.append(error)
        raise min(errors, key=_patience)


def _patience(error: AlgoAgentError) -> tuple[bool, float]:
    return not error.retryable, float(error.details.get("retry_after", 0.0))
