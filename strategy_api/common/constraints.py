"""Database constraints that several apps use."""

from django.db import models
from django.db.models import Q


def one_of(field: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    """Return a constraint that lets a field have the values of its choices only."""
    return models.CheckConstraint(condition=Q(**{f"{field}__in": choices.values}), name=name)
