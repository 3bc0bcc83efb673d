"""Language models: one file a provider, and pydantic-ai models around a model for everything around a request.

Nothing here imports pydantic-ai or an SDK before a model is asked.
"""

from backtest_engine.llm import anthropic, compatible, gemini, openai
from backtest_engine.llm.background import BackgroundLoop
from backtest_engine.llm.calls import Answer, Call, CallLog
from backtest_engine.llm.client import Label, ModelClient, recorded, replayed
from backtest_engine.llm.prices import Price, PriceList
from backtest_engine.llm.provider import Connection, Provider
from backtest_engine.llm.request_digest import request_digest
from backtest_engine.llm.structured import ask, output_of

PROVIDERS: dict[str, Provider] = {
    provider.name: provider
    for provider in (
        gemini.PROVIDER,
        anthropic.PROVIDER,
        openai.PROVIDER,
        compatible.PROVIDER,
    )
}

__all__ = [
    "PROVIDERS",
    "Answer",
    "BackgroundLoop",
    "Call",
    "CallLog",
    "Connection",
    "Label",
    "ModelClient",
    "Price",
    "PriceList",
    "Provider",
    "ask",
    "output_of",
    "recorded",
    "replayed",
    "request_digest",
]
