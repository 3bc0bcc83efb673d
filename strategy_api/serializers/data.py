"""Market data, as they are shown."""

from rest_framework import serializers

from strategy_api.serializers.problems import Notice


class SymbolRow(serializers.Serializer):
    """One symbol that a source has; the range is null where only a request would tell."""

    symbol = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field, not where the field reads from
    interval = serializers.CharField()
    title = serializers.CharField()
    sample = serializers.BooleanField()
    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)
    bars = serializers.IntegerField(allow_null=True)


class BarRow(serializers.Serializer):
    """One bar; prices in the quote currency."""

    time = serializers.DateTimeField()
    open = serializers.FloatField()
    high = serializers.FloatField()
    low = serializers.FloatField()
    close = serializers.FloatField()
    volume = serializers.FloatField()


class DatasetDetail(serializers.Serializer):
    """Where bars come from, and what was noticed about them."""

    symbol = serializers.CharField()
    interval = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field, not where the field reads from
    fingerprint = serializers.CharField(help_text="SHA-256 of exactly these bars.")
    bars = serializers.IntegerField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    notices = Notice(many=True)


class BarPage(serializers.Serializer):
    """Some bars, oldest first, of the dataset that was asked for."""

    next = serializers.CharField(allow_null=True, help_text="Address of the next page.")
    dataset = DatasetDetail()
    results = BarRow(many=True)
