"""What is asked of the scanner, and what it shows."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from backtest_engine.data.interval import INTERVALS
from strategy_api.common.fields import (
    IntervalField,
    MomentField,
    SingleLineField,
    StrictBooleanField,
    StrictFloatField,
    StrictIntegerField,
    StrictSerializer,
)
from strategy_api.common.queries import PageQuery, SearchField
from strategy_api.common.queries import one_of as one_of_choices
from strategy_api.scanner import webhooks
from strategy_api.scanner.choices import FeedName, Label
from strategy_api.scanner.models import AgentConfig, Signal

MOST_MARKETS = 1_000
PRESET_NAME = r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,63}$"


@extend_schema_field({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]})
class PastField(serializers.Field):
    """A moment, or a day, which means its end."""

    default_error_messages = {"invalid": "Not a date, as in 2010-05-31, nor a moment, as in 2010-05-31T15:00:00Z."}

    def to_internal_value(self, data: Any) -> datetime:
        """Return the moment."""
        if isinstance(data, str):
            try:
                return datetime.combine(date.fromisoformat(data) + timedelta(days=1), time.min, tzinfo=UTC)
            except (ValueError, OverflowError):
                pass
        moment: datetime = MomentField().run_validation(data)
        return moment


class Weights(serializers.DictField):
    """Factor by name; together 1."""

    child = StrictFloatField()


class ScanRequest(StrictSerializer):
    """When to look: now, or at a moment of the past."""

    as_of = PastField(required=False, help_text="A past day or moment; default: now.")


class ReplayField(StrictSerializer):
    """How stored bars are played."""

    start = serializers.DateField(required=False, allow_null=True, help_text="First day; null: as early as possible.")
    bars_per_second = StrictFloatField(
        min_value=0.0001, max_value=1_000, required=False, allow_null=True, help_text="null: one bar a scan."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return it as it is stored."""
        start = attrs.get("start")
        return {**attrs, "start": start.isoformat()} if start else attrs


class AlertSettings(StrictSerializer):
    """Which signals are alerts, and where they are sent."""

    threshold = StrictFloatField(min_value=0.0, max_value=1.0, required=False, allow_null=True)
    webhook_url = serializers.URLField(max_length=500, required=False, allow_blank=True)

    def validate_webhook_url(self, value: str) -> str:
        """Refuse an address that nothing is ever sent to."""
        if value and (problem := webhooks.problem_with(value)):
            raise serializers.ValidationError(problem)
        return value


