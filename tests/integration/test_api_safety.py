"""What keeps the API safe to expose and safe to retry."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from strategy_api.accounts.models import IdempotencyKey
from strategy_api.runs.models import Run
from strategy_api.strategies.models import Strategy
from tests.integration.conftest import client_of
from tests.integration.records import CODE, run_of, strategy_of

CSV = b"date,open,high,low,close,volume\n2024-01-02,10,11,9,10.5,1000\n2024-01-03,10.5,12,10,11.5,1200\n"


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


@pytest.fixture
def owner(db: None) -> User:
    """Somebody with strategies."""
    return User.objects.create_user("owner")


@pytest.fixture
def api(owner: User) -> APIClient:
    """The owner's client."""
    return client_of(owner)


@pytest.fixture
def imports(settings: Any, tmp_path: Any) -> Any:
    """An empty folder for imported data."""
    from strategy_api.market import catalog

    settings.IMPORTS_DIR = tmp_path
    catalog._catalog.cache_clear()
    return tmp_path


class TestRetries:
    def test_of_a_cancellation_get_the_first_answer(self, api: APIClient, owner: User) -> None:
        address = f"/api/runs/{run_of(strategy_of(owner)).pk}/cancel/"

        first = api.post(address, headers={"Idempotency-Key": "c"})
        again = api.post(address, headers={"Idempotency-Key": "c"})
        other = api.post(address)

        assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
        assert first.json() == again.json()
        assert again["Idempotent-Replayed"] == "true"

    def test_of_an_import_get_the_first_answer(self, api: APIClient, imports: Any) -> None:
        def send(body: bytes) -> Any:
            return api.generic(
                "POST", "/api/data/import/?symbol=MINE", body, content_type="text/csv", HTTP_IDEMPOTENCY_KEY="i"
            )

        first, again, other = send(CSV), send(CSV), send(CSV + b"2024-01-04,11,12,10,11,900\n")

        assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
        assert again.json() == first.json()
        assert other.json()["code"] == "idempotency_key_reused"

    def test_of_what_was_refused_are_tried_again(self, api: APIClient, owner: User) -> None:
        run = run_of(strategy_of(owner))
        Run.objects.update(state="succeeded", finished_at=run.created_at)

        answers = [api.post(f"/api/runs/{run.pk}/cancel/", headers={"Idempotency-Key": "c"}) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [409, 409]
        assert not IdempotencyKey.objects.exists()

    def test_with_the_key_of_another_kind_of_request_are_refused(self, api: APIClient, owner: User) -> None:
        run = run_of(strategy_of(owner))
        api.post("/api/strategies/", {"name": "a", "code": CODE}, headers={"Idempotency-Key": "k"})

        answer = api.post(f"/api/runs/{run.pk}/cancel/", headers={"Idempotency-Key": "k"})

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")

    @pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ключ"])
    def test_need_a_key_that_is_one(self, api: APIClient, key: str) -> None:
        answer = api.post("/api/strategies/", {"name": "a", "code": CODE}, HTTP_IDEMPOTENCY_KEY=key)

        assert answer.json()["code"] == "invalid_idempotency_key"


class TestEtags:
    def test_of_a_strategy_change_with_it(self, api: APIClient, owner: User) -> None:
        address = f"/api/strategies/{strategy_of(owner).pk}/"
        before = api.get(address)["ETag"]

        same = api.get(address, headers={"If-None-Match": before})
        changed = api.patch(address, {"name": "Two"}, headers={"If-Match": before})
        late = api.patch(address, {"name": "Three"}, headers={"If-Match": before})
        deleted = api.delete(address, headers={"If-Match": f'"other", {before}'})

        assert (same.status_code, same.content) == (304, b"")
        assert changed["ETag"] == api.get(address)["ETag"] != before
        assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
        assert deleted.status_code == 412
        assert api.patch(address, {"name": "Four"}, headers={"If-Match": "*"}).status_code == 200
        assert api.delete(address, headers={"If-Match": api.get(address)["ETag"]}).status_code == 204

    def test_of_a_version_hold_for_good(self, api: APIClient, owner: User) -> None:
        strategy = strategy_of(owner)
        address = f"/api/strategies/{strategy.pk}/versions/1/"
        etag = api.get(address)["ETag"]

        api.patch(f"/api/strategies/{strategy.pk}/", {"name": "Two", "code": "x = 9"})

        assert api.get(address, headers={"If-None-Match": f"W/{etag}"}).status_code == 304
        assert api.get(f"/api/strategies/{strategy.pk}/versions/2/")["ETag"] != etag


class TestRates:
    def test_are_told_with_every_answer(self, api: APIClient, settings: Any) -> None:
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "read": 5}

        answers = [api.get("/api/me/") for _ in range(2)]

        assert [answer["RateLimit-Remaining"] for answer in answers] == ["4", "3"]
        assert answers[0]["RateLimit-Limit"] == "5"
        assert answers[0]["RateLimit-Policy"] == '5;w=60;name="read"'
        assert 0 < int(answers[0]["RateLimit-Reset"]) <= 60

    def test_are_kept_by_user_and_kind(self, api: APIClient, settings: Any) -> None:
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "read": 2}
        other = client_of(User.objects.create_user("other"))

        answers = [api.get("/api/me/") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].json()["code"] == "throttled"
        assert 0 < int(answers[2]["Retry-After"]) <= 60
        assert answers[2]["RateLimit-Remaining"] == "0"
        assert api.post("/api/strategies/", {"name": "a", "code": CODE}).status_code == 201
        assert other.get("/api/me/").status_code == 200

    def test_limit_nobody_when_the_cache_is_away(self, api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any, **__: Any) -> None:
            raise ConnectionError

        monkeypatch.setattr(cache, "add", refuse)

        assert api.get("/api/me/").status_code == 200


