"""The agent, its weights and its signals."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from strategy_api.accounts.idempotency import Answer, answer_once, keyed
from strategy_api.accounts.permissions import caller
from strategy_api.accounts.viewsets import OwnedViewSet
from strategy_api.common.selectors import filtered, visible_to
from strategy_api.common.validation import validated
from strategy_api.runs.sockets import counters
from strategy_api.scanner import configs, scanning, scorecards
from strategy_api.scanner.feeds import AsOf, feed_of, loader
from strategy_api.scanner.models import Signal
from strategy_api.scanner.serializers import (
    AgentChange,
    AgentMetrics,
    AgentSettings,
    AgentStatus,
    PresetBody,
    PresetShown,
    Scorecard,
    ScorecardQuery,
    Scored,
    ScoreRequest,
    SignalDetail,
    SignalQuery,
    Toggle,
    WeightsBody,
    WeightsShown,
)

ACTIVE = timedelta(hours=24)


class AgentStatusView(APIView):
    """Whether the agent is on."""

    @extend_schema(
        summary="Show whether your agent is on",
        description="With when it scanned and when it will; a replay says so in `feed`.",
        responses=AgentStatus,
    )
    def get(self, request: Request) -> Response:
        """Return the state of the caller's agent."""
        return Response(AgentStatus(configs.config_of(caller(request))).data)


class AgentToggleView(APIView):
    """The switch."""

    @extend_schema(
        summary="Switch your agent on or off",
        description="As a body, or as `?enabled=true`. It stays so until it is switched again, also through a restart.",
        request=Toggle,
        parameters=[OpenApiParameter("enabled", bool, description="Instead of a body.")],
        responses=AgentStatus,
    )
    def put(self, request: Request) -> Response:
        """Switch, and return the state."""
        words = {"true": True, "false": False}
        said = request.query_params.get("enabled")
        body = {"enabled": words.get(said.casefold(), said)} if said is not None else request.data
        asked = Toggle(data=body)
        asked.is_valid(raise_exception=True)
        user = caller(request)
        return Response(AgentStatus(configs.toggle(owner=user, enabled=asked.validated_data["enabled"], by=user)).data)


class AgentConfigView(APIView):
    """What the agent is set to."""

    @extend_schema(
        summary="Show what your agent is set to",
        description="Markets, feed, pace, weights, alerts.",
        responses=AgentSettings,
    )
    def get(self, request: Request) -> Response:
        """Return the settings."""
        return Response(AgentSettings(configs.config_of(caller(request))).data)

    @extend_schema(
        summary="Change what your agent is set to",
        description="What is left out stays. Other markets or another feed begin a session: all bars are new.",
        request=AgentChange,
        responses=AgentSettings,
    )
    def put(self, request: Request) -> Response:
        """Change settings, and return all of them."""
        changes = validated(AgentChange, request)
        return Response(AgentSettings(configs.change(owner=caller(request), **changes)).data)


class WeightsView(APIView):
    """The weights that are used."""

    problems = {"put": ("invalid_weights",)}

    @extend_schema(
        summary="Show the weights of the factors", description="Those that scans use.", responses=WeightsShown
    )
    def get(self, request: Request) -> Response:
        """Return the weights."""
        return Response(WeightsShown(configs.config_of(caller(request))).data)

    @extend_schema(
        summary="Use other weights",
        description="They sum to 1 within a millionth; a factor that is left out counts nothing.",
        request=WeightsBody,
        responses=WeightsShown,
    )
    def put(self, request: Request) -> Response:
        """Use weights, and return them."""
        asked = validated(WeightsBody, request)
        return Response(WeightsShown(configs.set_weights(owner=caller(request), weights=asked["weights"])).data)


