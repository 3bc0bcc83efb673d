"""Texts that try to be markup or script, seen in a real browser: shown as they are, run nowhere."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser import chromium
from tests.browser.chromium import Page
from tests.integration.test_executions import CROSS
from tests.served import Served, served

pytestmark = pytest.mark.skipif(chromium.PROGRAM is None, reason="no Chromium is installed")

NAME = "<img src=x onerror=\"window.ran=1;alert('name')\">"
CODE = CROSS + "\n# </script><script>window.ran=1;alert('code')</script> \u202e gnp.exe \u2069\n"
# Right to left, with characters that JSON writes as surrogate pairs.
DESCRIPTION = "\u202eاشترِ عند التقاطع 📈𝕏</textarea><script>window.ran=1;alert('description')</script>"
PASSWORD = "a long enough password"
SNAPSHOTS = os.environ.get("BROWSER_SNAPSHOTS", "")


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """A server with a worker."""
    with served(worker=True) as running:
        yield running


@pytest.fixture(scope="module")
def made(server: Served) -> dict[str, Any]:
    """A strategy whose every text is hostile, with its backtest, and a reviewer's session."""
    server.manage("create_token", "boss", "--superuser", "--password", given=PASSWORD + "\n")
    token = server.token("mallory")
    with server.client(token) as api:
        body = json.dumps({"name": NAME, "code": CODE, "description": DESCRIPTION, "tags": ["<b>"]})
        headers = {"Content-Type": "application/json"}
        strategy = api.post("/api/strategies/", content=body.encode(), headers=headers).raise_for_status().json()
        api.patch(f"/api/strategies/{strategy['id']}/", json={"code": CODE + "# two\n", "status": "in_review"})
        run = api.post(f"/api/strategies/{strategy['id']}/execute/", json={}, headers={"Prefer": "wait=30"}).json()
        assert run["state"] == "succeeded", run
        assert api.get(f"/api/strategies/{strategy['id']}/").json()["description"] == DESCRIPTION.strip()
        history = api.get(f"/api/strategies/{strategy['id']}/execution_history/").json()["results"]
    return {
        "token": token,
        "strategy": strategy["id"],
        "run": run["id"],
        "execution": history[0]["id"],
        "session": session(server),
    }


def session(server: Served) -> str:
    """Log in to the admin and return the session's cookie."""
    with httpx.Client(base_url=server.address, trust_env=False, follow_redirects=True) as browser:
        browser.get("/admin/login/")
        form = {"username": "boss", "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        browser.post("/admin/login/?next=/admin/", data=form).raise_for_status()
        return browser.cookies["sessionid"]


@pytest.fixture
def tab(server: Served, made: dict[str, Any]) -> Iterator[Page]:
    """A reviewer's tab."""
    with chromium.page() as page:
        page.call("Network.setCookie", name="sessionid", value=made["session"], url=server.address)
        yield page


def nothing_ran(page: Page) -> None:
    """Assert that no text became markup or script."""
    assert page.dialogs == []
    assert page.run("window.ran === undefined")
    assert page.run("document.querySelectorAll('img[src=x]').length") == 0


def keep(page: Page, name: str) -> None:
    """Save a picture where one is wanted."""
    if SNAPSHOTS:
        page.picture(Path(SNAPSHOTS) / f"{name}.png")


class TestAdmin:
    @pytest.mark.parametrize("kind", ["strategy", "run", "execution"])
    def test_shows_lists_and_pages_as_they_are(
        self, tab: Page, server: Served, made: dict[str, Any], kind: str
    ) -> None:
        app = "runs" if kind == "run" else "strategies"
        for part in (f"{kind}/", f"{kind}/{made[kind]}/change/"):
            tab.open(f"{server.address}/admin/{app}/{part}")
            keep(tab, part.replace("/", "-")[:20])

            nothing_ran(tab)
            assert NAME in tab.run(
                "document.body.innerText + [...document.querySelectorAll('input')].map(i => i.value)"
            )
            assert not [text for text in tab.blocked if "Content Security Policy" in text], tab.blocked

    def test_shows_code_as_it_runs(self, tab: Page, server: Served, made: dict[str, Any]) -> None:
        tab.open(f"{server.address}/admin/strategies/strategy/{made['strategy']}/change/")

        code = tab.run("document.querySelector('.highlight').innerText")
        assert "</script><script>window.ran=1;alert('code')</script> ⟦U+202E⟧ gnp.exe" in code

    def test_shows_the_curve_trades_and_warnings(self, tab: Page, server: Served, made: dict[str, Any]) -> None:
        tab.open(f"{server.address}/admin/strategies/execution/{made['execution']}/change/")

        assert tab.run("document.querySelector('svg.curve polyline').getBoundingClientRect().width") > 300
        assert tab.run("document.querySelectorAll('.field-trade_table tr').length") > 50

    def test_compares_versions(self, tab: Page, server: Served, made: dict[str, Any]) -> None:
        tab.open(f"{server.address}/admin/strategies/strategy/{made['strategy']}/change/")
        address = tab.run("[...document.querySelectorAll('a')].find(a => a.innerText === 'compare').href")
        tab.open(address)
        keep(tab, "compare")

        nothing_ran(tab)
        assert tab.run("document.querySelectorAll('.side-by-side tr.insert').length") == 1

    def test_leads_with_what_matters(self, tab: Page, server: Served) -> None:
        tab.open(f"{server.address}/admin/")
        keep(tab, "dashboard")

        nothing_ran(tab)
        text = tab.run("document.querySelector('.dashboard .module').parentElement.innerText")
        assert NAME in text
        assert "Failures by kind".lower() in text.lower()


class TestReport:
    def test_runs_its_own_script_on_an_origin_of_its_own(self, tab: Page, server: Served, made: dict[str, Any]) -> None:
        tab.call("Network.setExtraHTTPHeaders", headers={"Authorization": f"Token {made['token']}"})
        tab.open(f"{server.address}/api/executions/{made['execution']}/report/", settle=4)
        keep(tab, "report")

        nothing_ran(tab)
        assert NAME in tab.run("document.body.innerText")
        assert tab.run("self.origin") == "null"
        assert tab.run("(() => { try { return document.cookie } catch (e) { return e.name } })()") == "SecurityError"
        assert tab.run("document.querySelectorAll('.bk-Figure, .bk-Column, canvas, [data-root-id]').length") > 0
        beyond = [url for url in tab.requests if not url.startswith((server.address, "data:", "blob:"))]
        assert beyond == []


class TestViewers:
    @pytest.mark.parametrize(("path", "sign"), [("docs", ".opblock"), ("redoc", "[data-section-id]")])
    def test_show_the_api_from_our_own_files(self, tab: Page, server: Served, path: str, sign: str) -> None:
        tab.open(f"{server.address}/api/{path}/", settle=6)
        keep(tab, path)

        for _ in range(20):  # a busy machine draws it later
            if (drawn := tab.run(f"document.querySelectorAll('{sign}').length")) > 20:
                break
            time.sleep(1)
        assert drawn > 20
        beyond = [url for url in tab.requests if not url.startswith((server.address, "data:", "blob:"))]
        assert beyond == []
