"""Language models: one file a provider, and models that wrap models for everything around a request."""

from backtest_engine.llm import anthropic, compatible, gemini, openai
from backtest_engine.llm.background import BackgroundLoop
from backtest_engine.llm.fallback import FallbackModel
from backtest_engine.llm.prices import Price, PriceList
from backtest_engine.llm.provider import Connection, Provider
from backtest_engine.llm.recording import Call, CallBook, RecordedModel, ReplayModel, request_digest
from backtest_engine.llm.structured import ask

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
    "BackgroundLoop",
    "Call",
    "CallBook",
    "Connection",
    "FallbackModel",
    "Price",
    "PriceList",
    "Provider",
    "RecordedModel",
    "ReplayModel",
    "ask",
    "request_digest",
]
