"""Goals, tries, the seal, studies and evidence, through the API."""

import pytest
from rest_framework.test import APIClient

from strategy_api.research.models import Trial
from strategy_api.runs import worker
from strategy_api.runs.models import Run
from tests.integration.conftest import RSI, Work, client_of


def generated(api: APIClient, work: Work, description: str = RSI, **body: object) -> dict:
    run = api.post("/api/strategies/generate_with_ai/", {"description": description, "generator": "offline", **body})
    assert run.status_code == 202, run.json()
    work()
    found = api.get(f"/api/runs/{run.json()['id']}/").json()
    assert found["state"] == "succeeded", found
    return api.get(f"/api/strategies/{found['result']['strategy']}/").json()


def ran(api: APIClient, path: str, work: Work, **body: object) -> dict:
    answer = api.post(path, body)
    assert answer.status_code == 202, answer.json()
    for _ in range(4):
        work()
    found = api.get(f"/api/runs/{answer.json()['id']}/").json()
    assert found["state"] == "succeeded", found
    return found


@pytest.mark.usefixtures("many_requests")
class TestFirst:
    def test_all(self, api: APIClient, work: Work) -> None:
        strategy = generated(api, work)
        import time
        t=time.time()
        run = ran(api, f"/api/strategies/{strategy['id']}/execute/", work)
        print("execute", time.time()-t)
        execution = run["result"]["execution"]
        print(execution["evidence"])
        print(api.get(f"/api/goals/{strategy['goal']}/").json())
        t=time.time()
        run = ran(api, f"/api/strategies/{strategy['id']}/optimize/", work,
            parameters={"rsi_period": {"from": 5, "to": 21, "step": 4}, "rsi_entry_level": [20, 25, 30, 35, 40]})
        print("optimize", time.time()-t)
        print(run["result"])
        study = api.get(f"/api/studies/{run['id']}/").json()
        print({k: v for k, v in study.items() if k not in ("result",)})
        print(api.get(f"/api/studies/{run['id']}/trials/?page_size=2").json())
        print(api.get(f"/api/studies/{run['id']}/trials/?format=csv").content.decode()[:500])
        run = ran(api, f"/api/strategies/{strategy['id']}/walk_forward/", work,
            parameters={"rsi_period": {"from": 5, "to": 21, "step": 4}, "rsi_entry_level": [20, 25, 30, 35, 40]})
        print(run["result"])
        run = ran(api, f"/api/strategies/{strategy['id']}/significance/", work)
        print(run["result"])
        print(api.get(f"/api/goals/{strategy['goal']}/").json())
        print(api.get(f"/api/goals/{strategy['goal']}/trials/?page_size=1").json())
        print(api.get(f"/api/runs/{run['id']}/").json()["links"])
        page = api.get(f"/api/studies/{run['id']}/report/")
        print(page.status_code, page.content[:300])