class TestBodies:
    def test_cannot_set_what_is_not_theirs_to_set(self, api: APIClient) -> None:
        body = {"name": "a", "code": CODE, "owner": 1, "status": "approved", "id": "x", "idempotency_key": "y"}

        answer = api.post("/api/strategies/", body)

        assert {error["pointer"] for error in answer.json()["errors"]} == {
            *("/owner", "/status", "/id", "/idempotency_key")
        }
        assert not Strategy.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            b"[" * 500_000,
            b'{"name": ' + b"[" * 100_000,
            b'{"name": NaN, "code": "x"}',
            b'{"name": 1' + b"0" * 5_000 + b"}",
            b'{"\\ud800": 1}',
            b'{"name": "\\udfff", "code": "\\ud800"}',
            b'{"name": {"$ne": null}, "code": ["x"]}',
            b'"text"',
            b"null",
            b"\xff\xfe",
            b"",
        ],
    )
    def test_that_make_no_sense_are_refused_and_never_a_failure(self, api: APIClient, body: bytes) -> None:
        answer = api.generic("POST", "/api/strategies/", body, content_type="application/json")

        assert answer.status_code == 400
        json.loads(answer.content.decode())

    @pytest.mark.parametrize("value", [True, "5", 2.5, None, [3], "NaN"])
    def test_take_numbers_for_numbers_only(self, api: APIClient, owner: User, value: Any) -> None:
        answer = api.post(f"/api/strategies/{strategy_of(owner).pk}/execute/", {"max_fix_attempts": value})

        assert [error["pointer"] for error in answer.json()["errors"]] == ["/max_fix_attempts"]

    def test_of_text_in_any_script_come_back_as_they_were(self, api: APIClient) -> None:
        name = "\u202eاستراتيجية 📈 <img src=x onerror=alert(1)>"

        made = api.generic(
            "POST", "/api/strategies/", json.dumps({"name": name, "code": CODE}), content_type="application/json"
        ).json()

        assert api.get(f"/api/strategies/{made['id']}/").json()["name"] == name

    def test_that_are_too_large_are_refused(self, api: APIClient, settings: Any, imports: Any) -> None:
        settings.UPLOAD_LIMIT_BYTES = 50

        answer = api.generic("POST", "/api/data/import/?symbol=MINE", CSV, content_type="text/csv")

        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert not list(imports.rglob("*.npz"))


