"""The agent over HTTP: its switch, its weights, its scans, and that a bar is signalled once."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from strategy_api.runs import tasks, topic_types
from strategy_api.runs.models import Run
from strategy_api.scanner import configs, slots, webhooks
from strategy_api.scanner.choices import AlertState
from strategy_api.scanner.models import AgentConfig, Alert, Signal
from tests.integration.conftest import Work

pytestmark = pytest.mark.django_db(transaction=True)

HALVES = {"trend": 0.5, "momentum": 0.5}


@pytest.fixture(autouse=True)
def unlimited(many_requests: None) -> None:
    """No limits on requests."""


def step(owner: User, bars: int) -> None:
    """Let the replay move on."""
    config = configs.config_of(owner)
    config.session_at -= timedelta(seconds=bars * config.seconds)
    Signal.objects.filter(owner=owner).update(session_at=config.session_at)
    config.save(update_fields=["session_at"])


def scan(api: APIClient, work: Work, **asked: Any) -> dict[str, Any]:
    """Scan, and return the run."""
    run = api.post("/api/scanner/run/", asked, format="json").json()
    work()
    return dict(api.get(f"/api/runs/{run['id']}/").json())


class TestAgent:
    def test_is_off_until_switched_on_and_stays_so(self, api: APIClient, owner: User) -> None:
        assert api.get("/api/agent/status/").json()["enabled"] is False

        switched = api.put("/api/agent/toggle/?enabled=true").json()

        assert switched["enabled"] is True
        assert switched["toggled_by"] == "owner"
        assert AgentConfig.objects.get(owner=owner).enabled
        assert api.put("/api/agent/toggle/", {"enabled": False}, format="json").json()["enabled"] is False

    @pytest.mark.parametrize("wish", ["?enabled=perhaps", "?enabled="])
    def test_is_not_switched_by_anything_else(self, api: APIClient, wish: str) -> None:
        answer = api.put(f"/api/agent/toggle/{wish}")

        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid"

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"seconds": 1}, "/seconds"),
            ({"symbols": []}, "/symbols"),
            ({"intervals": ["7x"]}, "/intervals"),
            ({"feed": "crystal ball"}, "/feed"),
            ({"colour": "red"}, "/colour"),
            ({"replay": {"bars_per_second": -1}}, "/replay/bars_per_second"),
            ({"alerts": {"webhook_url": "https://10.0.0.1/x"}}, "/alerts/webhook_url"),
            ({"alerts": {"webhook_url": "http://example.com/x"}}, "/alerts/webhook_url"),
        ],
    )
    def test_takes_no_settings_that_mean_nothing(self, api: APIClient, change: dict[str, Any], pointer: str) -> None:
        answer = api.put("/api/agent/config/", change, format="json")

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"].startswith(pointer)

    def test_keeps_what_is_not_named(self, api: APIClient) -> None:
        api.put("/api/agent/config/", {"symbols": ["EURUSD"], "intervals": ["1h"]}, format="json")
        kept = api.put("/api/agent/config/", {"seconds": 60}, format="json").json()

        assert (kept["symbols"], kept["intervals"], kept["seconds"]) == (["EURUSD"], ["1h"], 60)

    @pytest.mark.parametrize("slash", ["", "/"])
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("get", "/api/agent/status", None),
            ("put", "/api/agent/toggle", {"enabled": True}),
            ("get", "/api/agent/config", None),
            ("put", "/api/agent/config", {"seconds": 30}),
            ("post", "/api/scanner/run", {}),
            ("post", "/api/signals/score", {"symbol": "GOOG"}),
            ("get", "/api/signals", None),
            ("get", "/api/metrics", None),
            ("get", "/api/config/weights", None),
            ("put", "/api/config/weights", {"weights": HALVES}),
            ("get", "/api/config/weight-presets", None),
            ("post", "/api/config/weight-presets", {"name": "mine", "weights": HALVES}),
            ("get", "/api/config/weight-presets/balanced", None),
            ("put", "/api/config/weight-presets/mine", {"weights": HALVES}),
            ("post", "/api/backtest/run", {"description": "buy when RSI < 30, sell when RSI > 70"}),
        ],
    )
    def test_answers_with_and_without_the_last_slash(
        self, api: APIClient, method: str, path: str, body: Any, slash: str
    ) -> None:
        answer = getattr(api, method)(path + slash, body, format="json")

        assert answer.status_code in (200, 201, 202)


class TestWeights:
    @pytest.mark.parametrize("route", ["/api/config/weights/", "/api/config/weight-presets/mine/"])
    def test_that_are_no_whole_are_refused_with_their_sum(self, api: APIClient, route: str) -> None:
        answer = api.put(route, {"weights": {"trend": 0.5, "momentum": 0.49}}, format="json")

        assert answer.status_code == 422
        assert "0.99" in answer.json()["detail"]

    def test_are_the_presets_where_they_are_one(self, api: APIClient) -> None:
        aggressive = api.get("/api/config/weight-presets/aggressive/").json()["weights"]

        assert api.put("/api/config/weights/", {"weights": aggressive}, format="json").json()["preset"] == "aggressive"
        assert api.put("/api/config/weights/", {"weights": HALVES}, format="json").json()["preset"] == ""

    def test_of_the_project_stay(self, api: APIClient) -> None:
        for method, body in (("put", {"weights": HALVES}), ("delete", None)):
            answer = getattr(api, method)("/api/config/weight-presets/balanced/", body, format="json")
            assert (answer.status_code, answer.json()["code"]) == (409, "built_in_preset")

    def test_are_kept_changed_and_deleted_by_their_owner(self, api: APIClient, stranger: APIClient) -> None:
        assert (
            api.post("/api/config/weight-presets/", {"name": "mine", "weights": HALVES}, format="json").status_code
            == 201
        )
        again = api.post("/api/config/weight-presets/", {"name": "mine", "weights": HALVES}, format="json")
        assert again.json()["code"] == "preset_exists"
        assert stranger.get("/api/config/weight-presets/mine/").status_code == 404
        assert stranger.delete("/api/config/weight-presets/mine/").status_code == 404
        assert api.put("/api/config/weight-presets/mine/", {"weights": {"volume": 1.0}}, format="json").json()[
            "weights"
        ] == {"volume": 1.0}
        assert [row["name"] for row in api.get("/api/config/weight-presets/").json()] == [
            *("balanced", "aggressive", "conservative", "mine"),
        ]
        assert api.delete("/api/config/weight-presets/mine/").status_code == 204
        assert api.get("/api/config/weight-presets/mine/").status_code == 404


class TestScans:
    def test_signal_each_new_bar_once(self, api: APIClient, owner: User, work: Work) -> None:
        api.put("/api/agent/toggle/?enabled=true")
        first = scan(api, work)
        assert first["state"] == "succeeded"
        assert first["result"]["signals"] == 1
        assert scan(api, work)["result"]["signals"] == 0

        step(owner, 1)
        assert scan(api, work)["result"]["signals"] == 1

        bars = [row["bar_at"] for row in api.get("/api/signals/").json()["results"]]
        assert len(bars) == len(set(bars)) == 2
        events, _ = topic_types.events_after(configs.topic_of(owner.pk), 0)
        assert [event["type"] for event in events] == [
            *("agent.enabled", "signal", "scan.finished", "scan.finished", "signal", "scan.finished"),
        ]
        assert events[1]["data"]["contributions"]

    def test_of_an_agent_that_is_off_signal_nothing(self, api: APIClient, work: Work) -> None:
        done = scan(api, work)

        assert len(done["result"]["rows"]) == 1
        assert done["result"]["signals"] == 0
        assert not Signal.objects.exists()

    def test_name_markets_that_have_no_bars(self, api: APIClient, work: Work) -> None:
        api.put("/api/agent/config/", {"symbols": ["GOOG", "NOPE"]}, format="json")

        result = scan(api, work)["result"]

        assert [row["symbol"] for row in result["rows"]] == ["GOOG"]
        assert [(row["symbol"], row["code"]) for row in result["missing"]] == [("NOPE", "unknown_symbol")]

    def test_of_the_past_are_those_that_were_run_live(self, api: APIClient, owner: User, work: Work) -> None:
        step(owner, 700)
        live = scan(api, work)["result"]

        past = scan(api, work, as_of=live["clock"])["result"]

        assert past["rows"] == live["rows"]
        assert past["symbols"] == live["symbols"]

    def test_of_a_past_day_mean_its_end(self, api: APIClient, work: Work) -> None:
        rows = scan(api, work, as_of="2010-05-28")["result"]["rows"]

        assert [row["bar_at"] for row in rows] == ["2010-05-28T00:00:00Z"]
        assert api.post("/api/scanner/run/", {"as_of": "soon"}, format="json").status_code == 400

    def test_settle_what_came_after_and_judge_it(self, api: APIClient, owner: User, work: Work) -> None:
        api.put("/api/agent/toggle/?enabled=true")
        for _ in range(25):
            scan(api, work)
            step(owner, 1)

        oldest = Signal.objects.order_by("bar_at").first()
        assert oldest is not None
        bars = api.get(f"/api/data/bars/?symbol=GOOG&start_date={oldest.bar_at:%Y-%m-%d}&page_size=30").json()[
            "results"
        ]
        for horizon in (1, 5, 20):
            change = 100 * (bars[horizon]["close"] / bars[0]["close"] - 1)
            assert getattr(oldest, f"return_{horizon}_pct") == pytest.approx(change)
        card = api.get("/api/signals/scorecard/").json()
        assert [row["horizon"] for row in card["horizons"]] == [1, 5, 20]
        assert card["horizons"][0]["baseline"]["n"] >= card["horizons"][0]["signals"]["n"]

    def test_that_are_due_are_queued_once_however_many_beats_look(self, api: APIClient, owner: User) -> None:
        api.put("/api/agent/toggle/?enabled=true")

        slots.submit_due_scans()
        slots.submit_due_scans()

        assert Run.objects.filter(kind="scan").count() == 1

    def test_of_agents_that_are_off_are_not_queued(self, api: APIClient) -> None:
        api.put("/api/agent/toggle/?enabled=true")
        api.put("/api/agent/toggle/?enabled=false")

        slots.submit_due_scans()

        assert not Run.objects.filter(kind="scan").exists()

    def test_go_on_when_one_thing_at_the_sweep_fails(
        self, api: APIClient, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        def fails() -> None:
            raise RuntimeError

        monkeypatch.setattr("strategy_api.runs.schedule.AT_EACH_SWEEP", [fails, slots.submit_due_scans])
        api.put("/api/agent/toggle/?enabled=true")

        tasks.sweep()

        assert Run.objects.filter(kind="scan").count() == 1

    def test_score_one_market_at_once_and_store_nothing(self, api: APIClient) -> None:
        scored = api.post(
            "/api/signals/score/", {"symbol": "GOOG", "weights": {"trend": 1.0}, "as_of": "2013-01-02"}, format="json"
        ).json()

        assert scored["bar_at"] == "2013-01-02T00:00:00Z"
        assert [part["factor"] for part in scored["contributions"]] == ["trend"]
        assert not Signal.objects.exists()
        unknown = api.post("/api/signals/score/", {"symbol": "NOPE"}, format="json")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_symbol")


class Receiver:
    """Receives webhooks and answers as it is told."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append((dict(self.headers), body))
                if outer.status == 0:
                    self.close_connection = True
                    return
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


