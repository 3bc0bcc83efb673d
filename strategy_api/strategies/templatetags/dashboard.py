"""`{% dashboard as name %}`: the figures of the admin's first page."""

from typing import Any

from django import template

from strategy_api.strategies.dashboard import summary

register = template.Library()


@register.simple_tag
def dashboard() -> dict[str, Any]:
    """Return the figures of this moment."""
    return summary()
