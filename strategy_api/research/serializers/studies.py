"""Studies and their trials, as they are shown."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from strategy_api.common.problems import run_problem
from strategy_api.common.serializers import ADDRESS, Problem
from strategy_api.common.sparse import SparseModelSerializer
from strategy_api.research.models import Study, StudyTrial


class StudySummary(SparseModelSerializer):
    """A study in a list; it has the id of its run."""

    state = serializers.CharField(source="run.state", default=None, allow_null=True, read_only=True)
    error = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = Study
        fields = [
            *("id", "kind", "state", "goal", "strategy", "version", "symbol", "interval", "dataset_fingerprint"),
            *("sealed_from", "error", "created_at", "links"),
        ]
        read_only_fields = fields

    @extend_schema_field(Problem(allow_null=True))
    def get_error(self, study: Study) -> dict[str, Any] | None:
        """Return the problem that ended it."""
        return run_problem(study.run.error) if study.run is not None and study.run.error else None

    @extend_schema_field({"type": "object", "additionalProperties": ADDRESS})
    def get_links(self, study: Study) -> dict[str, str]:
        """Return where to go from here."""
        request = self.context.get("request")
        links = {"trials": reverse("study-trials", [study.pk], request=request)}
        links["report"] = reverse("study-report", [study.pk], request=request)
        links["goal"] = reverse("goal-detail", [study.goal_id], request=request)
        if study.run is not None:
            links["run"] = reverse("run-detail", [study.run.pk], request=request)
        return links


class StudyDetail(StudySummary):
    """A study with what was asked and what came of it."""

    request = serializers.DictField(read_only=True)
    result = serializers.DictField(read_only=True, allow_null=True)

    class Meta(StudySummary.Meta):
        fields = [*StudySummary.Meta.fields, "request", "result"]
        read_only_fields = fields


class StudyTrialRow(SparseModelSerializer):
    """One candidate of a study; `value` is the objective."""

    parameters = serializers.DictField(read_only=True)
    error = serializers.CharField(source="error_code", read_only=True, allow_blank=True)

    class Meta:
        model = StudyTrial
        fields = [
            *("position", "window", "parameters", "label", "value", "return_pct", "sharpe_ratio", "max_drawdown_pct"),
            *("win_rate_pct", "profit_factor", "trade_count", "sharpe_per_bar", "bars", "skew", "kurtosis", "error"),
        ]
        read_only_fields = fields
