"""OpenAI's models."""

from typing import TYPE_CHECKING

from backtest_engine.errors import ModelUnavailable
from backtest_engine.extras import extra
from backtest_engine.key_rotation.transport import PLACEHOLDER
from backtest_engine.llm.client import ModelClient
from backtest_engine.llm.provider import OPENAI_WIRE, Connection, Provider, client_of, signing_client

if TYPE_CHECKING:
    from pydantic_ai.models import Model


def build(name: str, connection: Connection) -> ModelClient:
    """Return an OpenAI model."""

    def sdk() -> "Model":
        with extra("models", error=ModelUnavailable):
            from pydantic_ai.models.openai import OpenAIChatModel
            from pydantic_ai.providers.openai import OpenAIProvider

        client = signing_client(connection, OPENAI_WIRE)
        provider = OpenAIProvider(api_key=PLACEHOLDER, base_url=connection.address(OPENAI_WIRE), http_client=client)
        return OpenAIChatModel(name, provider=provider)

    return client_of(sdk, provider=PROVIDER.name, name=name, connection=connection)


PROVIDER = Provider(name="openai", build=build)
