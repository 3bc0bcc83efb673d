"""Conversations and messages, as they are asked for and shown."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from strategy_api.agents.choices import MessageType, Role
from strategy_api.agents.models import Conversation
from strategy_api.agents.selectors import is_waiting
from strategy_api.agents.shown import message_data
from strategy_api.common.fields import NO_NUL, SingleLineField, StrictSerializer, StrictTextField
from strategy_api.common.queries import PageQuery, PageSizeField, SearchField, order_by
from strategy_api.common.sparse import SparseModelSerializer
from strategy_api.strategies.serializers.requests import BacktestSettings

MAX_CONTENT = 10_000
MOST_MESSAGES = 500


class ConversationQuery(PageQuery):
    """Which conversations to list."""

    search = SearchField(help_text="Words that title, goal or a message contains.")
    strategy = serializers.UUIDField(required=False, help_text="About this strategy.")
    ordering = order_by("created_at", "updated_at")


class MessageQuery(StrictSerializer):
    """Which messages to list, oldest first."""

    after = serializers.IntegerField(min_value=0, max_value=10**9, required=False, help_text="Those after this number.")
    reply_to = serializers.IntegerField(
        min_value=1, max_value=10**9, required=False, help_text="Those that answer this turn."
    )
    page_size = PageSizeField(most=MOST_MESSAGES, default=200, help_text="At most so many.")


@extend_schema_serializer(component_name="ConversationCreate")
class ConversationCreate(BacktestSettings):
    """How a conversation begins: with a first turn, about a strategy, on a market. All of it may be left out."""

    content = StrictTextField(max_length=MAX_CONTENT, required=False, pattern=NO_NUL, help_text="The first turn.")
    strategy = serializers.UUIDField(required=False, help_text="A strategy of yours to go on with.")
    title = SingleLineField(max_length=200, required=False)
    client_id = SingleLineField(max_length=100, required=False, help_text="As a message's.")


class ConversationPatch(StrictSerializer):
    """What a conversation is called."""

    title = SingleLineField(max_length=200)


class AnswersField(serializers.DictField):
    """Options by the ids of questions."""

    child = SingleLineField(max_length=500)
    default_error_messages = {"many": "At most 20 questions can be answered at once."}

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Return the answers."""
        answers: dict[str, str] = super().to_internal_value(data)
        if len(answers) > 20 or any(len(name) > 100 for name in answers):
            self.fail("many")
        return answers


@extend_schema_serializer(component_name="MessageCreate")
class MessageCreate(StrictSerializer):
    """A turn: words, answers to questions, or both."""

    content = StrictTextField(max_length=MAX_CONTENT, required=False, allow_blank=True, pattern=NO_NUL)
    client_id = SingleLineField(
        max_length=100, required=False, help_text="Yours: sent again with the same, it is said once."
    )
    answers = AnswersField(required=False, help_text="The option's id, or words, by the question's id.")

    def contradictions(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Find a turn that says nothing."""
        if values.get("content", "").strip() or values.get("answers"):
            return {}
        return {"content": [serializers.ErrorDetail("Say something, or answer a question.", code="required")]}


class QuestionOption(serializers.Serializer):
    """One answer to a question."""

    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the label of one
    wording = serializers.CharField(help_text="What may be typed instead.")


class OpenQuestion(serializers.Serializer):
    """What the conversation waits to hear."""

    id = serializers.CharField()
    question = serializers.CharField()
    options = QuestionOption(many=True)


class ConversationSummary(SparseModelSerializer):
    """A conversation in a list."""

    class Meta:
        model = Conversation
        fields = ["id", "title", "node", "goal", "strategy", "feedback_intent", "last_seq", "created_at", "updated_at"]
        read_only_fields = fields


class ConversationDetail(ConversationSummary):
    """A conversation with what its machine knows."""

    awaiting_feedback = serializers.SerializerMethodField(help_text="Whether the next turn is yours.")
    version = serializers.SerializerMethodField()
    spec = serializers.SerializerMethodField()
    settings = serializers.SerializerMethodField(
        help_text="What was named so far: symbol, interval, start, end, last, cash, commission, spread, leverage."
    )
    question = serializers.SerializerMethodField()
    tries = serializers.SerializerMethodField(help_text="How many strategies were evaluated for this goal.")

    class Meta(ConversationSummary.Meta):
        fields = [
            *ConversationSummary.Meta.fields,
            "awaiting_feedback",
            "version",
            "spec",
            "settings",
            "question",
            "tries",
        ]
        read_only_fields = fields

    def get_awaiting_feedback(self, conversation: Conversation) -> bool:
        """Return whether no run works on the last turn."""
        return is_waiting(conversation)

    @extend_schema_field({"type": ["integer", "null"]})
    def get_version(self, conversation: Conversation) -> int | None:
        """Return the number of the current version."""
        version: int | None = conversation.state.get("version")
        return version

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
    def get_spec(self, conversation: Conversation) -> Any:
        """Return the strategy's specification."""
        return conversation.state.get("spec")

    @extend_schema_field({"type": "object", "additionalProperties": {"type": ["string", "number", "null"]}})
    def get_settings(self, conversation: Conversation) -> Any:
        """Return the settings that were named."""
        return conversation.state.get("settings", {})

    @extend_schema_field(OpenQuestion(allow_null=True))
    def get_question(self, conversation: Conversation) -> Any:
        """Return the question that is open."""
        question = conversation.state.get("question")
        if not question:
            return None
        options = [{name: one[name] for name in ("id", "label", "wording")} for one in question["options"]]
        return {"id": question["id"], "question": question["text"], "options": options}

    def get_tries(self, conversation: Conversation) -> int:
        """Return how many different strategies and bars were tried."""
        return len(conversation.state.get("tried", []))


class MessageDetail(serializers.Serializer):
    """One message; `message_type` says how to show it."""

    seq = serializers.IntegerField()
    role = serializers.ChoiceField(choices=Role.choices)
    message_type = serializers.ChoiceField(choices=MessageType.choices)
    content = serializers.CharField()
    metadata = serializers.DictField()
    metrics = serializers.DictField(allow_null=True)
    backtest_data = serializers.DictField(allow_null=True)
    reply_to = serializers.IntegerField(allow_null=True, help_text="The number of the turn that it answers.")
    run = serializers.UUIDField(allow_null=True)
    client_id = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the message as topics have it."""
        return message_data(instance)


class MessageList(serializers.Serializer):
    """Messages in their order; `next_after` is the number to go on after, null at the end."""

    results = MessageDetail(many=True)
    next_after = serializers.IntegerField(allow_null=True)
