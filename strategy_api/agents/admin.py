"""Conversations for reviewers: what was said, and what came of it."""

from django.contrib import admin
from django.http import HttpRequest

from strategy_api.agents.models import Conversation, Message
from strategy_api.common.admin_display import ReadOnlyInline


class MessagesInline(ReadOnlyInline):
    """The messages of a conversation."""

    model = Message
    fields = readonly_fields = ("seq", "role", "message_type", "content", "created_at")


@admin.register(Conversation)
class ConversationAdmin(admin.ModelAdmin):
    """Read only: what was said is not changed afterwards."""

    list_display = ("__str__", "owner", "node", "feedback_intent", "last_seq", "updated_at")
    list_filter = ("node", "feedback_intent")
    search_fields = ("title", "goal")
    date_hierarchy = "updated_at"
    list_select_related = ("owner",)
    inlines = [MessagesInline]
    exclude = ("state",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Conversations are begun by those who talk."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        """Nobody rewrites what was said."""
        return False
