"""Values that fields may have."""

from django.db.models import TextChoices


class Role(TextChoices):
    """Who said something."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageType(TextChoices):
    """How a client shows a message."""

    TEXT = "text"
    CODE = "code"
    METRICS = "metrics"
    BACKTEST_REPLAY = "backtest_replay"
    QUESTION = "question"
    DIFF = "diff"
    COMPARISON = "comparison"
    STUDY = "study"
    WARNING = "warning"
    ERROR = "error"


class Node(TextChoices):
    """Where a conversation stands between two turns, or in one."""

    ENTRY = "entry"
    CLARIFY = "clarify"
    DESIGN = "design"
    COMPILE = "compile"
    RESPOND = "respond"
    AWAIT_FEEDBACK = "await_feedback"
    END = "end"
