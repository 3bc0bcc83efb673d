"""What reads of several apps share."""

from typing import Any

from django.db.models import QuerySet


def visible_to(user: Any, rows: QuerySet, *, owner: str = "owner") -> QuerySet:
    """Return the rows that a user may see: their own; staff see all."""
    return rows if user.is_staff else rows.filter(**{owner: user})


def filtered(rows: Any, **wanted: Any) -> Any:
    """Return the rows that have these values; None leaves a value open."""
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})
