"""The fleet on real PostgreSQL and Redis. Skipped where they are not installed, except in CI, which must have them."""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.fleet.chaos import ENDED, STRATEGY
from tests.fleet.deployment import ROOT, Fleet
from tests.fleet.servers import Missing, Postgres, Redis

pytestmark = pytest.mark.fleet


def unavailable(missing: Missing) -> None:
    """Skip with the reason, or fail in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI needs PostgreSQL and Redis: {missing}")
    pytest.skip(f"needs PostgreSQL and Redis: {missing}")


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user reaches too; pytest closes its own to everybody else."""
    with tempfile.TemporaryDirectory(prefix="algoagent-fleet-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def fleet(open_folder: Path) -> Iterator[Fleet]:
    """Two workers, two beats, one web process."""
    try:
        started = Fleet(open_folder / "fleet", workers=2, beats=2)
    except Missing as missing:
        unavailable(missing)
    try:
        started.prepare()
        started.start()
        started.wait_until_alive()
        yield started
        started.check()
    finally:
        started.stop()


@pytest.fixture(scope="module")
def execute(fleet: Fleet) -> str:
    """The address that executes a strategy."""
    with fleet.client() as api:
        made = api.post("/api/strategies/", json={"name": "busy", "code": STRATEGY}).raise_for_status().json()
        return f"/api/strategies/{made['id']}/execute/"


def ended(fleet: Fleet, run_id: str, seconds: float = 60) -> dict:
    """Return a run once it has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError), fleet.client() as api:
            answer = api.get(f"/api/runs/{run_id}/")
            if answer.status_code == 200 and answer.json()["state"] in ENDED:
                return answer.json()
        time.sleep(0.2)
    raise AssertionError(f"run {run_id} did not end")


def events(fleet: Fleet, run_id: str) -> list[dict]:
    """Return a run's events."""
    with fleet.client() as api:
        return api.get(f"/api/runs/{run_id}/events/", headers={"Accept": "application/json"}).json()


CONNECTIONS = 10  # DATABASE_POOL_SIZE unless it is set


def endless_run(api: httpx.Client) -> dict:
    """Start a run that works for a minute."""
    endless = STRATEGY.replace("until = time.monotonic() + self.seconds", "until = time.monotonic() + 60")
    made = api.post("/api/strategies/", json={"name": "endless", "code": endless}).json()
    return api.post(f"/api/strategies/{made['id']}/execute/", json={}).json()


def slots_taken(fleet: Fleet, count: int = 3, seconds: float = 60) -> list[int]:
    """Return the next slots of the sweep, in the order in which they were taken, once so many follow each other."""
    deadline, query = time.monotonic() + seconds, "SELECT slot FROM runs_scheduleslot WHERE taken_at > %s ORDER BY id"
    since = datetime.now(UTC)
    while time.monotonic() < deadline:
        with psycopg.connect(fleet.postgres.url) as database:
            slots = [slot for (slot,) in database.execute(query, [since])]
        assert len(set(slots)) == len(slots)
        if slots[-count:] == list(range(slots[-1] - count + 1, slots[-1] + 1) if slots else [None]):
            return slots
        time.sleep(0.2)
    raise AssertionError(f"no {count} slots in a row: {slots}")


class TestFleet:
    def test_is_ready(self, fleet: Fleet) -> None:
        with fleet.client() as api:
            answer = api.get("/readyz")

        assert answer.json()["checks"]["database"] == {"ok": True}
        assert answer.json()["checks"]["broker"] == {"ok": True}

    def test_streams_events_from_a_worker_to_a_reader(self, fleet: Fleet, execute: str) -> None:
        with fleet.client() as api:
            run = api.post(execute, json={}).json()
            stream = f"/api/runs/{run['id']}/events/"
            with api.stream("GET", stream, headers={"Accept": "text/event-stream"}) as answer:
                seen = [int(line[4:]) for line in answer.iter_lines() if line.startswith("id: ")]
            again = api.get(stream, headers={"Accept": "text/event-stream", "Last-Event-ID": str(seen[-1])})

        assert seen == list(range(1, len(seen) + 1))
        assert again.status_code == 204

    def test_makes_one_run_of_twenty_equal_requests(self, fleet: Fleet, execute: str) -> None:
        key, start, ids = uuid.uuid4().hex, threading.Barrier(20), []

        def send() -> None:
            with fleet.client() as api:
                start.wait()
                answer = api.post(execute, json={}, headers={"Idempotency-Key": key})
                ids.append(answer.json().get("id"))

        threads = [threading.Thread(target=send) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(ids) == 20
        assert len(set(ids)) == 1
        assert ids[0]

    @pytest.mark.parametrize("clock", ["beat1", "beat2"])
    def test_does_scheduled_work_once_a_slot_with_either_clock(self, fleet: Fleet, clock: str) -> None:
        both = slots_taken(fleet)
        fleet.kill(clock)
        try:
            one = slots_taken(fleet)
        finally:
            fleet.start(clock)

        assert one[0] > both[-1]

    def test_accepts_runs_while_redis_is_away(self, fleet: Fleet, execute: str) -> None:
        fleet.redis.kill()
        try:
            with fleet.client() as api:
                accepted = [api.post(execute, json={}) for _ in range(3)]
        finally:
            fleet.redis.start()

        assert [answer.status_code for answer in accepted] == [202, 202, 202]
        for answer in accepted:
            assert ended(fleet, answer.json()["id"])["state"] == "succeeded"

    def test_answers_503_while_postgresql_is_away_and_loses_nothing(self, fleet: Fleet, execute: str) -> None:
        with fleet.client() as api:
            before = api.post(execute, json={}).json()["id"]
            fleet.postgres.kill()
            try:
                refused = api.post(execute, json={})
            finally:
                fleet.postgres.start()

        assert refused.status_code == 503
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.json()["code"] == "database_unavailable"
        assert ended(fleet, before)["state"] == "succeeded"

    def test_ends_every_run_once_although_workers_are_killed(self, fleet: Fleet, execute: str) -> None:
        with fleet.client() as api:
            ids = [api.post(execute, json={}).json()["id"] for _ in range(10)]
        time.sleep(0.5)
        for name in ("worker1", "worker2"):
            fleet.kill(name)
            fleet.start(name)

        for run_id in ids:
            assert ended(fleet, run_id)["state"] == "succeeded"
            numbers = [event["seq"] for event in events(fleet, run_id)]
            assert numbers == list(range(1, len(numbers) + 1))
            assert [event["type"] for event in events(fleet, run_id)].count("run.succeeded") == 1

    def test_answers_while_more_streams_are_open_than_connections(self, fleet: Fleet, execute: str) -> None:
        with fleet.client() as api, contextlib.ExitStack() as open_streams:
            run = endless_run(api)
            for _ in range(CONNECTIONS + 5):
                stream = api.stream("GET", f"/api/runs/{run['id']}/events/", headers={"Accept": "text/event-stream"})
                open_streams.enter_context(stream)
            accepted = api.post(execute, json={})
            api.post(f"/api/runs/{run['id']}/cancel/")

        assert accepted.status_code == 202

    def test_reaches_a_running_child_when_cancelled(self, fleet: Fleet) -> None:
        with fleet.client() as api:
            run = endless_run(api)
            while "execution.started" not in [event["type"] for event in events(fleet, run["id"])]:
                time.sleep(0.1)
            began = time.monotonic()
            api.post(f"/api/runs/{run['id']}/cancel/")
            state = ended(fleet, run["id"])["state"]

        assert state == "cancelled"
        assert time.monotonic() - began < 5


class TestOnPostgres:
    def test_the_record_keeps_its_laws(self, open_folder: Path) -> None:
        folder = open_folder / "record"
        folder.mkdir()
        try:
            postgres, redis = Postgres(folder), Redis(folder)
        except Missing as missing:
            unavailable(missing)
        postgres.start()
        redis.start()
        # A folder of its own: it is removed at the end.
        environment = {name: value for name, value in os.environ.items() if name != "DATA_DIR"}
        try:
            suites = [
                "test_run_kinds.py",
                "test_runs.py",
                "test_event_streams.py",
                "test_strategies.py",
                "test_retention.py",
            ]
            done = subprocess.run(
                # Its database is thrown away with the server, so nobody needs to wait until it can be dropped.
                [sys.executable, "-m", "pytest", "-q", "--reuse-db", *(f"tests/integration/{name}" for name in suites)],
                env=environment | {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url},
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=280,
                check=False,
            )
        finally:
            redis.kill()
            postgres.kill()

        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
