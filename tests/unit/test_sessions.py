"""Sessions in the time of their exchange, on bars labelled in UTC."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from backtest_engine.indicators import ZONES, local_time, session_minutes
from backtest_engine.language import explain
from backtest_engine.spec import (
    All,
    Comparison,
    Condition,
    Price,
    Session,
    SessionTime,
    SessionValue,
    Side,
    StrategySpec,
    TimeOfDay,
    UnitSize,
)
from backtest_engine.spec.evaluate import holds, series
from backtest_engine.spec.lengths import fit
from tests.unit.test_compiled_rules import bars, flat, trades

HOURS = ("09:30", "16:00", "America/New_York")
NEW_YORK = Session(opens="09:30", closes="16:00", zone="America/New_York")


def day(date: str, *, freq: str = "30min", opens: str = "14:30", count: int = 13) -> pd.DatetimeIndex:
    return pd.date_range(f"{date} {opens}", periods=count, freq=freq)


def clock(condition: Condition, frame: pd.DataFrame) -> list[str]:
    return [f"{time:%H:%M}" for time in frame.index[holds(condition, frame)]]


WINTER = flat(*[100] * 13, start="2024-01-08 14:30", freq="30min")
SUMMER = flat(*[100] * 13, start="2024-07-08 13:30", freq="30min")


class TestSessionTime:
    @pytest.mark.parametrize(("frame", "first"), [(WINTER, "14:30"), (SUMMER, "13:30")])
    def test_begins_when_the_exchange_opens(self, frame: pd.DataFrame, first: str) -> None:
        assert clock(SessionTime(session=NEW_YORK, part="first", minutes=30), frame) == [first]

    def test_has_last_minutes(self) -> None:
        assert clock(SessionTime(session=NEW_YORK, part="last", minutes=60), WINTER) == ["20:00", "20:30"]

    def test_goes_on_after_its_first_minutes(self) -> None:
        assert clock(SessionTime(session=NEW_YORK, part="after", minutes=330), WINTER) == ["20:00", "20:30"]

    def test_is_nowhere_outside(self) -> None:
        since, left, _ = session_minutes(
            day("2024-01-08", opens="12:00", count=6), "09:30", "16:00", "America/New_York"
        )

        assert since.tolist() == [-1, -1, -1, -1, -1, 0]
        assert left.tolist() == [-1, -1, -1, -1, -1, 390]

    def test_spans_midnight(self) -> None:
        since, left, _ = session_minutes(
            pd.date_range("2024-01-08 22:00", periods=4, freq="h"), "23:00", "01:00", "UTC"
        )

        assert (since.tolist(), left.tolist()) == ([-1, 0, 60, -1], [-1, 120, 60, -1])

    def test_ends_a_day_flat(self) -> None:
        entry = SessionTime(session=NEW_YORK, part="first", minutes=30)
        spec = StrategySpec(
            long=Side(entry=entry, exit=SessionTime(session=NEW_YORK, part="end")), sizing=UnitSize(units=1)
        )
        index = day("2024-01-08").append(day("2024-01-09"))

        # Decided on the first half hour of the second day, bar 13; closed at the open of its last half hour, bar 25.
        assert trades(spec, flat(*[100] * 26).set_axis(index)) == [(1, 14, 25)]

    def test_cannot_be_seen_in_days(self) -> None:
        spec = StrategySpec(long=Side(entry=SessionTime(session=NEW_YORK, part="first", minutes=30), max_bars=1))

        _, notices = fit(spec, pd.bdate_range("2024-01-01", periods=30))

        assert [notice.code for notice in notices] == ["interval_mismatch"]

    def test_needs_minutes(self) -> None:
        with pytest.raises(ValidationError, match="has minutes"):
            SessionTime(session=NEW_YORK, part="first")

    def test_knows_every_zone_that_can_be_said(self) -> None:
        assert set(Session.model_json_schema()["properties"]["zone"]["enum"]) == set(ZONES)


class TestLocalTime:
    @pytest.mark.parametrize("zone", ZONES)
    def test_is_what_the_zone_says(self, zone: str) -> None:
        index = pd.date_range("1975-01-01 00:30", "2040-12-31", freq="37h")

        expected = index.tz_localize("UTC").tz_convert(zone).tz_localize(None)

        assert (local_time(index, zone) == expected).all()

    def test_changes_at_the_hour(self) -> None:
        index = pd.date_range("2024-03-10 06:00", periods=3, freq="h")

        assert [f"{time:%H:%M}" for time in local_time(index, "America/New_York")] == ["01:00", "03:00", "04:00"]


class TestTimeOfDay:
    def test_is_of_its_zone(self) -> None:
        window = TimeOfDay(start="09:30", end="10:00", zone="America/New_York")

        assert clock(window, WINTER) == ["14:30", "15:00"]
        assert clock(window, SUMMER) == ["13:30", "14:00"]


class TestOpeningRange:
    rows = [(10, 12, 9, 11), (11, 13, 10, 12), (12, 12, 12, 12), (12, 20, 5, 14)]

    def values(self, measure: Any) -> list[float]:
        frame = bars(self.rows, start="2024-01-08 14:30", freq="30min")
        return series(SessionValue(session=NEW_YORK, measure=measure, minutes=60), frame).tolist()

    def test_is_known_after_it_and_stays(self) -> None:
        np.testing.assert_array_equal(self.values("range_high"), [np.nan, np.nan, 13, 13])
        np.testing.assert_array_equal(self.values("range_low"), [np.nan, np.nan, 9, 9])

    def test_is_traded_by_its_break(self) -> None:
        high = SessionValue(session=NEW_YORK, measure="range_high", minutes=30)
        spec = StrategySpec(
            long=Side(entry=Comparison(left=Price(), relation=">", right=high), max_bars=9), sizing=UnitSize(units=1)
        )
        frame = bars(
            [(10, 12, 9, 11)] * 4 + [(11, 13, 11, 13)] + [(13, 13, 13, 13)] * 3, start="2024-01-08 14:30", freq="30min"
        )

        assert trades(spec, frame)[0][1] == 5


class TestSessionVwap:
    def test_begins_anew_with_each_session(self) -> None:
        frame = bars([(9, 9, 9, 9), (3, 3, 3, 3), (6, 6, 6, 6)], start="2024-01-08 20:00", freq="30min")
        frame = pd.concat([frame, bars([(8, 8, 8, 8)], start="2024-01-09 14:30")])
        frame["Volume"] = [1.0, 2.0, 5.0, 7.0]

        # 20:00 and 20:30 are in the session, 21:00 is after the close: 9, then (9 + 2 × 3) / 3.
        np.testing.assert_array_equal(series(SessionValue(session=NEW_YORK, measure="vwap"), frame), [9, 5, np.nan, 8])


class TestExplain:
    def test_tells_sessions(self) -> None:
        high = SessionValue(session=NEW_YORK, measure="range_high", minutes=30)
        entry = All(
            conditions=(
                Comparison(left=Price(), relation=">", right=high),
                Comparison(left=Price(), relation=">", right=SessionValue(session=NEW_YORK, measure="vwap")),
                SessionTime(session=NEW_YORK, part="after", minutes=30),
            )
        )
        spec = StrategySpec(long=Side(entry=entry, exit=SessionTime(session=NEW_YORK, part="end")))

        told = explain(spec)

        hours = "the session from 09:30 to 16:00 in America/New_York"
        assert f"the close is above the high of the first 30 minutes of {hours}" in told
        assert f"the VWAP since the open of {hours}" in told
        assert f"it is more than 30 minutes into {hours}" in told
        assert f"Close long when {hours} is about to end" in told or f"close long when {hours} is about to end" in told
