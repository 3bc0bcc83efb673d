"""Tools on standard input and output, for agents on this machine."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management.base import BaseCommand, CommandError

from strategy_api.accounts.local_token import local_token
from strategy_api.mcp.api import Api, Refused
from strategy_api.runs.prefer_wait import PreferWait


class Command(BaseCommand):
    """Serve the tools on standard input and output; what they start is worked on while `manage.py up` runs."""

    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--token", default="", help="call as the owner of this token; default: this machine's own")

    def handle(self, *_: Any, token: str, **__: Any) -> None:
        """Serve until the input ends."""
        application = PreferWait(get_asgi_application())
        known = token or local_token(settings.DATA_DIR / "token")

        def api_of(held: str) -> Api:
            return Api(application, token=held, client=("127.0.0.1", 0), base_url=settings.PUBLIC_URL)

        asyncio.run(_serve(api_of, known))


async def _serve(api_of: Any, token: str) -> None:
    from strategy_api.mcp.calls import known_caller
    from strategy_api.mcp.server import build_server

    try:
        caller = await known_caller(api_of, token)
    except Refused as refused:
        raise CommandError(str(refused)) from None
    await build_server(api_of, public_url=settings.PUBLIC_URL, caller=caller).run_stdio_async()