class TestAlerts:
    @pytest.fixture
    def alert(self, api: APIClient, owner: User, work: Work, receiver: Receiver, settings: Any) -> Alert:
        settings.WEBHOOK_PRIVATE_ADDRESSES = True
        alerts = {"threshold": 0.0, "webhook_url": receiver.url}
        api.put("/api/agent/config/", {"alerts": alerts}, format="json")
        api.put("/api/agent/toggle/?enabled=true")
        scan(api, work)
        return Alert.objects.get()

    def deliver(self, work: Work) -> None:
        from strategy_api.runs.models import ScheduleSlot

        ScheduleSlot.objects.all().delete()
        slots.submit_alerts()
        work()

    def test_are_signed_and_sent_once(self, alert: Alert, owner: User, work: Work, receiver: Receiver) -> None:
        for _ in range(3):
            self.deliver(work)

        assert len(receiver.received) == 1
        headers, body = receiver.received[0]
        secret = configs.config_of(owner).webhook_secret
        signed = f"{headers[webhooks.TIMESTAMP]}.".encode() + body
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        assert headers[webhooks.SIGNATURE] == f"sha256={expected}"
        assert json.loads(body)["signal"]["id"] == str(alert.signal_id)
        alert.refresh_from_db()
        assert alert.state == AlertState.SENT

    def test_are_tried_again_where_the_receiver_asks_for_it(self, alert: Alert, work: Work, receiver: Receiver) -> None:
        receiver.status = 503
        self.deliver(work)
        receiver.status = 200
        self.deliver(work)

        alert.refresh_from_db()
        assert (alert.state, alert.attempts, len(receiver.received)) == (AlertState.SENT, 2, 2)
        assert receiver.received[0][0][webhooks.DELIVERY] == receiver.received[1][0][webhooks.DELIVERY]

    def test_are_not_sent_again_where_they_may_have_arrived(self, alert: Alert, work: Work, receiver: Receiver) -> None:
        receiver.status = 0
        self.deliver(work)
        receiver.status = 200
        self.deliver(work)

        alert.refresh_from_db()
        assert (alert.state, len(receiver.received)) == (AlertState.UNKNOWN, 1)

    def test_of_a_worker_that_died_while_sending_are_not_sent_again(
        self, alert: Alert, owner: User, work: Work, receiver: Receiver
    ) -> None:
        from strategy_api.runs.kinds import Submission
        from strategy_api.runs.services import submit_run
        from strategy_api.scanner.kinds import ALERT

        Alert.objects.update(state=AlertState.SENDING)
        submit_run(owner=owner, kind=ALERT, submission=Submission(parameters={"alert": str(alert.pk)}))
        work()

        alert.refresh_from_db()
        assert (alert.state, receiver.received) == (AlertState.UNKNOWN, [])

    def test_give_up_after_five_tries(self, alert: Alert, work: Work, receiver: Receiver) -> None:
        receiver.status = 500
        for _ in range(7):
            self.deliver(work)

        alert.refresh_from_db()
        assert (alert.state, len(receiver.received)) == (AlertState.FAILED, 5)

    @pytest.mark.parametrize(
        "url",
        [
            "https://127.0.0.1/x", "https://localhost/x", "https://10.1.2.3/x", "https://[::1]/x", "https://192.168.0.1/",
            "https://169.254.169.254/latest/meta-data/", "https://[::ffff:10.0.0.1]/", "https://0.0.0.0/", "ftp://a.example/",
            "http://example.com/", "https://user:pw@example.com/", "https://2130706433/",
        ],
    )  # fmt: skip
    def test_go_to_no_private_address(self, url: str) -> None:
        with pytest.raises(webhooks.NotSent):
            webhooks.send(url, secret="s", delivery="d", payload={})

    def test_go_to_no_public_name_of_a_private_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("10.0.0.1", 443))])

        with pytest.raises(webhooks.NotSent, match="private"):
            webhooks.send("https://inside.example.com/", secret="s", delivery="d", payload={})

    def test_begin_at_the_threshold(self, api: APIClient, work: Work) -> None:
        api.put("/api/agent/config/", {"alerts": {"threshold": 1.0}}, format="json")
        api.put("/api/agent/toggle/?enabled=true")
        scan(api, work)

        assert Signal.objects.exists()
        assert not Alert.objects.exists()


def test_the_next_scan_is_a_slot_after_the_last(api: APIClient, owner: User, work: Work) -> None:
    api.put("/api/agent/toggle/?enabled=true")
    before = timezone.now()
    scan(api, work)

    config = configs.config_of(owner)
    assert config.last_scan_at is not None
    assert config.last_scan_at >= before
    assert config.next_scan_at == config.last_scan_at + timedelta(seconds=config.seconds)
