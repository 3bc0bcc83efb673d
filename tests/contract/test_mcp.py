"""The tools for agents, driven by the SDK's own client, over HTTP and over standard input, on the real server."""

import asyncio
import json
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from strategy_api.mcp.tools import all_tools
from tests.processes import ROOT
from tests.served import Served, served

RSI = "Buy when RSI(14) is below 30. Sell when RSI(14) is above 70."
MOST_TOOLS, MOST_TOKENS = 14, 5_000
# English text and JSON take a token for every three to four characters.
CHARACTERS_A_TOKEN = 3


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(worker=True) as running:
        deadline = time.monotonic() + 60
        while httpx.post(f"{running.address}/mcp").status_code == 503:
            assert time.monotonic() < deadline, running.log()
            time.sleep(0.2)
        yield running


@pytest.fixture(scope="module")
def token(server: Served) -> str:
    return server.token("alice", "--scope", "run")


@asynccontextmanager
async def http_client(server: Served, token: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=90, trust_env=False) as http,
        Client(streamable_http_client(f"{server.address}/mcp", http_client=http)) as client,
    ):
        yield client


@asynccontextmanager
async def stdio(server: Served, token: str) -> AsyncIterator[Client]:
    parameters = StdioServerParameters(
        command=sys.executable, args=["manage.py", "mcp", "--token", token], env=server.environment, cwd=str(ROOT)
    )
    async with Client(stdio_client(parameters)) as client:
        yield client


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Return what a tool says; fail where it says an error."""
    result = await client.call_tool(tool, arguments)
    text = result.content[0].text
    assert not result.is_error, text
    assert result.structured_content == json.loads(text)
    return json.loads(text)


async def error_of(client: Client, tool: str, **arguments: Any) -> str:
    """Return the error that a tool says."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return str(result.content[0].text)


def rows(server: Served, *columns: str) -> list[list[Any]]:
    """Return the audit, oldest first."""
    shell = (
        "import json; from strategy_api.mcp.models import ToolCall; "
        f"print(json.dumps(list(map(list, ToolCall.objects.order_by('pk').values_list(*{columns!r})))))"
    )
    return json.loads(server.manage("shell", "--no-imports", "-c", shell).strip().splitlines()[-1])


