"""Google's Gemini, through the google-genai SDK and as many keys as there are."""

import re
from typing import TYPE_CHECKING

from backtest_engine.errors import ModelUnavailable
from backtest_engine.extras import extra
from backtest_engine.key_rotation.transport import PLACEHOLDER, Wire, model_in_path
from backtest_engine.key_rotation.vendor_errors import read_gemini
from backtest_engine.llm.client import ModelClient
from backtest_engine.llm.provider import Connection, Provider, client_of, signing_client

if TYPE_CHECKING:
    from pydantic_ai.models import Model

WIRE = Wire(
    base_url="https://generativelanguage.googleapis.com",
    model_of=model_in_path(re.compile(r"/models/([^/:]+):(?:generateContent|streamGenerateContent)$")),
    key_header="x-goog-api-key",
    read_error=read_gemini,
    input_tokens=re.compile(rb'"promptTokenCount"\s*:\s*(\d+)'),
)


def build(name: str, connection: Connection) -> ModelClient:
    """Return a Gemini model."""

    def sdk() -> "Model":
        with extra("models", error=ModelUnavailable):
            from pydantic_ai.models.google import GoogleModel
            from pydantic_ai.providers.google import GoogleProvider

        client = signing_client(connection, WIRE)
        provider = GoogleProvider(api_key=PLACEHOLDER, base_url=connection.address(WIRE), http_client=client)
        return GoogleModel(name, provider=provider)

    return client_of(sdk, provider=PROVIDER.name, name=name, connection=connection)


PROVIDER = Provider(name="gemini", build=build)
