"""The kinds of run about strategies."""

from strategy_api.runs.kinds import register
from strategy_api.strategies.work.execute import EXECUTE
from strategy_api.strategies.work.fix import FIX
from strategy_api.strategies.work.generate import GENERATE

for kind in (GENERATE, EXECUTE, FIX):
    register(kind)
