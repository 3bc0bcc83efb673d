"""The life of a run: claimed once, renewed, settled only by its holder, found again when its worker dies."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from strategy_api.runs import events, leases, sweeper, tasks, worker
from strategy_api.runs.events import LeaseLost
from strategy_api.runs.models import Run, RunEvent
from tests.integration.conftest import Work
from tests.integration.test_strategies import create

LEASE = timedelta(seconds=30)


@pytest.fixture
def run(api: APIClient) -> Run:
    """A queued run of a strategy that cannot run."""
    return Run.objects.get(pk=api.post(f"{create(api)}execute/", {}).json()["id"])


def lose(run: Run) -> None:
    """Let the lease of a run run out, as if its worker had died."""
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


class TestClaim:
    def test_gives_a_run_to_one_worker_only(self, run: Run) -> None:
        first = leases.claim(run.pk, lease=LEASE)
        second = leases.claim(run.pk, lease=LEASE)

        assert first is not None
        assert second is None

    def test_gives_a_run_to_one_of_many_workers_at_once(self, run: Run) -> None:
        claimed: list[object] = []
        start = threading.Barrier(8)

        def worker() -> None:
            start.wait()
            claimed.append(leases.claim(run.pk, lease=LEASE))
            connection.close()

        threads = [threading.Thread(target=worker) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len([lease for lease in claimed if lease is not None]) == 1
        assert Run.objects.get(pk=run.pk).attempt == 1

    def test_gives_a_lost_run_to_the_next_worker(self, run: Run) -> None:
        leases.claim(run.pk, lease=LEASE)
        lose(run)

        again = leases.claim(run.pk, lease=LEASE)

        assert again is not None
        assert again.run.attempt == 2

    def test_ends_with_the_last_attempt(self, run: Run) -> None:
        for _ in range(run.max_attempts):
            assert leases.claim(run.pk, lease=LEASE) is not None
            lose(run)

        assert leases.claim(run.pk, lease=LEASE) is None


class TestFairness:
    def test_does_not_let_a_thousand_runs_stand_before_one(
        self, api: APIClient, stranger: APIClient, engine: None
    ) -> None:
        strategy = create(api)
        for _ in range(5):
            api.post(f"{strategy}execute/", {})
        announced = list(Run.objects.values_list("pk", flat=True))
        late = stranger.post(f"{create(stranger)}execute/", {}).json()["id"]

        worker.perform(announced[0])
        worker.perform(announced[1])

        assert Run.objects.get(pk=late).finished

    def test_does_every_run_although_messages_are_taken_out_of_order(
        self, api: APIClient, stranger: APIClient, engine: None
    ) -> None:
        mine, theirs = create(api), create(stranger)
        for _ in range(3):
            api.post(f"{mine}execute/", {})
            stranger.post(f"{theirs}execute/", {})

        for run_id in list(Run.objects.values_list("pk", flat=True)):
            worker.perform(run_id)

        assert not Run.objects.unfinished().exists()

    def test_leaves_a_postponed_run_alone_until_its_time(self, run: Run) -> None:
        leases.claim(run.pk, lease=LEASE).release("a vendor is busy", seconds=60)

        assert leases.claim_fairest(["execute"], lease=LEASE) is None
        assert sweeper.undispatched() == []


class TestLease:
    def test_lost_to_another_worker_writes_nothing(self, run: Run) -> None:
        stale = leases.claim(run.pk, lease=LEASE)
        lose(run)
        holder = leases.claim(run.pk, lease=LEASE)

        with pytest.raises(LeaseLost):
            stale.settle(Run.State.SUCCEEDED, result={"by": "stale"})
        with pytest.raises(LeaseLost):
            stale.emit("execution.finished")
        holder.settle(Run.State.SUCCEEDED, result={"by": "holder"})

        assert Run.objects.get(pk=run.pk).result == {"by": "holder"}

    def test_is_renewed_while_the_work_goes_on(self, run: Run) -> None:
        lease = leases.claim(run.pk, lease=timedelta(seconds=0.6))

        with lease:
            threading.Event().wait(1.5)
            taken = leases.claim(run.pk, lease=LEASE)

        assert taken is None
        assert not lease.unwanted()

    def test_hears_of_a_cancellation_within_a_moment(self, api: APIClient, run: Run) -> None:
        with leases.claim(run.pk, lease=LEASE) as lease:
            began = timezone.now()
            api.post(f"/api/runs/{run.pk}/cancel/")
            while not lease.unwanted() and timezone.now() - began < timedelta(seconds=5):
                threading.Event().wait(0.02)
            took = timezone.now() - began

        assert lease.unwanted()
        assert took < timedelta(seconds=2)


class TestEvents:
    def test_are_numbered_without_gaps_by_many_writers(self, run: Run) -> None:
        def write() -> None:
            for _ in range(20):
                events.append_event(run.pk, "test.step")
            connection.close()

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert list(run.events.values_list("seq", flat=True)) == list(range(1, 82))
        assert Run.objects.get(pk=run.pk).last_seq == 81

    def test_of_a_transaction_that_fails_leave_no_gap(self, run: Run) -> None:
        with transaction.atomic():
            events.append_event(run.pk, "test.lost")
            transaction.set_rollback(True)
        events.append_event(run.pk, "test.kept")

        assert list(run.events.values_list("seq", "type")) == [(1, "run.queued"), (2, "test.kept")]

    def test_are_listed_from_where_the_reader_left_off(self, api: APIClient, run: Run) -> None:
        events.append_event(run.pk, "test.step", done=1)

        answer = api.get(f"/api/runs/{run.pk}/events/", headers={"Accept": "application/json", "Last-Event-ID": "1"})

        assert [(event["seq"], event["type"], event["data"]) for event in answer.json()] == [
            (2, "test.step", {"done": 1})
        ]

    def test_refuse_a_last_event_id_that_is_no_number(self, api: APIClient, run: Run) -> None:
        answer = api.get(f"/api/runs/{run.pk}/events/", headers={"Last-Event-ID": "1; DROP"})

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_last_event_id")

    def test_end_with_no_content_once_read(self, api: APIClient, run: Run, work: Work) -> None:
        work()
        last = Run.objects.get(pk=run.pk).last_seq

        answer = api.get(f"/api/runs/{run.pk}/events/", headers={"Last-Event-ID": str(last)})

        assert answer.status_code == 204


class TestSweeper:
    def test_finds_runs_that_were_never_dispatched(self, run: Run) -> None:
        Run.objects.update(dispatched_at=None, created_at=timezone.now() - timedelta(minutes=1))

        assert sweeper.undispatched() == [(run.pk, "execute")]

    def test_finds_runs_that_lost_their_worker(self, run: Run) -> None:
        leases.claim(run.pk, lease=LEASE)
        lose(run)

        assert sweeper.undispatched() == [(run.pk, "execute")]

    def test_leaves_alone_what_is_being_worked_on(self, run: Run) -> None:
        leases.claim(run.pk, lease=LEASE)

        assert sweeper.undispatched() == []

    def test_gives_up_on_a_run_that_kills_its_workers(self, run: Run) -> None:
        for _ in range(run.max_attempts):
            leases.claim(run.pk, lease=LEASE)
            lose(run)

        sweeper.sweep()

        run.refresh_from_db()
        assert (run.state, run.error_code) == ("failed", "worker_lost")
        assert run.events.last().type == "run.failed"

    def test_a_second_delivery_does_nothing(self, run: Run, work: Work) -> None:
        work()
        before = RunEvent.objects.count()

        tasks.perform_run.run(str(run.pk))

        assert RunEvent.objects.count() == before


class TestDispatch:
    def test_survives_a_broker_that_is_away(self, api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise ConnectionError("no broker")

        monkeypatch.setattr("celery.current_app.send_task", refuse)
        answer = api.post(f"{create(api)}execute/", {})

        assert answer.status_code == 202
        assert Run.objects.get().dispatched_at is None


class TestCancel:
    def test_ends_a_queued_run_at_once(self, api: APIClient, run: Run, work: Work) -> None:
        answer = api.post(f"/api/runs/{run.pk}/cancel/")
        work()

        assert answer.json()["state"] == "cancelled"
        assert [event.type for event in run.events.all()] == ["run.queued", "run.cancel_requested", "run.cancelled"]

    def test_stops_a_strategy_in_the_middle(self, api: APIClient, work: Work) -> None:
        code = (
            "from backtesting import Strategy\n\n\nclass Endless(Strategy):\n"
            "    def init(self): pass\n    def next(self):\n        while True: pass\n"
        )
        run = api.post(f"{create(api, code=code)}execute/", {}).json()
        worker = threading.Thread(target=lambda: (work(), connection.close()))
        worker.start()
        while not RunEvent.objects.filter(type="execution.started").exists():
            threading.Event().wait(0.05)

        began = timezone.now()
        api.post(run["links"]["cancel"])
        worker.join()

        assert api.get(run["links"]["self"]).json()["state"] == "cancelled"
        assert timezone.now() - began < timedelta(seconds=5)

    def test_of_a_finished_run_is_a_conflict(self, api: APIClient, run: Run, work: Work) -> None:
        work()

        answer = api.post(f"/api/runs/{run.pk}/cancel/")

        assert (answer.status_code, answer.json()["code"]) == (409, "run_finished")


class TestRecord:
    def test_refuses_a_running_run_without_a_lease(self, run: Run) -> None:
        with pytest.raises(IntegrityError):
            Run.objects.filter(pk=run.pk).update(state="running")

    def test_refuses_a_finished_run_without_a_time(self, run: Run) -> None:
        with pytest.raises(IntegrityError):
            Run.objects.filter(pk=run.pk).update(state="succeeded")

    def test_refuses_an_unknown_state(self, owner: User) -> None:
        with pytest.raises(IntegrityError):
            Run.objects.create(owner=owner, kind="execute", state="sleeping", id=uuid.uuid4())
