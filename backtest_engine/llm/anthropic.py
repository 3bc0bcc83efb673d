"""Anthropic's Claude."""

import re
from typing import TYPE_CHECKING

from backtest_engine.errors import ModelUnavailable
from backtest_engine.extras import extra
from backtest_engine.key_rotation.transport import PLACEHOLDER, Wire, model_in_body
from backtest_engine.key_rotation.vendor_errors import read_plain
from backtest_engine.llm.client import ModelClient
from backtest_engine.llm.provider import Connection, Provider, client_of, signing_client

if TYPE_CHECKING:
    from pydantic_ai.models import Model

WIRE = Wire(
    base_url="https://api.anthropic.com",
    model_of=model_in_body("/messages"),
    key_header="x-api-key",
    read_error=read_plain,
    input_tokens=re.compile(rb'"input_tokens"\s*:\s*(\d+)'),
)


def build(name: str, connection: Connection) -> ModelClient:
    """Return a Claude model."""

    def sdk() -> "Model":
        with extra("models", error=ModelUnavailable):
            from pydantic_ai.models.anthropic import AnthropicModel
            from pydantic_ai.providers.anthropic import AnthropicProvider

        client = signing_client(connection, WIRE)
        provider = AnthropicProvider(api_key=PLACEHOLDER, base_url=connection.address(WIRE), http_client=client)
        return AnthropicModel(name, provider=provider)

    return client_of(sdk, provider=PROVIDER.name, name=name, connection=connection)


PROVIDER = Provider(name="anthropic", build=build)
