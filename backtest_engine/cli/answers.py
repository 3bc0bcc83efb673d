"""One answer for each input, whatever became of it: what `--json` prints and what is laid out for people."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from backtest_engine.domain import BacktestResult, Draft
from backtest_engine.errors import AlgoAgentError, DescriptionRefused, NeedsClarification, RequestError
from backtest_engine.spec import StrategySpec

Answer = dict[str, Any]


def answer_of(work: Callable[[str], Answer], given: str | RequestError, *, key: Any = None) -> Answer:
    """Return what became of one input, with every key of an answer; what is the caller's fault is no exception."""
    answer: Answer = {"status": "succeeded", "metrics": None, "trades": [], "error": None, "warnings": [], "code": None}
    answer |= {"spec": None, "settings": {}, "assumptions": [], "questions": [], "attempts": []}
    answer |= {"evidence": None, "path": None}
    if key is not None:
        answer["id"] = key
    try:
        if isinstance(given, RequestError):
            raise given
        answer |= work(given)
    except AlgoAgentError as error:
        refused = isinstance(error, DescriptionRefused | NeedsClarification)
        answer |= {"status": "refused" if refused else "failed", "error": error.as_dict()}
        answer |= {name: error.details[name] for name in ("questions", "settings") if name in error.details}
    return answer


def of_draft(draft: Draft) -> Answer:
    """Return a strategy that was written."""
    return {
        "name": draft.name,
        "code": draft.code,
        "spec": draft.spec,
        "settings": dict(getattr(draft, "settings", {})),
        "explanation": draft.explanation,
        "assumptions": list(draft.assumptions),
        "warnings": [notice.as_dict() for notice in draft.warnings],
    }


def of_result(result: BacktestResult) -> Answer:
    """Return a backtest."""
    dataset = result.dataset
    return {
        "metrics": dict(result.metrics),
        "trades": [asdict(trade) for trade in result.trades],
        "warnings": [notice.as_dict() for notice in result.notices],
        "checks": {check.name: check.as_dict() for check in result.checks},
        "verified": result.verified,
        "path": result.path,
        "path_reason": result.path_reason,
        "dataset": {
            "symbol": dataset.symbol,
            "interval": dataset.interval,
            "source": dataset.source,
            "bars": len(dataset) - dataset.warm_up,
            "warm_up": dataset.warm_up,
            "first_bar_at": dataset.first_traded,
            "last_bar_at": dataset.end,
            "fingerprint": dataset.fingerprint,
        },
        "broker": result.broker.as_dict(),
        "orders": result.orders.as_dict(),
        "metrics_notes": dict(result.metrics_notes),
        "parameters": dict(result.parameters),
        "timings": dict(result.timings),
        "versions": dict(result.versions),
    }


def spec_of(text: str) -> StrategySpec:
    """Return the specification that a JSON text holds; raise a `RequestError` that says what is wrong with it."""
    try:
        return StrategySpec.model_validate_json(text)
    except ValidationError as error:
        rows = error.errors(include_url=False, include_input=False, include_context=False)
        problems = [": ".join(filter(None, (".".join(map(str, row["loc"])), row["msg"]))) for row in rows]
        raise RequestError(
            f"The file is not a strategy specification: {'; '.join(problems[:3])}",
            code="invalid_spec",
            hint="docs/api/strategy-spec.schema.json describes it.",
            details={"problems": problems},
        ) from None


def as_json(value: Any) -> str:
    """Return one line of strict JSON: no NaN, no infinity, ISO times."""
    return json.dumps(plain(value), ensure_ascii=True, allow_nan=False)


def plain(value: Any) -> Any:
    """Return the value as strict JSON has it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    return value if isinstance(value, str | int | bool | None) else str(value)
