"""Which path an execution took, over the API and for those who watch."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from strategy_api.strategies.models import Execution, Strategy
from tests.integration.conftest import RSI, Work
from tests.integration.records import execution_of

# The kernel may have to be compiled first, on a busy machine.
pytestmark = pytest.mark.timeout(1_200)


def test_a_specification_is_played(api: APIClient, work: Work) -> None:
    request = {"description": RSI, "execute_after_generation": True}
    accepted = api.post("/api/strategies/generate_with_ai/", request)
    work()

    shown = api.get(accepted["Location"]).json()["result"]["execution"]

    assert (shown["path"], shown["path_reason"], shown["verified"]) == ("fast", None, True)
    assert Execution.objects.get().path == "fast"


def test_differences_of_the_paths_are_counted(api: APIClient) -> None:
    api.post("/api/strategies/", {"name": "Idle", "code": "class Idle: pass"})
    strategy = Strategy.objects.get()
    execution_of(strategy, path="fast")
    execution_of(strategy, path="sandbox", path_reason="fast_path_differs", path_differences=["trades"])

    text = Client().get("/metrics").content.decode()

    assert "algoagent_path_differences_total 1.0" in text
    assert 'algoagent_execution_paths{path="sandbox",path_reason="fast_path_differs"} 1.0' in text
