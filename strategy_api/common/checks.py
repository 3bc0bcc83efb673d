"""Checks that Django runs when it starts, and `doctor` shows."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register()
def names_in_the_environment_file(**_: Any) -> list[CheckMessage]:
    """Warn of names in `.env` that nothing reads: a misspelt setting would stay at its default without a word."""
    return [
        Warning(
            f".env names {name}, which nothing reads.",
            hint=f"Perhaps {meant} is meant." if meant else "Remove it; .env.example lists every setting.",
            id="algoagent.W001",
        )
        for name, meant in settings.UNKNOWN_ENVIRONMENT_NAMES.items()
    ]
