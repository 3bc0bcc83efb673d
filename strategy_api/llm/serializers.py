"""Keys and money, as staff see them: a key is its fingerprint."""

from rest_framework import serializers


class KeyLimits(serializers.Serializer):
    """What a key's project may ask of a model."""

    requests_per_minute = serializers.IntegerField()
    tokens_per_minute = serializers.IntegerField()
    requests_per_day = serializers.IntegerField()


class KeyState(serializers.Serializer):
    """The health of one key for one model."""

    provider = serializers.CharField()
    name = serializers.CharField(help_text="As in GEMINI_KEY_<name>.")
    fingerprint = serializers.CharField()
    project = serializers.CharField(help_text="Quotas are a project's: keys of one project share them.")
    model = serializers.CharField()
    state = serializers.ChoiceField(choices=["ready", "resting", "quarantined"])
    reason = serializers.CharField(help_text="Why it rests, as in day_quota or key_invalid; empty when it is ready.")
    until = serializers.DateTimeField(allow_null=True)
    requests_this_minute = serializers.IntegerField()
    tokens_this_minute = serializers.IntegerField()
    requests_today = serializers.IntegerField(help_text="Today in California, where the vendor's day begins.")
    limits = KeyLimits()


class Spending(serializers.Serializer):
    """Calls to models, and what they used and cost."""

    calls = serializers.IntegerField()
    failed = serializers.IntegerField()
    input_tokens = serializers.IntegerField(source="tokens_in")
    output_tokens = serializers.IntegerField(source="tokens_out")
    cost_usd = serializers.FloatField(source="cost")


class ModelSpending(Spending):
    """Spending on one model."""

    provider = serializers.CharField(source="vendor")
    model = serializers.CharField(source="name")


class UserSpending(Spending):
    """Spending of one user's runs; an empty name is nobody's."""

    user = serializers.CharField()


class DaySpending(Spending):
    """Spending of one UTC day."""

    day = serializers.DateField()


class BudgetDetail(serializers.Serializer):
    """The day's money for language models."""

    daily_usd = serializers.FloatField()
    user_daily_usd = serializers.FloatField(allow_null=True)
    spent_usd = serializers.FloatField(help_text="Calls under way count at the most that they can cost.")
    remaining_usd = serializers.FloatField()
    threshold = serializers.FloatField()
    cheapest_only = serializers.BooleanField(help_text="Whether the threshold is passed.")
    resets_at = serializers.DateTimeField()
    models = serializers.ListField(child=serializers.CharField(), help_text="Models that can be asked, best first.")
    by_model = ModelSpending(many=True)
    by_user = UserSpending(many=True)
    by_day = DaySpending(many=True)
