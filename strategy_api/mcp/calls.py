"""Carrying calls of tools out as their caller, and writing each down."""

import contextvars
import functools
import inspect
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, ContentBlock, ResourceLink, TextContent

from strategy_api.mcp import audit
from strategy_api.mcp.api import Api, Refused
from strategy_api.mcp.tools.base import Answer, Tool

CallerApi = Callable[[str], Api]

# What is written down: the method, and where its parameters say what was called.
AUDITED = {"tools/call": "name", "resources/read": "uri"}

_refusals: contextvars.ContextVar[list[str]] = contextvars.ContextVar("refusals")


async def known_caller(api_of: CallerApi, token: str) -> AccessToken:
    """Return who a token belongs to, as the API itself knows it; raise `Refused` with its reason."""
    api = api_of(token)
    try:
        me = await api.get("/api/me/")
    finally:
        await api.close()
    known = me["token"]
    claims = {"username": me["username"], "prefix": known["prefix"]}
    return AccessToken(token=token, client_id=known["id"], scopes=known["scopes"], claims=claims)


class Calls:
    """Carries calls out. `caller` is who calls where there is no HTTP request to say so."""

    def __init__(self, api_of: CallerApi, caller: AccessToken | None) -> None:
        self._api_of = api_of
        self._caller = caller

    def of(self, tool: Tool) -> Callable[..., Awaitable[CallToolResult]]:
        """Return what the SDK calls: it takes the tool's own parameters but the first, which is the API."""

        @functools.wraps(tool.call)
        async def call(**arguments: Any) -> CallToolResult:
            try:
                result: CallToolResult = await self._as_caller(lambda api: _answered(api, tool, arguments))
            except Refused as refused:
                raise ToolError(str(refused)) from None
            return result

        signature = inspect.signature(tool.call)
        shown = [parameter for name, parameter in signature.parameters.items() if name != "api"]
        vars(call)["__signature__"] = signature.replace(parameters=shown, return_annotation=CallToolResult)
        return call

    async def read(self, path: str) -> Any:
        """Return what a route shows the caller; raise `Refused`."""
        return await self._as_caller(lambda api: api.get(path))

    async def audited(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Write a row for each call, also for one that was refused before it reached a tool."""
        if ctx.method not in AUDITED:
            return await call_next(ctx)
        refusals: list[str] = []
        _refusals.set(refusals)
        began, failed = time.perf_counter(), True
        try:
            result = await call_next(ctx)
            failed = _is_error(result)
        except Exception:
            failed = True
            raise
        else:
            return result
        finally:
            # What a tool did not refuse itself, the SDK did before it: an unknown name, arguments that do not fit.
            code = (refusals or ["invalid_call"])[0] if failed else ""
            await self._write(ctx, code, time.perf_counter() - began)

    async def _write(self, ctx: ServerRequestContext[Any, Any], code: str, seconds: float) -> None:
        caller = self._known()
        params = dict(ctx.params or {})
        arguments = params.get("arguments")
        claims = caller.claims or {}
        await sync_to_async(audit.record, thread_sensitive=False)(
            username=claims.get("username", ""),
            token_prefix=claims.get("prefix", ""),
            tool=str(params.get(AUDITED[ctx.method], "")),
            arguments=arguments if isinstance(arguments, Mapping) else {},
            error_code=code,
            seconds=seconds,
        )

    async def _as_caller(self, work: Callable[[Api], Awaitable[Any]]) -> Any:
        api = self._api_of(self._known().token)
        try:
            return await work(api)
        except Exception as error:
            _refusals.get().append(getattr(error, "code", "internal_error"))
            raise
        finally:
            await api.close()

    def _known(self) -> AccessToken:
        caller = get_access_token() or self._caller
        if caller is None:
            raise Refused("not_authenticated", "Call with a token of the API.")
        return caller


async def _answered(api: Api, tool: Tool, arguments: Mapping[str, Any]) -> CallToolResult:
    answer: Answer = await tool.call(api, **arguments)
    content: list[ContentBlock] = [TextContent(text=json.dumps(answer.summary, ensure_ascii=False))]
    for title, address in answer.links.items():
        content.append(ResourceLink(name=title, uri=api.base_url + address if address.startswith("/") else address))
    return CallToolResult(content=content, structured_content=dict(answer.summary))


def _is_error(result: HandlerResult) -> bool:
    if isinstance(result, Mapping):
        return bool(result.get("isError"))
    return bool(getattr(result, "is_error", False))
