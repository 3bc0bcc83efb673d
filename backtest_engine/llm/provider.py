"""What every provider is given, and what it gives back."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from backtest_engine.key_rotation.pool import KeyPool
from backtest_engine.key_rotation.transport import RotatingTransport, Wire, model_in_body
from backtest_engine.key_rotation.vendor_errors import read_plain
from backtest_engine.llm.background import BackgroundLoop
from backtest_engine.llm.client import ModelClient, once

if TYPE_CHECKING:
    from pydantic_ai.models import Model

CONNECT_SECONDS = 5.0

# OpenAI's protocol, which many servers speak.
OPENAI_WIRE = Wire(
    base_url="https://api.openai.com/v1",
    model_of=model_in_body("/chat/completions"),
    key_header="authorization",
    key_prefix="Bearer ",
    read_error=read_plain,
    input_tokens=re.compile(rb'"prompt_tokens"\s*:\s*(\d+)'),
)


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How to reach a vendor: whose keys, which address (None is the vendor's own), how long to wait for an answer.

    With `recorded_only` nothing is sent but what a recorded call asks for.
    """

    keys: KeyPool
    loop: BackgroundLoop
    base_url: str | None = None
    timeout: float = 120.0
    recorded_only: bool = False

    def address(self, wire: Wire) -> str:
        """Return the one address that keys are sent to."""
        return self.base_url or wire.base_url


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A vendor of language models; `build` returns one of its models by name."""

    name: str
    build: Callable[[str, Connection], ModelClient]
    # Whether an answer costs nothing unless a price is configured, as on one's own machine.
    own_machine: bool = False


def signing_client(connection: Connection, wire: Wire) -> httpx2.AsyncClient:
    """Return the HTTP client to give an SDK: it signs with the connection's keys, and reads no environment."""
    # At DEBUG it writes down what a vendor sends as it came, headers and all.
    logging.getLogger("httpcore2").setLevel(logging.INFO)
    limits = httpx2.Limits(max_connections=256, max_keepalive_connections=64)
    network = httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)
    timeout = httpx2.Timeout(connection.timeout, connect=CONNECT_SECONDS)
    transport = RotatingTransport(
        connection.keys,
        wire=wire,
        inner=network,
        base_url=connection.address(wire),
        recorded_only=connection.recorded_only,
        timeout=connection.timeout,
    )
    client = httpx2.AsyncClient(transport=transport, timeout=timeout, trust_env=False, follow_redirects=False)
    connection.loop.close_later(client.aclose)
    return client


def client_of(sdk: "Callable[[], Model]", *, provider: str, name: str, connection: Connection) -> ModelClient:
    """Return the client of a vendor's model, which is built at the first request, in the process that asks."""

    def build() -> "Model":
        from backtest_engine.llm.vendor_model import VendorModel

        return VendorModel(sdk(), provider=provider, name=name, loop=connection.loop, timeout=connection.timeout)

    return ModelClient(once(build), provider=provider, name=name, loop=connection.loop)
