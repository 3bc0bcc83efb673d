"""Conversations: rows, never coroutines. Whatever is killed, the rows say where to go on."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from strategy_api.agents.choices import MessageType, Node, Role
from strategy_api.common.constraints import one_of
from strategy_api.runs.models import Run
from strategy_api.strategies.models import Strategy


class Conversation(models.Model):
    """What somebody says about one strategy. `state` is the machine's, written only when a turn has ended.

    `client_key` is the id that a socket's client gave it, unique among the owner's conversations.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    node = models.CharField(max_length=20, choices=Node, default=Node.ENTRY)
    goal = models.TextField(blank=True)
    strategy = models.ForeignKey(
        Strategy, on_delete=models.SET_NULL, null=True, blank=True, related_name="conversations"
    )
    state = models.JSONField(default=dict)
    feedback_intent = models.CharField(max_length=32, blank=True)
    client_key = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001  # NULL: many without one
    last_seq = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            one_of("node", Node, "conversation_node_is_known"),
            models.UniqueConstraint(fields=["owner", "client_key"], name="client_keys_are_unique"),
        ]
        indexes = [
            models.Index(fields=["owner", "-updated_at"], name="conversation_latest_of_owner"),
            models.Index(fields=["owner", "-created_at"], name="conversation_newest_of_owner"),
            models.Index(fields=["-created_at"], name="conversation_newest"),
        ]

    def __str__(self) -> str:
        return self.title or f"Conversation {self.created_at:%Y-%m-%d %H:%M}"


class Message(models.Model):
    """One thing that was said, numbered without gaps. `reply_to` is the number of the turn that it answers."""

    Role = Role
    Type = MessageType

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    seq = models.PositiveIntegerField()
    role = models.CharField(max_length=16, choices=Role)
    message_type = models.CharField(max_length=20, choices=MessageType, default=MessageType.TEXT)
    content = models.TextField(blank=True)
    metadata = models.JSONField(default=dict)
    metrics = models.JSONField(null=True, blank=True)
    backtest_data = models.JSONField(null=True, blank=True)
    answers = models.JSONField(default=dict, blank=True)
    reply_to = models.PositiveIntegerField(null=True, blank=True)
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages")
    client_id = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001  # NULL: many without one
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["conversation", "seq"]
        constraints = [
            one_of("role", Role, "message_role_is_known"),
            one_of("message_type", MessageType, "message_type_is_known"),
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_numbers_are_unique"),
            models.UniqueConstraint(fields=["conversation", "client_id"], name="messages_are_said_once"),
            models.CheckConstraint(
                condition=Q(role="user") | Q(reply_to__isnull=False), name="answers_reply_to_a_turn"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.role} {self.message_type}"
