"""Orders that never became a trade, counted by reason: the first of each kind is kept with its figures."""

from dataclasses import dataclass, field

# What became of an order that was not filled.
REASONS = (
    "below_one_unit",  # its share of the account does not buy one unit
    "no_cash",  # nothing was left to invest, or less than the order costs
    "margin",  # it needed more than was free beside the open trades
    "wrong_side",  # refused when it was given: a level on the wrong side of its price, or no price at all
    "expired",  # withdrawn by the strategy before it was filled
    "replaced",  # cancelled by a later order, since orders are exclusive
    "still_waiting",  # not filled when the data ended
)


@dataclass(kw_only=True)
class Loss:
    """How often a reason came up, the bar of the first time, and what was known of that order."""

    count: int
    bar: int
    figures: dict[str, float]


@dataclass(kw_only=True)
class Losses:
    """Counts of entry orders: placed, filled, and lost by reason."""

    placed: int = 0
    filled: int = 0
    by_reason: dict[str, Loss] = field(default_factory=dict)

    def add(self, reason: str, bar: int, **figures: float) -> None:
        """Count one more order that came to nothing on a bar."""
        loss = self.by_reason.get(reason)
        if loss is None:
            self.by_reason[reason] = Loss(count=1, bar=bar, figures=figures)
        else:
            loss.count += 1
