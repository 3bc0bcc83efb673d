"""Words of the scanner."""

from django.db import models


class FeedName(models.TextChoices):
    """Where bars come from."""

    REPLAY = "replay"
    CCXT = "ccxt"
    ALPACA = "alpaca"
    YAHOO = "yahoo"


class Label(models.TextChoices):
    """What a score means."""

    STRONG_BUY = "strong_buy"
    BUY = "buy"
    NEUTRAL = "neutral"
    SELL = "sell"
    STRONG_SELL = "strong_sell"


class AlertState(models.TextChoices):
    """How far the delivery of an alert is. `unknown`: it was sent, and no answer came; it is not sent again."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