class PresetsView(APIView):
    """Weights under names."""

    problems = {"post": ("invalid_weights", "preset_exists", "built_in_preset")}

    @extend_schema(
        operation_id="config_weight_presets_list",
        summary="List the presets",
        description="Those that come with the project, then your own.",
        responses=PresetShown(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return all presets."""
        return Response(PresetShown(list(configs.presets(caller(request)).values()), many=True).data)

    @extend_schema(
        summary="Keep weights under a name",
        description="A name of your own.",
        request=PresetBody,
        responses={201: PresetShown},
    )
    def post(self, request: Request) -> Response:
        """Keep a preset, and return it."""
        asked = validated(PresetBody, request)

        def make() -> Answer:
            kept = configs.save_preset(owner=caller(request), name=asked["name"], weights=asked["weights"], new=True)
            return Answer(status=201, body=dict(PresetShown(kept).data))

        return answer_once(keyed(request), make).response()


class PresetView(APIView):
    """One preset."""

    problems = {
        "get": ("not_found",),
        "put": ("invalid_weights", "built_in_preset"),
        "delete": ("built_in_preset", "not_found"),
    }

    @extend_schema(summary="Show a preset", description="By its name.", responses=PresetShown)
    def get(self, request: Request, name: str) -> Response:
        """Return a preset."""
        kept = configs.presets(caller(request)).get(name)
        if kept is None:
            raise Http404
        return Response(PresetShown(kept).data)

    @extend_schema(
        summary="Change a preset",
        description="Or keep one under this name.",
        request=WeightsBody,
        responses=PresetShown,
    )
    def put(self, request: Request, name: str) -> Response:
        """Keep weights under the name."""
        asked = validated(WeightsBody, request)
        kept = configs.save_preset(owner=caller(request), name=name, weights=asked["weights"], new=False)
        return Response(PresetShown(kept).data)

    @extend_schema(
        summary="Delete a preset", description="Those that come with the project stay.", responses={204: None}
    )
    def delete(self, request: Request, name: str) -> Response:
        """Remove a preset."""
        if not configs.delete_preset(owner=caller(request), name=name):
            raise Http404
        return Response(status=204)


@extend_schema_view(
    retrieve=extend_schema(summary="Show a signal", description="With what came after it, as far as it has.")
)
class SignalViewSet(mixins.RetrieveModelMixin, OwnedViewSet):
    """Signals belong to the owner of the agent."""

    queryset = Signal.objects.none()
    serializer_class = SignalDetail
    queries = {"list": SignalQuery, "scorecard": ScorecardQuery}
    problems = {
        "score": (
            "unknown_symbol",
            "dates_outside_data",
            "unsupported_interval",
            "data_unavailable",
            "too_few_bars",
            "invalid_weights",
        )
    }

    def get_queryset(self) -> QuerySet[Signal]:
        """Return what this user may see."""
        rows: QuerySet[Signal] = visible_to(self.request.user, Signal.objects.all())
        return rows

    @extend_schema(summary="List signals", description="Newest first.", responses=SignalDetail(many=True))
    def list(self, request: Request) -> Response:
        """Return one page."""
        asked = self.wanted()
        rows = filtered(
            self.get_queryset(),
            symbol__iexact=asked.get("symbol") or None,
            interval=asked.get("interval"),
            label=asked.get("label"),
        )
        return self.page_of(rows, SignalDetail)

    @extend_schema(
        summary="Score a market now",
        description="Reads the closed bars and stores nothing.",
        request=ScoreRequest,
        responses=Scored,
    )
    @action(detail=False, methods=["post"])
    def score(self, request: Request) -> Response:
        """Return the score of one market."""
        asked = validated(ScoreRequest, request)
        config = configs.config_of(caller(request))
        weights = asked.get("weights", config.weights)
        configs.check_weights(weights)
        moment = asked.get("as_of")
        feed = AsOf(loader(config.owner_id), moment) if moment else feed_of(config, now=timezone.now())
        interval = asked.get("interval", config.intervals[0])
        row = scanning.score_one(feed, asked["symbol"], interval, weights)
        return Response(Scored(row.as_dict()).data)

    @extend_schema(
        summary="Show what signals were worth",
        description=(
            "Hit rate and mean return 1, 5 and 20 bars after a signal, beside those of every bar of the same markets "
            "over the same time."
        ),
        responses=Scorecard,
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def scorecard(self, request: Request) -> Response:
        """Return the scorecard of the caller's signals."""
        return Response(Scorecard(scorecards.scorecard_of(caller(request), preset=self.query.get("preset"))).data)


class AgentMetricsView(APIView):
    """Figures for a page's header."""

    @extend_schema(
        summary="Show how busy the sockets are",
        description="Of the web process that answers. Figures of the installation are at `/metrics`.",
        responses=AgentMetrics,
    )
    def get(self, request: Request) -> Response:
        """Return the figures."""
        user: Any = caller(request)
        active = Signal.objects.filter(owner=user, created_at__gte=timezone.now() - ACTIVE).exclude(label="neutral")
        figures = {
            **counters.figures(),
            "agent_enabled": configs.config_of(user).enabled,
            "active_signals": active.count(),
        }
        return Response(AgentMetrics(figures).data)