class TestData:
    def test_come_a_page_at_a_time(self, api: APIClient) -> None:
        page = api.get("/api/data/bars/?symbol=goog&page_size=1500&start_date=2006-01-01").json()
        rest = api.get(page["next"]).json()

        assert page["dataset"]["symbol"] == "GOOG"
        assert len(page["results"]) + len(rest["results"]) == page["dataset"]["bars"]
        assert rest["next"] is None
        assert page["results"][-1]["time"] < rest["results"][0]["time"]

    def test_come_as_csv_with_a_link_to_more(self, api: APIClient) -> None:
        answer = api.get("/api/data/bars/?symbol=GOOG&page_size=2", headers={"Accept": "text/csv"})

        assert answer.content.decode().splitlines()[0] == "time,open,high,low,close,volume"
        assert len(answer.content.decode().splitlines()) == 3
        assert 'rel="next"' in answer["Link"]

    @pytest.mark.parametrize(
        ("query", "status", "code"),
        [
            ("symbol=NOSUCH", 404, "unknown_symbol"),
            ("symbol=GOOG&interval=1m", 422, "unsupported_interval"),
            ("symbol=GOOG&start_date=1990-01-01&end_date=1991-01-01", 422, "dates_outside_data"),
            ("symbol=GOOG&start_date=2010-01-02&end_date=2010-01-01", 422, "invalid"),
            ("interval=1d", 400, "invalid"),
        ],
    )
    def test_say_what_is_wrong(self, api: APIClient, query: str, status: int, code: str) -> None:
        answer = api.get(f"/api/data/bars/?{query}")

        assert (answer.status_code, answer.json()["code"]) == (status, code)

    def test_that_were_imported_belong_to_their_user(self, api: APIClient, imports: Any) -> None:
        other = client_of(User.objects.create_user("other"))
        form = {"file": ("mine.csv", CSV)}
        from django.core.files.uploadedfile import SimpleUploadedFile

        made = api.post(
            "/api/data/import/?symbol=MINE", {"file": SimpleUploadedFile(*form["file"])}, format="multipart"
        )

        assert made.status_code == 201
        assert api.get(made["Location"]).json()["results"][0]["close"] == 10.5
        assert [row["source"] for row in api.get("/api/data/symbols/?search=mine").json()] == ["import"]
        assert other.get("/api/data/symbols/?search=mine").json() == []
        assert other.get("/api/data/bars/?symbol=MINE").json()["code"] == "unknown_symbol"

    @pytest.mark.parametrize("symbol", ["../../etc/passwd", "a/../b", ".hidden", "x" * 40, ""])
    def test_stay_in_their_folder(self, api: APIClient, imports: Any, symbol: str) -> None:
        answer = api.generic("POST", "/api/data/import/", CSV, content_type="text/csv", QUERY_STRING=f"symbol={symbol}")

        written = [path for path in imports.rglob("*") if path.is_file()]
        assert answer.status_code in (201, 400, 404)
        assert all(path.parent.parent == imports for path in written)


class TestHeaders:
    def test_keep_browsers_safe(self, api: APIClient) -> None:
        answer = api.get("/api/me/")

        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe-inline" not in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cache-Control"] == "private, no-cache"
        assert "Authorization" in answer["Vary"]

    def test_ask_for_https_from_then_on(self, api: APIClient) -> None:
        assert api.get("/api/me/", secure=True)["Strict-Transport-Security"].startswith("max-age=31536000")

    def test_let_other_origins_in_only_when_they_are_named(self, api: APIClient, settings: Any) -> None:
        settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]

        friend = api.get("/api/me/", HTTP_ORIGIN="https://app.example")
        preflight = APIClient().options(
            "/api/strategies/",
            HTTP_ORIGIN="https://app.example",
            HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
            HTTP_ACCESS_CONTROL_REQUEST_HEADERS="authorization,idempotency-key",
        )
        stranger = api.get("/api/me/", HTTP_ORIGIN="https://evil.example")

        assert friend["Access-Control-Allow-Origin"] == "https://app.example"
        assert "RateLimit-Remaining" in friend["Access-Control-Expose-Headers"]
        assert "idempotency-key" in preflight["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Origin" not in stranger
        assert "Access-Control-Allow-Credentials" not in friend

    def test_of_pages_for_people_are_strict_too(self, db: None) -> None:
        pages = {address: Client().get(address) for address in ("/admin/login/", "/api/docs/", "/api/redoc/")}

        for address, page in pages.items():
            scripts = page["Content-Security-Policy"].split("script-src")[1:]
            assert not any("unsafe" in directive for directive in scripts), address
            assert "https://" not in page.content.decode()


@pytest.mark.django_db
class TestFailures:
    def test_show_nothing_of_what_happened(self, api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise RuntimeError("the secret is 1234")

        monkeypatch.setattr("strategy_api.strategies.selectors.strategies_of", fail)
        api.raise_request_exception = False

        answer = api.get("/api/strategies/")

        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        assert b"1234" not in answer.content
        assert b"Traceback" not in answer.content

    def test_of_addresses_are_problems_too(self) -> None:
        for address in ("/api/nowhere/", "/api/runs/not-a-uuid/"):
            answer = Client().get(address)
            assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")

    @pytest.mark.parametrize("path", ["//evil.example", "//evil.example/api/runs", "/%2F%2Fevil.example"])
    def test_send_nobody_elsewhere(self, path: str) -> None:
        answer = Client().get(path)

        location = answer.headers.get("Location", "/")
        assert not location.startswith("//")
        assert "://" not in location

    def test_do_not_send_elsewhere_after_a_login(self) -> None:
        User.objects.create_superuser("boss", password="a long enough password")
        form = {"username": "boss", "password": "a long enough password", "next": "https://evil.example/"}

        answer = Client().post("/admin/login/?next=https://evil.example/", form)

        assert answer["Location"] == "/accounts/profile/" or answer["Location"].startswith("/admin/")
