"""Market data, as they are shown."""

from rest_framework import serializers

from strategy_api.common.fields import ONE_LINE, IntervalField, MomentField, StrictDateField, StrictSerializer
from strategy_api.common.queries import PageSizeField, SearchField
from strategy_api.common.serializers import Notice

MAX_BARS = 10_000


class SymbolRow(serializers.Serializer):
    """One symbol that a source has; the range is null where only a request would tell."""

    symbol = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field, not where the field reads from
    interval = serializers.CharField()
    title = serializers.CharField()
    sample = serializers.BooleanField()
    first_bar_at = serializers.DateTimeField(allow_null=True)
    last_bar_at = serializers.DateTimeField(allow_null=True)
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
    first_bar_at = serializers.DateTimeField()
    last_bar_at = serializers.DateTimeField()
    notices = Notice(many=True)


class BarPage(serializers.Serializer):
    """Some bars, oldest first, of the dataset that was asked for."""

    next = serializers.CharField(allow_null=True, help_text="Address of the next page.")
    dataset = DatasetDetail()
    results = BarRow(many=True)


class SymbolQuery(StrictSerializer):
    """Which symbols to list."""

    search = SearchField(help_text="Words that symbol or title contains.")


class BarQuery(StrictSerializer):
    """Which bars to send."""

    symbol = serializers.RegexField(ONE_LINE, max_length=40, help_text="As the list of symbols has it.")
    interval = IntervalField(required=False, help_text="Bar length; default: the first that the symbol has.")
    start_date = StrictDateField(required=False, help_text="First day (UTC).")
    end_date = StrictDateField(required=False, help_text="Last day (UTC), included.")
    after = MomentField(required=False, help_text="Only bars after this time: take it from `next`.")
    page_size = PageSizeField(most=MAX_BARS, default=1000, help_text="Bars on a page.")


class ImportQuery(StrictSerializer):
    """What the uploaded bars are."""

    symbol = serializers.RegexField(
        r"^[A-Za-z0-9^=&-][A-Za-z0-9^=.&/:_+-]{0,31}$", max_length=32, help_text="What to call them."
    )
    interval = IntervalField(required=False, help_text="Checked against the data, which decide.")
    only_symbol = SearchField(help_text="Of a file with several symbols, the one to import, as the file names it.")


class ImportDeletionQuery(StrictSerializer):
    """Which imported bars to remove."""

    symbol = serializers.RegexField(ONE_LINE, max_length=40, help_text="As the list of symbols has it.")
    interval = IntervalField(required=False, help_text="Of this interval; default: all.")
