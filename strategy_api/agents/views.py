"""Conversations: begun, read, followed, and what is said in them."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from strategy_api.accounts.idempotency import Answer, answer_once, keyed
from strategy_api.accounts.permissions import caller
from strategy_api.accounts.viewsets import OwnedViewSet
from strategy_api.agents import selectors, services
from strategy_api.agents.models import Conversation, Message
from strategy_api.agents.serializers import (
    ConversationCreate,
    ConversationDetail,
    ConversationPatch,
    ConversationQuery,
    ConversationSummary,
    MessageCreate,
    MessageDetail,
    MessageList,
    MessageQuery,
)
from strategy_api.agents.topics import topic_of
from strategy_api.common.validation import validated
from strategy_api.runs import event_views, prefer_wait
from strategy_api.runs.models import Run
from strategy_api.runs.openapi import PREFER
from strategy_api.runs.serializers import RunDetail
from strategy_api.strategies.selectors import strategy_of

SAID = {
    202: OpenApiResponse(RunDetail, description="Accepted; the run answers the turn."),
    200: OpenApiResponse(MessageList, description="The messages that answer the turn, once its run has ended."),
}


class ConversationViewSet(mixins.RetrieveModelMixin, OwnedViewSet):
    """A conversation belongs to whoever began it; to others it does not exist."""

    queryset = Conversation.objects.none()
    serializer_class = ConversationDetail
    queries = {"list": ConversationQuery, "messages": MessageQuery}
    sparse = {"list": ConversationSummary, "retrieve": ConversationDetail}
    rates = {"say": "generate"}
    problems = {
        "create": ("no_such_version", "too_many_runs", "client_id_reused"),
        "say": ("client_id_reused", "too_many_runs"),
        "destroy": ("run_unfinished",),
        "events": event_views.PROBLEMS,
    }

    def get_queryset(self) -> QuerySet[Conversation]:
        """Return what this user may see."""
        return selectors.conversations_of(self.request.user)

    @extend_schema(
        summary="List conversations",
        description="Newest first unless `ordering` says otherwise; `search` looks into titles, goals and messages.",
        responses=ConversationSummary(many=True),
    )
    def list(self, request: Request) -> Response:
        """Return one page."""
        rows = selectors.conversations_matching(self.get_queryset(), **self.wanted())
        return self.page_of(rows.defer("state"), ConversationSummary)

    @extend_schema(
        summary="Begin a conversation",
        description=(
            "With `content` its first turn is said at once: `Location` names the conversation, and `last_seq` counts "
            "the turn. With `strategy` it goes on with a strategy of yours. The other fields say how to run it."
        ),
        request=ConversationCreate,
        responses={201: ConversationDetail},
    )
    def create(self, request: Request) -> Response:
        """Open a conversation, and say the first turn where there is one."""
        asked = validated(ConversationCreate, request)
        strategy = strategy_of(request.user, asked["strategy"]) if asked.get("strategy") else None

        def do() -> Answer:
            conversation = services.begin_conversation(
                owner=caller(request),
                title=asked.get("title", ""),
                strategy=strategy,
                settings=services.as_settings(asked),
            )
            if asked.get("content"):
                services.say(conversation=conversation, content=asked["content"], client_id=asked.get("client_id"))
                conversation.refresh_from_db()
            location = reverse("conversation-detail", [conversation.pk], request=request)
            return Answer(status=201, body=ConversationDetail(conversation).data, headers={"Location": location})

        return answer_once(keyed(request), do).response()

    @extend_schema(
        summary="Show a conversation",
        description="Where it stands: node, strategy, settings, the open question, and whether it is your turn.",
        responses=ConversationDetail,
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the conversation with what its machine knows."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        summary="Rename a conversation",
        description="Its strategy keeps its name.",
        request=ConversationPatch,
        responses=ConversationDetail,
    )
    def partial_update(self, request: Request, pk: Any = None) -> Response:
        """Call it something else."""
        changes = validated(ConversationPatch, request)
        conversation = services.rename_conversation(conversation=self.get_object(), **changes)
        return Response(ConversationDetail(conversation).data)

    @extend_schema(
        summary="Delete a conversation",
        description="With its messages; its strategy stays. Refused with 409 while a turn is being worked on.",
        responses={204: None},
    )
    def destroy(self, request: Request, pk: Any = None) -> Response:
        """Remove it, unless a run works on it."""
        services.delete_conversation(conversation=self.get_object())
        return Response(status=204)

    @extend_schema(
        summary="List the messages of a conversation",
        description="Oldest first: the turns and what answers them.",
        responses=MessageList,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def messages(self, request: Request, pk: Any = None) -> Response:
        """Return the messages in their order."""
        size = self.query["page_size"]
        rows = selectors.messages_of(
            self.get_object(), reply_to=self.query.get("reply_to"), after=self.query.get("after")
        )
        found = list(rows[: size + 1])
        following = found[size - 1].seq if len(found) > size else None
        return Response({"results": MessageDetail(found[:size], many=True).data, "next_after": following})

    @extend_schema(
        summary="Say something",
        description=(
            "A turn: words, answers to questions, or both. Answers 202 with the turn's run; `Prefer: wait=N` answers "
            "the new messages when it has ended. The same `client_id` again is the same message, said once."
        ),
        request=MessageCreate,
        responses=SAID,
        parameters=[PREFER],
    )
    @messages.mapping.post
    def say(self, request: Request, pk: Any = None) -> Response:
        """Write the turn and queue its work."""
        conversation = self.get_object()
        asked = validated(MessageCreate, request)

        def do() -> Answer:
            message = services.say(conversation=conversation, **asked)
            location = reverse("run-detail", [message.run_id], request=request)
            return Answer(status=202, body={"seq": message.seq}, headers={"Location": location}, run_id=message.run_id)

        answer = answer_once(keyed(request), do)
        run = Run.objects.filter(pk=answer.run_id).first() if answer.run_id else None
        if run is None:
            raise NotFound("The run of this turn has been deleted.")
        return _answered(request, conversation, answer, run)

    @extend_schema(summary="Follow a conversation's events", **event_views.SCHEMA)
    @action(**event_views.ACTION)
    def events(self, request: Request, pk: Any = None) -> HttpResponseBase:
        """Stream messages, nodes and progress as they happen, or list those so far."""
        return event_views.answer_events(request, topic_of(self.get_object().pk))


def _answered(request: Request, conversation: Conversation, answer: Answer, run: Run) -> Response:
    """Answer with the run, or with the messages where it has ended; tell the edge where they will be."""
    headers = {**answer.headers, **({"Idempotent-Replayed": "true"} if answer.replayed else {})}
    turn = run.parameters["turn"]
    if run.finished:
        rows = Message.objects.filter(conversation=conversation, reply_to=turn)
        return Response({"results": MessageDetail(rows, many=True).data, "next_after": None}, headers=headers)
    address = f"{reverse('conversation-messages', [conversation.pk])}?reply_to={turn}&page_size=500"
    prefer_wait.announce(request, run, address=address)
    body = RunDetail(run, context={"request": request}).data
    return Response(body, status=202, headers={**headers, "Retry-After": "1"})
