"""Scheduled work is due at the same moments for every clock."""

import pickle
from datetime import UTC, datetime, timedelta

import pytest

from algoagent.slots import EachSlot

NOON = datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC)


def each(seconds: float, *, now: datetime) -> EachSlot:
    return EachSlot(timedelta(seconds=seconds), nowfun=lambda: now)


class TestEachSlot:
    def test_is_kept_in_the_file_of_a_beat(self) -> None:
        kept = pickle.loads(pickle.dumps(EachSlot(timedelta(seconds=5))))  # noqa: S301  # our own bytes

        assert isinstance(kept, EachSlot)
        assert kept.run_every == timedelta(seconds=5)
        assert kept.relative

    @pytest.mark.parametrize("late", [0.0, 0.4, 2.0, 4.9])
    def test_is_due_when_the_next_slot_has_begun_however_late_the_last_run_was(self, late: float) -> None:
        last = NOON + timedelta(seconds=late)

        before = each(5, now=NOON + timedelta(seconds=4.95)).is_due(last)
        after = each(5, now=NOON + timedelta(seconds=5.01)).is_due(last)

        assert before == (False, pytest.approx(0.05))
        assert after == (True, pytest.approx(4.99))

    def test_is_due_once_a_slot_for_ever(self) -> None:
        now, last, fired = NOON, NOON, []
        while now < NOON + timedelta(seconds=60):
            due, wait = each(5, now=now).is_due(last)
            if due:
                last = now
                fired.append(int(now.timestamp() // 5))
            now += timedelta(seconds=wait) + timedelta(milliseconds=20)  # a clock that is always a little late

        first = int(NOON.timestamp() // 5)
        assert fired == list(range(first + 1, first + 12))
