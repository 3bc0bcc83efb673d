"""Any server that speaks OpenAI's protocol, as Ollama and vLLM do, on one's own machine or elsewhere."""

from typing import TYPE_CHECKING

from backtest_engine.errors import ModelUnavailable
from backtest_engine.extras import extra
from backtest_engine.key_rotation.transport import PLACEHOLDER
from backtest_engine.llm.client import ModelClient
from backtest_engine.llm.provider import OPENAI_WIRE, Connection, Provider, client_of, signing_client

if TYPE_CHECKING:
    from pydantic_ai.models import Model


def build(name: str, connection: Connection) -> ModelClient:
    """Return a model of the configured server."""
    if not connection.base_url:
        raise ValueError("A compatible provider needs its address.")

    def sdk() -> "Model":
        with extra("models", error=ModelUnavailable):
            from pydantic_ai.models.openai import OpenAIChatModel
            from pydantic_ai.profiles.openai import OpenAIModelProfile
            from pydantic_ai.providers.openai import OpenAIProvider

        client = signing_client(connection, OPENAI_WIRE)
        provider = OpenAIProvider(api_key=PLACEHOLDER, base_url=connection.base_url, http_client=client)
        # What these servers have in common: JSON on request, and the limit's older name.
        profile = OpenAIModelProfile(supports_json_schema_output=True, supports_json_object_output=True)
        return OpenAIChatModel(name, provider=provider, profile=profile)

    return client_of(sdk, provider=PROVIDER.name, name=name, connection=connection)


PROVIDER = Provider(name="compatible", build=build, own_machine=True)
