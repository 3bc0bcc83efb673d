"""Supervisions as they are shown."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from backtest_engine.agents.supervisor.insights.base import Picture
from strategy_api.agents.choices import Ending
from strategy_api.agents.models import Supervision
from strategy_api.agents.requests import KINDS
from strategy_api.agents.supervisions import shown_iterations
from strategy_api.common.fields import StrictSerializer
from strategy_api.common.problems import run_problem
from strategy_api.common.queries import PageQuery, QueryBooleanField, one_of, order_by
from strategy_api.common.serializers import ADDRESS, Problem
from strategy_api.common.sparse import SparseModelSerializer
from strategy_api.runs.choices import RunState


class SupervisionQuery(PageQuery):
    """Which supervisions to list."""

    state = one_of(RunState, help_text="How its run stands.")
    strategy = serializers.UUIDField(required=False, help_text="About this strategy.")
    ending = one_of(Ending, help_text="Why it ended.")
    ordering = order_by("created_at")


class InlineQuery(StrictSerializer):
    """Where the rows of the pictures are."""

    inline = QueryBooleanField(default=False, help_text="With the rows in the pictures instead of their address.")


class ChangeDetail(serializers.Serializer):
    """What an iteration changed."""

    kind = serializers.ChoiceField(choices=KINDS)
    words = serializers.CharField()
    diff = serializers.CharField(help_text="A unified diff of the specifications as JSON.")
    changes_meaning = serializers.BooleanField()


class FindingDetail(serializers.Serializer):
    """Something that is wrong."""

    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=["high", "medium", "low"])
    sentence = serializers.CharField()
    figures = serializers.DictField()
    could = serializers.ListField(child=serializers.ChoiceField(choices=KINDS), help_text="What may help.")


class AnalysisDetail(serializers.Serializer):
    """What was found, the gravest first."""

    findings = FindingDetail(many=True)


class ProposalDetail(serializers.Serializer):
    """A change that was proposed; `metrics` and `p` are those of its trial, null where it was not tried."""

    kind = serializers.ChoiceField(choices=KINDS)
    finding = serializers.CharField()
    words = serializers.CharField()
    reason = serializers.CharField()
    expected = serializers.CharField()
    changes_meaning = serializers.BooleanField()
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field, not where the field reads from
        choices=["rules", "model"]
    )
    allowed = serializers.BooleanField(help_text="Whether it may be applied without being asked for.")
    metrics = serializers.DictField(allow_null=True)
    p = serializers.FloatField(allow_null=True, help_text="The chance that luck gives so large an advantage.")
    error = serializers.CharField(allow_null=True)
    spec = serializers.DictField()


class IterationDetail(serializers.Serializer):
    """One iteration; the first is the strategy as it came."""

    number = serializers.IntegerField()
    version = serializers.IntegerField(allow_null=True, help_text="The strategy's version; null where it was not kept.")
    change = ChangeDetail(allow_null=True)
    spec = serializers.DictField(allow_null=True)
    metrics = serializers.DictField()
    analysis = AnalysisDetail()
    proposals = ProposalDetail(many=True)
    kept = serializers.BooleanField(allow_null=True)
    why = serializers.CharField()
    tries = serializers.IntegerField(help_text="Tries of the goal on these bars so far.")


class InsightDetail(serializers.Serializer):
    """A picture as a Vega-Lite 5 specification, and why it helps this strategy."""

    name = serializers.CharField()
    title = serializers.CharField()
    why = serializers.CharField()
    spec = serializers.DictField()


class SupervisionSummary(SparseModelSerializer):
    """A supervision in a list; it has the id of its run."""

    state = serializers.CharField(source="run.state", default=None, allow_null=True, read_only=True)
    ending = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = Supervision
        fields = [
            *("id", "state", "strategy", "version", "symbol", "interval", "sealed_from", "ending", "sentence"),
            *("error", "created_at", "links"),
        ]
        read_only_fields = fields

    @extend_schema_field({"type": ["string", "null"], "enum": [*Ending.values, None]})
    def get_ending(self, supervision: Supervision) -> str | None:
        """Return why it ended; one that was cancelled before it began is cancelled too."""
        if not supervision.ending and supervision.run is not None and supervision.run.state == RunState.CANCELLED:
            return str(Ending.CANCELLED)
        return supervision.ending or None

    @extend_schema_field(Problem(allow_null=True))
    def get_error(self, supervision: Supervision) -> dict[str, Any] | None:
        """Return the problem that ended it."""
        run = supervision.run
        return run_problem(run.error) if run is not None and run.error else None

    @extend_schema_field({"type": "object", "additionalProperties": ADDRESS})
    def get_links(self, supervision: Supervision) -> dict[str, str]:
        """Return where to go from here."""
        request = self.context.get("request")
        links = {"insights": reverse("supervision-insights", [supervision.pk], request=request)}
        if supervision.run is not None:
            links["run"] = reverse("run-detail", [supervision.run.pk], request=request)
        if supervision.strategy is not None:
            links["strategy"] = reverse("strategy-detail", [supervision.strategy.pk], request=request)
            links["goal"] = reverse("goal-detail", [supervision.strategy.goal], request=request)
        return links


class SupervisionDetail(SupervisionSummary):
    """A supervision with everything that was found, proposed, tried and kept."""

    request = serializers.DictField(read_only=True)
    goal = serializers.UUIDField(source="strategy.goal", default=None, allow_null=True, read_only=True)
    iterations = serializers.SerializerMethodField()
    insights = serializers.SerializerMethodField()
    spec = serializers.DictField(read_only=True, allow_null=True)
    evidence_before = serializers.DictField(read_only=True, allow_null=True)
    evidence_after = serializers.DictField(read_only=True, allow_null=True)

    class Meta(SupervisionSummary.Meta):
        fields = [
            *SupervisionSummary.Meta.fields,
            *("request", "goal", "iterations", "insights", "spec", "evidence_before", "evidence_after"),
        ]
        read_only_fields = fields

    @extend_schema_field(IterationDetail(many=True))
    def get_iterations(self, supervision: Supervision) -> list[dict[str, Any]]:
        """Return the iterations, the first first."""
        return shown_iterations(supervision)

    @extend_schema_field(InsightDetail(many=True))
    def get_insights(self, supervision: Supervision) -> list[dict[str, Any]]:
        """Return the pictures that help."""
        request = self.context.get("request")
        return shown_insights(supervision, request=request, inline=bool(self.context.get("inline")))


def shown_insights(supervision: Supervision, *, request: Any, inline: bool) -> list[dict[str, Any]]:
    """Return the pictures with their rows, or with the address of them."""
    shown = []
    for kept in supervision.insights:
        picture = Picture(**kept)
        address = reverse("supervision-rows", [supervision.pk, picture.name], request=request)
        spec = picture.with_values() if inline else picture.with_url(address)
        shown.append({"name": picture.name, "title": picture.title, "why": picture.why, "spec": spec})
    return shown
