"""The settings of language models, their keys and their budget, apart because they are many."""

import importlib
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from backtest_engine.key_rotation import FileStore, Limits, SecretStore


def split_on_commas(value: object) -> object:
    """Accept `a,b` as people write it."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Names = Annotated[list[str], NoDecode, BeforeValidator(split_on_commas)]


class EnvironmentStore:
    """The process environment, and `.env` behind it. Read when asked, so that a setting never holds a key."""

    def __init__(self, dotenv: Path) -> None:
        self._dotenv = dotenv

    def read(self) -> Mapping[str, str]:
        """Return every variable."""
        file = dotenv_values(self._dotenv, interpolate=False) if self._dotenv.exists() else {}
        return {**{name: value for name, value in file.items() if value}, **os.environ}


class ModelSettings(BaseSettings):
    """Which models are asked, with whose keys, how often, and for how much money."""

    llm_models: Names = Field(
        ["gemini:gemini-3.8-flash", "gemini:gemini-3.5-flash-lite"],
        description="Models as `provider:name`, best first, cheapest last. Those without a key are left out.",
    )
    llm_timeout_seconds: float = Field(
        120.0, ge=10, description="How long an answer may take; Gemini takes no less than 10."
    )
    llm_longest_wait_seconds: float = Field(
        900.0, ge=0, description="A run waits in the queue for a key's quota at most this long."
    )
    llm_cache_days: float = Field(7.0, ge=0, description="How long a finished answer is used again; 0 never.")
    llm_daily_budget_usd: Decimal = Field(Decimal(5), ge=0, description="What all models together may cost a UTC day.")
    llm_user_daily_budget_usd: Decimal | None = Field(
        None, ge=0, description="What one user's runs may cost a UTC day; empty sets no limit of its own."
    )
    llm_budget_threshold: float = Field(
        0.8, gt=0, le=1, description="Above this share of a budget only the last, cheapest model is asked."
    )
    llm_prices: dict[str, tuple[Decimal, Decimal]] = Field(
        {},
        description='Prices that genai-prices lacks: {"compatible:qwen3": [0, 0]}, USD a million tokens in and out.',
    )

    enable_key_rotation: bool = Field(True, description="Use every Gemini key; off uses the first by name.")
    secret_store_type: str = Field(
        "environment",
        description="Where keys are read: `environment`, `file`, or `package.module:factory` of one's own.",
    )
    secret_store_file: Path | None = Field(None, description="The key file of SECRET_STORE_TYPE=file.")
    gemini_requests_per_minute: int = Field(15, ge=1, description="What one project may ask of one model.")
    gemini_tokens_per_minute: int = Field(250_000, ge=1, description="Input tokens of one project and model.")
    gemini_requests_per_day: int = Field(1_000, ge=1, description="Corrected downwards by what refusals say.")
    gemini_limits: dict[str, dict[str, int]] = Field(
        {}, description='Limits of single models: {"gemini-3.1-pro-preview": {"requests_per_minute": 5}}.'
    )
    gemini_sdk: Literal["google-genai", "google-generativeai"] = Field(
        "google-genai", description="The second is retired, and not installed unless you do."
    )
    gemini_base_url: str = Field("", description="Address of the Gemini API; empty means Google's.")
    anthropic_base_url: str = Field("", description="Address of Anthropic's API; empty means theirs.")
    openai_base_url: str = Field("", description="Address of OpenAI's API; empty means theirs.")
    compatible_base_url: str = Field("", description="Address of a server that speaks OpenAI's protocol, with its /v1.")

    @field_validator("llm_models")
    @classmethod
    def name_a_provider(cls, value: list[str]) -> list[str]:
        """Refuse a model that nobody could be asked for."""
        wrong = [model for model in value if not all(model.partition(":"))]
        if wrong:
            raise ValueError(f"models are written `provider:name`, not {', '.join(wrong)}")
        return value

    @field_validator("llm_user_daily_budget_usd", mode="before")
    @classmethod
    def empty_is_no_limit(cls, value: object) -> object:
        """Accept an empty line."""
        return None if value == "" else value

    @field_validator("gemini_limits")
    @classmethod
    def name_known_limits(cls, value: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        """Refuse limits that nothing would keep."""
        for model, limits in value.items():
            unknown = sorted(limits.keys() - vars(Limits()).keys())
            if unknown or any(limit < 1 for limit in limits.values()):
                raise ValueError(f"the limits of {model} are {', '.join(vars(Limits()))}, each at least 1")
        return value

    def secret_store(self, dotenv: Path) -> SecretStore:
        """Return the place that holds the keys."""
        match self.secret_store_type.partition(":"):
            case "environment", "", "":
                return EnvironmentStore(dotenv)
            case "file", "", "":
                if self.secret_store_file is None:
                    raise ValueError("SECRET_STORE_TYPE=file needs SECRET_STORE_FILE")
                return FileStore(self.secret_store_file)
            case module, ":", factory if factory:
                store: SecretStore = getattr(importlib.import_module(module), factory)()
                return store
        raise ValueError("SECRET_STORE_TYPE is `environment`, `file`, or `package.module:factory`")
