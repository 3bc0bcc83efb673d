"""Verdicts on strategies, each with a reason and the version that it is on."""

from django.contrib.auth.models import User
from django.db import transaction

from strategy_api.strategies.models import Review, Strategy


@transaction.atomic
def review_strategy(*, strategy: Strategy, reviewer: User, status: str, comment: str = "") -> Review:
    """Record a verdict on the current version; it becomes the strategy's status."""
    held = Strategy.objects.select_for_update().get(pk=strategy.pk)
    review = Review.objects.create(
        strategy=held, version=held.current_version, reviewer=reviewer, status=status, comment=comment
    )
    held.status = status
    held.save(update_fields=["status", "updated_at"])
    return review
