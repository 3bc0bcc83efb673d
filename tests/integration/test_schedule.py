"""Two beats, one piece of work."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from strategy_api.common import retention
from strategy_api.runs import schedule, sweeper, tasks
from strategy_api.runs.models import ScheduleSlot

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC)
EVERY = timedelta(seconds=5)


class TestSlots:
    def test_are_taken_once(self) -> None:
        seconds = [0, 0.1, 4.9, 5, 9.99, 10]

        taken = [schedule.take("sweep", at=NOON + timedelta(seconds=after), every=EVERY) for after in seconds]

        assert taken == [True, False, False, True, False, True]

    def test_of_one_schedule_are_nothing_to_another(self) -> None:
        assert schedule.take("sweep", at=NOON, every=EVERY)
        assert schedule.take("thin", at=NOON, every=EVERY)

    def test_are_forgotten_in_time(self) -> None:
        schedule.take("sweep", at=NOON, every=EVERY)
        schedule.take("thin", at=NOON, every=EVERY)
        ScheduleSlot.objects.filter(schedule="sweep").update(taken_at=timezone.now() - timedelta(days=2))

        assert retention.thin()["schedule_slots"] == 1
        assert ScheduleSlot.objects.get().schedule == "thin"


class TestScheduledTasks:
    @pytest.mark.parametrize(("task", "work"), [(tasks.sweep, (sweeper, "sweep")), (tasks.thin, (retention, "thin"))])
    def test_work_once_although_two_beats_tick(
        self, task: object, work: tuple, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.SWEEP_EVERY = settings.THIN_EVERY = timedelta(days=10_000)
        worked = []
        monkeypatch.setattr(*work, lambda: worked.append(1) or ())

        task()
        task()

        assert worked == [1]

    def test_belong_to_the_slot_in_which_their_beat_ticked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        worked = []
        monkeypatch.setattr(sweeper, "sweep", lambda: worked.append(1) or ())
        for ticked in (NOON, NOON, NOON + EVERY):
            tasks.sweep.push_request(published_at=ticked.isoformat())
            tasks.sweep()
            tasks.sweep.pop_request()

        assert worked == [1, 1]

    def test_carry_the_moment_of_their_beat(self) -> None:
        headers: dict = {}

        tasks.stamp(headers=headers)

        assert timezone.now() - datetime.fromisoformat(headers["published_at"]) < timedelta(minutes=1)
