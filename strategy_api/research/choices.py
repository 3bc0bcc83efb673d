"""The values that columns of this app may have."""

from django.db.models import TextChoices


class LookKind(TextChoices):
    """How the sealed bars were seen."""

    OPENING = "opening", "opening"
    LOOK = "look", "look"
