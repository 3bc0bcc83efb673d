"""OpenAI's models."""

from typing import TYPE_CHECKING

from backtest_engine.errors import ModelUnavailable
from backtest_engine.extras import extra
from backtest_engine.key_rotation.transport import PLACEHOLDER
from backtest_engine.llm.provider import OPENAI_WIRE, Connection, Provider, signing_client
from backtest_engine.llm.sdk_model import SdkModel

if TYPE_CHECKING:
    from pydantic_ai.models import Model


def build(name: str, connection: Connection) -> SdkModel:
    """Return an OpenAI model."""

    def sdk() -> "Model":
        with extra("models", error=ModelUnavailable):
            from pydantic_ai.models.openai import OpenAIChatModel
            from pydantic_ai.providers.openai import OpenAIProvider

        client = signing_client(connection, OPENAI_WIRE)
        provider = OpenAIProvider(api_key=PLACEHOLDER, base_url=connection.base_url, http_client=client)
        return OpenAIChatModel(name, provider=provider)

    return SdkModel(provider=PROVIDER.name, name=name, build=sdk, loop=connection.loop, timeout=connection.timeout)


PROVIDER = Provider(name="openai", build=build)