class TestTools:
    @pytest.mark.parametrize("transport", [http_client, stdio], ids=["http", "stdio"])
    def test_go_from_a_sentence_to_a_comparison(self, server: Served, token: str, transport: Any) -> None:
        async def session() -> None:
            async with transport(server, token) as client:
                made = await call(
                    client, "generate_strategy", description=RSI, symbol="GOOG", start="2004-08-19", end="2013-03-01"
                )
                while made["state"] not in ("succeeded", "failed"):
                    made = await call(client, "read_run", run=made["run"], wait_s=20)
                first = made["backtest"]
                assert first["figures"]["trades"] == 9
                assert first["figures"]["return_pct"] == pytest.approx(51.1759)
                ran = await call(
                    client,
                    "run_backtest",
                    strategy=made["strategy"],
                    symbol="GOOG",
                    start="2010-01-01",
                    commission=0.001,
                )
                second = ran["backtest"]
                assert second["data"]["first_bar_at"] == "2010-01-04T00:00:00Z"
                told = await call(client, "explain_result", execution=second["execution"])
                assert told["checks"]
                assert len(told["best_trades"]) == 2
                compared = await call(client, "compare_runs", executions=[first["execution"], second["execution"]])
                assert compared["same_bars"] is False
                assert [row["execution"] for row in compared["backtests"]] == [first["execution"], second["execution"]]
                shown = await call(client, "read_strategy", strategy=made["strategy"], with_spec=True)
                assert shown["spec"]["long"]["entry"]["right"]["value"] == 30.0
                listed = await call(client, "list_strategies", search="RSI")
                assert made["strategy"] in [row["id"] for row in listed["strategies"]]
                trades = await client.read_resource(f"algoagent://executions/{first['execution']}/trades")
                assert len(json.loads(trades.contents[0].text)) == 9
                code = await client.read_resource(f"algoagent://strategies/{made['strategy']}/code")
                assert "class " in code.contents[0].text

        asyncio.run(session())

    def test_say_what_was_not_understood_and_what_is_wrong(self, server: Served, token: str) -> None:
        async def session() -> None:
            async with http_client(server, token) as client:
                unclear = await call(client, "generate_strategy", description="buy when it is low")
                assert unclear["state"] == "failed"
                assert "needs_clarification" in unclear["error"]
                assert "low" in unclear["error"]
                assert "not_found" in await error_of(client, "read_run", run=str(uuid.uuid4()))
                wrong = await error_of(client, "run_backtest", strategy=str(uuid.uuid4()), cash=-1)
                assert "not_found" in wrong

        asyncio.run(session())

    def test_reach_nothing_that_dots_and_slashes_lead_to(self, server: Served, token: str) -> None:
        async def session() -> None:
            async with http_client(server, token) as client:
                for way in ("../tokens", "x/cancel/?", "%2e%2e/me"):
                    assert "UUID" in await error_of(client, "run_backtest", strategy=way)
                with pytest.raises(Exception, match=r"not_found|Unknown|mismatch"):
                    await client.read_resource("algoagent://executions/..%2F..%2Fme/trades")

        asyncio.run(session())

    def test_show_nobody_elses_things(self, server: Served, token: str) -> None:
        other = server.token("mallory", "--scope", "run")

        async def session() -> None:
            async with http_client(server, token) as client:
                mine = await call(client, "generate_strategy", description=RSI, run=False)
            async with http_client(server, other) as client:
                strategy = mine["strategy"]
                assert (await call(client, "list_strategies"))["strategies"] == []
                assert "not_found" in await error_of(client, "read_strategy", strategy=strategy)
                assert "not_found" in await error_of(client, "run_backtest", strategy=strategy)
                assert "not_found" in await error_of(client, "read_run", run=mine["run"])

        asyncio.run(session())

    def test_may_no_more_than_their_token(self, server: Served) -> None:
        reader = server.token("alice", "--scope", "read")

        async def session() -> None:
            async with http_client(server, reader) as client:
                assert (await call(client, "list_strategies"))["strategies"]
                assert "insufficient_scope" in await error_of(client, "generate_strategy", description=RSI)

        asyncio.run(session())

    def test_leave_a_row_each_whatever_came_of_it(self, server: Served) -> None:
        auditor = server.token("auditor", "--scope", "run")

        async def session() -> None:
            async with http_client(server, auditor) as client:
                await call(client, "list_indicators", search="rsi")
                await error_of(client, "read_run", run=str(uuid.uuid4()))
                await error_of(client, "list_strategies", limit=1_000)
                await error_of(client, "delete_everything")

        asyncio.run(session())
        kept = [row[1:] for row in rows(server, "owner__username", "tool", "error_code") if row[0] == "auditor"]
        assert kept == [
            ["list_indicators", ""],
            ["read_run", "not_found"],
            ["list_strategies", "invalid_call"],
            ["delete_everything", "invalid_call"],
        ]

    def test_two_hundred_at_once_harm_no_other_route(self, server: Served, token: str) -> None:
        async def session() -> list[float]:
            seconds = []
            async with http_client(server, token) as client, httpx.AsyncClient(trust_env=False) as other:
                slow = await call(client, "generate_strategy", description=RSI, symbol="GOOG", wait_s=0)
                calls = [
                    call(client, "read_run", run=slow["run"], wait_s=5)
                    if number % 4
                    else call(client, "list_strategies", limit=1)
                    for number in range(200)
                ]
                together = asyncio.gather(*calls)
                while not together.done():
                    began = time.perf_counter()
                    answer = await other.get(f"{server.address}/healthz", timeout=30)
                    assert answer.status_code == 200
                    seconds.append(time.perf_counter() - began)
                    await asyncio.sleep(0.05)
                assert len(await together) == 200
            return seconds

        assert asyncio.run(session())


class TestAdmission:
    def test_without_a_token_names_where_tokens_are_told_of(self, server: Served) -> None:
        answer = httpx.post(f"{server.address}/mcp", json={})

        assert answer.status_code == 401
        address = answer.headers["www-authenticate"].split('resource_metadata="')[1].rstrip('"')
        metadata = httpx.get(address).json()
        assert metadata["resource"] == f"{server.address}/mcp"

    @pytest.mark.parametrize("held", ["wrong", "0" * 64])
    def test_refuses_a_token_that_nobody_has(self, server: Served, held: str) -> None:
        answer = httpx.post(f"{server.address}/mcp", json={}, headers={"Authorization": f"Bearer {held}"})

        assert answer.status_code == 401

    def test_refuses_a_host_that_is_not_ours(self, server: Served, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Host": "evil.example"}
        answer = httpx.post(f"{server.address}/mcp", json={}, headers=headers)

        assert answer.status_code == 421
        assert answer.json()["code"] == "unknown_host"

    def test_refuses_a_page_from_elsewhere(self, server: Served, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Origin": "https://evil.example"}
        answer = httpx.post(f"{server.address}/mcp", json={}, headers=headers)

        assert answer.status_code == 403
        assert answer.json()["code"] == "unknown_origin"


class TestSchemas:
    def test_are_few_and_small(self, server: Served, token: str) -> None:
        async def listed() -> list[dict[str, Any]]:
            async with http_client(server, token) as client:
                tools = (await client.list_tools()).tools
                return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]

        tools = asyncio.run(listed())
        assert [tool["name"] for tool in tools] == [tool.name for tool in all_tools()]
        assert len(tools) <= MOST_TOOLS
        assert len(json.dumps(tools)) / CHARACTERS_A_TOKEN < MOST_TOKENS
        assert all(tool["description"] for tool in tools)

    def test_promise_that_nothing_is_destroyed(self) -> None:
        verbs = {tool.name.partition("_")[0] for tool in all_tools()}

        assert not verbs & {"delete", "remove", "cancel", "reset", "open", "order", "buy", "sell", "halt"}
