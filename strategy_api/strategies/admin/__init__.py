"""The admin: what was written, how it ran, and a verdict."""

# Each registers its pages.
from strategy_api.strategies.admin import executions as executions
from strategy_api.strategies.admin import fixes as fixes
from strategy_api.strategies.admin import strategies as strategies
from strategy_api.strategies.admin import versions as versions
