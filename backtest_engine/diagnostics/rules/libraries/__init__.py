"""pandas, NumPy, dates and times."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.libraries import (
    chained_assignment,
    date_as_text,
    nan_comparison,
    positional_series_access,
    read_only_array,
    removed_numpy_alias,
    removed_pandas_api,
    time_zone_mismatch,
    unknown_numpy_function,
    unknown_pandas_attribute,
    weekday_off_by_one,
    wrong_datetime_attribute,
)

RULES: tuple[Rule, ...] = (
    chained_assignment.RULE,
    positional_series_access.RULE,
    read_only_array.RULE,
    removed_pandas_api.RULE,
    unknown_pandas_attribute.RULE,
    nan_comparison.RULE,
    removed_numpy_alias.RULE,
    unknown_numpy_function.RULE,
    date_as_text.RULE,
    weekday_off_by_one.RULE,
    time_zone_mismatch.RULE,
    wrong_datetime_attribute.RULE,
)
