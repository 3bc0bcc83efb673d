"""How many descriptions become the strategy that was meant, by running what the offline generator makes of them.

    python -m tests.score.descriptions [FILE.jsonl ...]

Prints a line for each description that is not right, a table, and one line of JSON with every figure.
"""

import argparse
import json
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.spec import StrategySpec, parts
from tests.score.running import backtest

CORPUS = Path(__file__).parents[1] / "corpus" / "descriptions"
REFERENCES = json.loads((CORPUS / "references.json").read_text())["references"]
DATA = ("GOOG", "EURUSD")
EQUITY_TOLERANCE = 0.005

# The corpus names indicators as people do; the registry has its own names.
REGISTRY_NAMES = {
    "BB": {"bollinger"},
    "STOCH": {"stochastic", "stochastic_fast"},
    "+DI": {"plus_di"},
    "-DI": {"minus_di"},
    "DONCHIAN_HIGH": {"highest", "donchian"},
    "DONCHIAN_LOW": {"lowest", "donchian"},
    "HIGHEST": {"highest", "donchian"},
    "LOWEST": {"lowest", "donchian"},
    "STDDEV_RETURNS": {"volatility", "stddev"},
    "WILLR": {"williams_r"},
    "WILLIAMS_R": {"williams_r"},
    "SAR": {"psar"},
}
PARAMETER_NAMES = {"std": "deviations", "mult": "multiplier", "k": "k_period", "d": "d_period", "exclude_current": None}


def outcome(text: str) -> tuple[str, Any]:
    """Return `strategy`, `asked` or `refused`, and what came with it."""
    try:
        return "strategy", OfflineGenerator().generate(text)
    except NeedsClarification as question:
        return "asked", question
    except DescriptionRefused as refusal:
        return "refused", refusal


def grade(case: dict[str, Any]) -> tuple[str, str]:
    """Return `right`, `missed` or `wrong`, and why."""
    expected = case["expected"]
    verdict = expected["verdict"]
    kind, given = outcome(case["text"])
    if verdict in ("must_ask", "must_refuse", "follow_up"):
        return ("wrong", "made a strategy") if kind == "strategy" else ("right", kind)
    if kind != "strategy":
        return ("right" if verdict == "strategy_or_ask" and kind == "asked" else "missed"), given.message
    return _grade_strategy(expected, given)


def _grade_strategy(expected: dict[str, Any], draft: Any) -> tuple[str, str]:
    spec = StrategySpec.model_validate(draft.spec)
    problems = [*_direction(expected, spec), *_indicators(expected, spec)]
    results = {}
    for data in DATA:
        try:
            results[data] = backtest(draft.code, data)
        except Exception as error:
            return "wrong", f"{type(error).__name__} on {data}: {error}"
    if expected.get("reference"):
        variants = REFERENCES[expected["reference"]]["variants"]
        problems += [
            f"{data}: {results[data]} is no variant" for data in DATA if not _matches(results[data], variants, data)
        ]
    return ("wrong", "; ".join(problems)) if problems else ("right", "")


def _direction(expected: dict[str, Any], spec: StrategySpec) -> Iterable[str]:
    sides = set(spec.sides)
    allowed = {"long": {"long"}, "short": {"short"}, "both": {"long", "short"}}[expected["direction"]]
    if sides != allowed:
        yield f"trades {' and '.join(sorted(sides))}, not {expected['direction']}"


def _indicators(expected: dict[str, Any], spec: StrategySpec) -> Iterable[str]:
    used = [(part.name, part.parameters) for part in parts(spec) if getattr(part, "kind", "") == "indicator"]
    used += [("atr", {"period": part.period}) for part in parts(spec) if getattr(part, "kind", "") == "atr"]
    for wanted in expected["indicators"]:
        names = REGISTRY_NAMES.get(wanted["name"], {wanted["name"].lower()})
        numbers = {
            PARAMETER_NAMES.get(name, name): value
            for name, value in wanted["params"].items()
            if isinstance(value, int | float)
        }
        numbers.pop(None, None)
        if not any(
            name in names
            and all(parameters.get(key, parameters.get(f"{key}_period")) == n for key, n in numbers.items())
            for name, parameters in used
        ):
            yield f"{wanted['name']} {wanted['params']} is not used"


def _matches(result: tuple[int, float], variants: list[dict[str, Any]], data: str) -> bool:
    trades, equity = result
    return any(
        trades == variant["results"][data]["n_trades"]
        and abs(equity / variant["results"][data]["equity_final"] - 1) <= EQUITY_TOLERANCE
        for variant in variants
    )


def main(arguments: list[str]) -> int:
    """Grade the files; exit with 1 when anything is silently wrong."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("files", nargs="*", type=Path)
    files = reader.parse_args(arguments).files or [CORPUS / "published.jsonl"]
    cases = [json.loads(line) for file in files for line in file.read_text().splitlines() if line.strip()]
    warnings.simplefilter("ignore")
    started = time.perf_counter()
    grades: dict[str, Counter[str]] = {"sayable": Counter(), "others": Counter()}
    for case in cases:
        group = "sayable" if case["expected"]["verdict"].startswith("strategy") else "others"
        result, why = grade(case)
        grades[group][result] += 1
        if result != "right":
            print(f"{result:6} {case['id']}: {why}\n       {case['text'][:160]!r}")
    figures = _figures(grades, time.perf_counter() - started)
    for name, value in figures.items():
        print(f"{name:24} {value}")
    print(json.dumps(figures))
    return 1 if figures["silently_wrong"] else 0


def _figures(grades: dict[str, Counter[str]], seconds: float) -> dict[str, Any]:
    sayable, others = grades["sayable"], grades["others"]
    return {
        "sayable": sayable.total(),
        "sayable_right": sayable["right"],
        "sayable_missed": sayable["missed"],
        "sayable_right_share": round(sayable["right"] / max(1, sayable.total()), 4),
        "others": others.total(),
        "others_right": others["right"],
        "others_right_share": round(others["right"] / max(1, others.total()), 4),
        "silently_wrong": sayable["wrong"] + others["wrong"],
        "seconds": round(seconds, 2),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