class AgentChange(StrictSerializer):
    """Settings of the agent; what is left out stays."""

    feed = serializers.ChoiceField(choices=FeedName.choices, required=False)
    replay = ReplayField(required=False)
    symbols = serializers.ListField(child=SingleLineField(max_length=32), min_length=1, max_length=500, required=False)
    intervals = serializers.ListField(child=IntervalField(), min_length=1, max_length=len(INTERVALS), required=False)
    interval_weights = serializers.DictField(child=StrictFloatField(min_value=0.0), required=False)
    seconds = StrictIntegerField(min_value=5, max_value=86_400, required=False)
    alerts = AlertSettings(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return what changes, by the names of the row."""
        changes = dict(attrs)
        for name in ("symbols", "intervals"):
            if name in changes:
                changes[name] = list(dict.fromkeys(changes[name]))
        alerts = changes.pop("alerts", {})
        if "threshold" in alerts:
            changes["alert_threshold"] = alerts["threshold"]
        if "webhook_url" in alerts:
            changes["webhook_url"] = alerts["webhook_url"]
        return changes

    def contradictions(self, values: Any) -> dict[str, Any]:
        """Find more markets than one scan looks at."""
        count = len(values.get("symbols", ())) * len(values.get("intervals", ()))
        return {"symbols": [f"{count} markets are more than {MOST_MARKETS}."]} if count > MOST_MARKETS else {}


class Toggle(StrictSerializer):
    """On or off."""

    enabled = StrictBooleanField()


@extend_schema_serializer(component_name="AgentStatus")
class AgentStatus(serializers.ModelSerializer):
    """Whether an agent is on, since when, and when it scans."""

    toggled_by = serializers.SerializerMethodField()

    class Meta:
        model = AgentConfig
        fields = ["enabled", "toggled_at", "toggled_by", "feed", "seconds", "last_scan_at", "next_scan_at"]
        read_only_fields = fields

    @extend_schema_field({"type": ["string", "null"]})
    def get_toggled_by(self, config: AgentConfig) -> str | None:
        """Return who switched it."""
        return config.toggled_by.get_username() if config.toggled_by else None


class AlertShown(serializers.Serializer):
    """Which signals are alerts, where they are sent, and what they are signed with."""

    threshold = serializers.FloatField(source="alert_threshold", allow_null=True)
    webhook_url = serializers.CharField()
    webhook_secret = serializers.CharField(help_text="Key of the HMAC-SHA256 in `X-AlgoAgent-Signature`.")


class AgentSettings(serializers.ModelSerializer):
    """What an agent is set to."""

    replay = serializers.DictField()
    symbols = serializers.ListField(child=serializers.CharField())
    intervals = serializers.ListField(child=serializers.CharField())
    interval_weights = serializers.DictField(child=serializers.FloatField())
    weights = serializers.DictField(child=serializers.FloatField())
    alerts = AlertShown(source="*")

    class Meta:
        model = AgentConfig
        fields = [
            *("enabled", "feed", "replay", "session_at", "symbols", "intervals", "interval_weights", "seconds"),
            *("preset", "weights", "alerts"),
        ]
        read_only_fields = fields


class WeightsBody(StrictSerializer):
    """Weights by factor."""

    weights = Weights()


class PresetBody(WeightsBody):
    """Weights under a name."""

    name = serializers.RegexField(PRESET_NAME, trim_whitespace=False)


class WeightsShown(serializers.Serializer):
    """The weights that are used, and the preset that they are."""

    weights = serializers.DictField(child=serializers.FloatField())
    preset = serializers.CharField(allow_blank=True, help_text="Empty where they are no preset's.")


class PresetShown(serializers.Serializer):
    """A preset."""

    name = serializers.CharField()
    weights = serializers.DictField(child=serializers.FloatField())
    built_in = serializers.BooleanField()


class Contribution(serializers.Serializer):
    """What a factor adds."""

    factor = serializers.CharField()
    value = serializers.FloatField()
    weight = serializers.FloatField()
    points = serializers.FloatField()
    reason = serializers.CharField()


class Flip(serializers.Serializer):
    """A factor that alone would change the label, and from which value on."""

    factor = serializers.CharField()
    value = serializers.FloatField()
    needed = serializers.FloatField()
    label = serializers.ChoiceField(choices=Label.choices)  # type: ignore[assignment]  # a field, not a caption


class Scored(serializers.Serializer):
    """The score of a market."""

    symbol = serializers.CharField()
    interval = serializers.CharField()
    score = serializers.FloatField()
    label = serializers.ChoiceField(choices=Label.choices)  # type: ignore[assignment]  # a field, not a caption
    contributions = Contribution(many=True)
    missing = serializers.ListField(child=serializers.CharField())
    bar_at = serializers.DateTimeField()
    age_seconds = serializers.FloatField()
    flips = Flip(many=True)
    price = serializers.FloatField()


class ScoreRequest(StrictSerializer):
    """A market to score."""

    symbol = SingleLineField(max_length=32)
    interval = IntervalField(required=False, help_text="Default: the first of your agent's.")
    as_of = PastField(required=False)
    weights = Weights(required=False, help_text="Default: those that your agent uses.")


class SignalDetail(serializers.ModelSerializer):
    """A signal, and what came after it."""

    contributions = Contribution(many=True)
    missing = serializers.ListField(child=serializers.CharField())
    flips = Flip(many=True)

    class Meta:
        model = Signal
        fields = [
            *("id", "symbol", "interval", "bar_at", "price", "score", "label", "preset", "contributions", "missing"),
            *("flips", "age_seconds", "feed", "return_1_pct", "return_5_pct", "return_20_pct", "created_at"),
        ]
        read_only_fields = fields


class SignalQuery(PageQuery):
    """Which signals to list."""

    symbol = SearchField()
    interval = IntervalField(required=False)
    label = one_of_choices(Label)  # type: ignore[assignment]  # a field, not a caption


class ScorecardQuery(StrictSerializer):
    """Which signals to judge."""

    preset = SingleLineField(max_length=64, required=False)


class SignalFigures(serializers.Serializer):
    """How often a return in the direction of the signal was positive, and its mean, each with its 95 % interval."""

    n = serializers.IntegerField()
    hit_rate = serializers.FloatField(allow_null=True)
    hit_rate_interval = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    mean_return_pct = serializers.FloatField(allow_null=True)
    mean_return_interval = serializers.ListField(child=serializers.FloatField(), allow_null=True)


class BaselineFigures(serializers.Serializer):
    """The same of every bar of the same markets over the same time, without a signal."""

    n = serializers.IntegerField()
    hit_rate = serializers.FloatField(allow_null=True)
    mean_return_pct = serializers.FloatField(allow_null=True)


class Horizon(serializers.Serializer):
    """What came after so many bars."""

    horizon = serializers.IntegerField()
    signals = SignalFigures()
    baseline = BaselineFigures()


class Scorecard(serializers.Serializer):
    """Whether signals were worth anything."""

    preset = serializers.CharField(allow_null=True)
    signals = serializers.IntegerField()
    settled = serializers.IntegerField()
    horizons = Horizon(many=True)


class AgentMetrics(serializers.Serializer):
    """How busy the sockets are, and what the agent does."""

    sockets = serializers.IntegerField()
    subscriptions = serializers.IntegerField()
    messages_sent = serializers.IntegerField()
    uptime_seconds = serializers.FloatField()
    agent_enabled = serializers.BooleanField()
    active_signals = serializers.IntegerField()
