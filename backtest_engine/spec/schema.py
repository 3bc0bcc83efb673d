"""The JSON schema of `StrategySpec`, as clients get it: `python -m backtest_engine.spec.schema` prints it."""

import json
import sys
from typing import Any

from backtest_engine.spec.base import SCHEMA_VERSION
from backtest_engine.spec.strategy import StrategySpec


def json_schema() -> dict[str, Any]:
    """Return the schema, with its version."""
    schema = StrategySpec.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "version": SCHEMA_VERSION, **schema}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
