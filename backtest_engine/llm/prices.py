"""What tokens cost, in US dollars; a price that is not known is an error, never zero."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from backtest_engine.errors import ModelUnavailable

MILLION = Decimal(1_000_000)
# As genai-prices calls the vendors.
VENDORS = {"gemini": "google", "anthropic": "anthropic", "openai": "openai"}


@dataclass(frozen=True, kw_only=True)
class Price:
    """A configured price, in US dollars for a million tokens."""

    input: Decimal
    output: Decimal


class PriceList:
    """Prices of models: the configured ones first, by `provider:model`, then those of genai-prices' snapshot."""

    def __init__(self, configured: Mapping[str, Price] | None = None) -> None:
        self._configured = dict(configured or {})

    def cost(
        self, provider: str, model: str, *, input_tokens: int, output_tokens: int, cached_input_tokens: int = 0
    ) -> Decimal:
        """Return what a call costs in US dollars; raise `ModelUnavailable` when nobody knows."""
        price = self._configured.get(f"{provider}:{model}")
        if price is not None:
            return (price.input * input_tokens + price.output * output_tokens) / MILLION
        from genai_prices import Usage, calc_price

        usage = Usage(
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cache_read_tokens=min(cached_input_tokens, input_tokens),
        )
        try:
            found = calc_price(usage, model_ref=model, provider_id=VENDORS[provider])
        except LookupError:
            raise ModelUnavailable(
                f"No price is known for {provider}:{model}, so it is not asked.",
                code="price_unknown",
                retryable=False,
                hint="Set its price in LLM_PRICES.",
            ) from None
        return Decimal(found.total_price)
