"""What every provider is given, and what it gives back."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx2

from backtest_engine.key_rotation.pool import KeyPool
from backtest_engine.key_rotation.refusals import read_plain
from backtest_engine.key_rotation.transport import RotatingTransport, Wire, model_in_body
from backtest_engine.llm.background import BackgroundLoop
from backtest_engine.ports import LanguageModel

CONNECT_SECONDS = 5.0

# OpenAI's protocol, which many servers speak.
OPENAI_WIRE = Wire(
    model_of=model_in_body("/chat/completions"),
    key_header="authorization",
    key_prefix="Bearer ",
    read_error=read_plain,
    input_tokens=re.compile(rb'"prompt_tokens"\s*:\s*(\d+)'),
)


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How to reach a vendor: whose keys, which address (None is the vendor's own), how long to wait for an answer."""

    keys: KeyPool
    loop: BackgroundLoop
    base_url: str | None = None
    timeout: float = 120.0


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A vendor of language models; `build` returns one of its models by name."""

    name: str
    build: Callable[[str, Connection], LanguageModel]
    # Whether an answer costs nothing unless a price is configured, as on one's own machine.
    own_machine: bool = False


def signing_client(connection: Connection, wire: Wire) -> httpx2.AsyncClient:
    """Return the HTTP client to give an SDK: it signs with the connection's keys, and reads no environment."""
    limits = httpx2.Limits(max_connections=256, max_keepalive_connections=64)
    network = httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)
    timeout = httpx2.Timeout(connection.timeout, connect=CONNECT_SECONDS)
    client = httpx2.AsyncClient(
        transport=RotatingTransport(connection.keys, wire=wire, inner=network), timeout=timeout, trust_env=False
    )
    connection.loop.close_later(client.aclose)
    return client
