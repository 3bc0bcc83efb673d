"""Runs and their events: the row is the truth, a broker's message only a hint to look at it."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from strategy_api.common.constraints import one_of
from strategy_api.runs.choices import RunState


class RunQuerySet(models.QuerySet):
    """The questions that workers ask of runs."""

    def claimable(self, now: Any) -> "RunQuerySet":
        """Runs that a worker may take: never started, or lost by a worker that went silent."""
        waiting = Q(state=Run.State.QUEUED) & (Q(not_before=None) | Q(not_before__lte=now))
        lost = Q(state=Run.State.RUNNING, lease_until__lt=now)
        return self.filter(waiting | lost, attempt__lt=F("max_attempts"))

    def fairest_first(self) -> "RunQuerySet":
        """Order by whose turn it is: the owner who has waited longest since a worker last took a run of theirs."""
        same_owner = Run.objects.filter(owner=OuterRef("owner"), started_at__isnull=False)
        served_at = Subquery(same_owner.order_by("-started_at").values("started_at")[:1])
        return self.annotate(served_at=served_at).order_by(F("served_at").asc(nulls_first=True), "created_at")

    def held_by(self, lease_token: uuid.UUID) -> "RunQuerySet":
        """The run that this lease still holds, if it does."""
        return self.filter(state=Run.State.RUNNING, lease_token=lease_token)

    def unfinished(self) -> "RunQuerySet":
        """Runs that will still change."""
        return self.filter(state__in=[Run.State.QUEUED, Run.State.RUNNING])

    def about(self, subject: Any) -> "RunQuerySet":
        """Runs about an object."""
        return self.filter(subject_type=subject._meta.model_name, subject_id=subject.pk)


class Run(models.Model):
    """One job and its own outbox.

    A run may be about a subject, such as version 3 of a strategy: named by type, id and version, since apps above this
    one own the subjects. What it made, such as an execution, is named in the same way. A run may have a parent, whose
    fairness and cancellation it shares.
    """

    State = RunState

    FINAL = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=32)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(null=True, blank=True)
    weight = models.PositiveIntegerField(default=1)
    subject_type = models.CharField(max_length=32, blank=True)
    subject_id = models.UUIDField(null=True, blank=True)
    subject_version = models.PositiveIntegerField(null=True, blank=True)
    made_type = models.CharField(max_length=32, blank=True)
    made_id = models.UUIDField(null=True, blank=True)
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=RunState, default=RunState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=3)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    waits_for_children = models.BooleanField(default=False)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    last_seq = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("state", RunState, "run_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state="running")
                | Q(waits_for_children=True)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="running_means_leased_or_waiting",
            ),
            models.CheckConstraint(
                condition=Q(waits_for_children=False) | Q(state="running", lease_token__isnull=True),
                name="waiting_means_not_leased",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at__isnull=True)
                | Q(state__in=["succeeded", "failed", "cancelled"], finished_at__isnull=False),
                name="finished_runs_say_when",
            ),
            models.CheckConstraint(
                condition=Q(subject_type="", subject_id__isnull=True)
                | (~Q(subject_type="") & Q(subject_id__isnull=False)),
                name="a_subject_has_type_and_id",
            ),
            models.UniqueConstraint(fields=["parent", "position"], name="positions_of_children_are_unique"),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="run_newest"),
            models.Index(fields=["error_code", "-created_at"], name="run_failures", condition=~Q(error_code="")),
            models.Index(fields=["owner", "-created_at"], name="run_newest_of_owner"),
            models.Index(fields=["subject_id", "-created_at"], name="run_newest_of_subject"),
            models.Index(fields=["owner", "-started_at"], name="run_last_served_of_owner"),
            models.Index(
                fields=["state", "lease_until"], name="run_unfinished", condition=Q(state__in=["queued", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def finished(self) -> bool:
        """Whether the run will never change again."""
        return self.state in self.FINAL


class RunEvent(models.Model):
    """One step of a run's progress; numbered without gaps under the run's row lock, so readers skip none."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["run", "seq"]
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="event_numbers_are_unique")]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class Topic(models.Model):
    """What can be followed and has no events of its own kind, as a conversation; named by its type and a key."""

    name = models.CharField(max_length=200, unique=True)
    last_seq = models.PositiveIntegerField(default=0)
    state_seq = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class TopicEvent(models.Model):
    """An event of a topic; numbered without gaps under the topic's row lock."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    class Meta:
        ordering = ["topic", "seq"]
        constraints = [models.UniqueConstraint(fields=["topic", "seq"], name="topic_event_numbers_are_unique")]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class TopicState(models.Model):
    """The latest that is known under a key of a topic; `version` is the topic's `state_seq` when it was set."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="states")
    key = models.CharField(max_length=200)
    data = models.JSONField(default=dict)
    version = models.PositiveIntegerField()
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "key"], name="states_are_one_for_each_key")]

    def __str__(self) -> str:
        return f"{self.key} of {self.topic_id}"


class ScheduleSlot(models.Model):
    """A slot of a schedule whose work a worker has taken: a second beat finds its row and does nothing."""

    schedule = models.CharField(max_length=32)
    slot = models.BigIntegerField()
    taken_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "slot"], name="slots_are_taken_once")]

    def __str__(self) -> str:
        return f"{self.schedule} {self.slot}"
