"""How well plain English is read: the trades of what was read against the trades of what was meant.

    python -m tests.score.english [--only SET] [--show wrong|asked|refused|settings] [--clicks]

Prints a table with the open and the sealed part of each set, and one line of JSON with every figure. Texts of the
sealed part are never shown.
"""

import argparse
import hashlib
import json
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from backtest_engine.compiler import compile_spec
from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.language import explain, parse, read
from backtest_engine.spec import StrategySpec
from tests.score import descriptions
from tests.score.running import run

CORPUS = Path(__file__).parents[1] / "corpus"
SETS = {
    "paraphrases": CORPUS / "english" / "paraphrases.jsonl",
    "real": CORPUS / "english" / "real.jsonl",
    "fresh": CORPUS / "english" / "fresh.jsonl",
    "published": CORPUS / "descriptions" / "published.jsonl",
    "house": CORPUS / "descriptions" / "sayable.jsonl",
    "traps": CORPUS / "descriptions" / "unsayable.jsonl",
}
DATA = ("GOOG", "EURUSD")
COLUMNS = ["Size", "EntryBar", "ExitBar", "EntryPrice", "ExitPrice"]
SEALED_SHARE = 5
MOST_QUESTIONS = 3


def sealed(group: str) -> bool:
    """Whether a group of tellings belongs to the fifth that nobody tunes to."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % SEALED_SHARE == 0


@dataclass
class Tally:
    """What came of the texts of one part of a set."""

    sayable: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    settings: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Return the counts and shares."""
        count = self.sayable.total()
        times = self.milliseconds or [0.0]
        return {
            "sayable": count,
            **{name: self.sayable[name] for name in ("right", "clicked", "asked", "refused", "wrong")},
            "right_share": round(self.sayable["right"] / max(1, count), 3),
            "others": self.others.total(),
            "others_read": self.others["wrong"],
            **{f"settings_{name}": self.settings[name] for name in ("right", "missed", "wrong")},
            "median_ms": round(float(np.median(times)), 2),
            "p99_ms": round(float(np.percentile(times, 99)), 1),
        }


def cases(name: str) -> Iterator[dict[str, Any]]:
    """Yield the cases of a set with their `group` and `gold`."""
    for number, line in enumerate(SETS[name].read_text().splitlines()):
        case = json.loads(line)
        case.setdefault("id", f"{name}{number}")
        case.setdefault("group", case["id"])
        if "means" in case:
            case["gold"] = parse(case["means"]).spec.as_json()
        yield case


@cache
def trades(spec: str, data: str) -> str:
    """Return the trades of a specification on one set of bars, as text that is equal where they are."""
    read = StrategySpec.model_validate_json(spec)
    stats = run(compile_spec(read, name="Judged", explanation=""), data)
    return str(stats["_trades"][COLUMNS].round(6).to_csv(index=False))


def same(read: Mapping[str, Any], gold: Mapping[str, Any]) -> bool:
    """Whether two specifications trade alike; where neither trades at all, whether they say the same."""
    one, other = StrategySpec.model_validate(read), StrategySpec.model_validate(gold)
    if one == other:
        return True
    pairs = [(trades(one.model_dump_json(), data), trades(other.model_dump_json(), data)) for data in DATA]
    if any(mine != theirs for mine, theirs in pairs):
        return False
    return any(theirs.count("\n") > 1 for _, theirs in pairs) or explain(one) == explain(other)


def outcome(text: str) -> tuple[str, Any, float]:
    """Return `strategy`, `asked` or `refused`, what came with it, and the milliseconds it took."""
    started = time.perf_counter()
    try:
        kind, given = "strategy", OfflineGenerator().generate(text)
    except NeedsClarification as question:
        kind, given = "asked", question
    except DescriptionRefused as refusal:
        kind, given = "refused", refusal
    return kind, given, 1000 * (time.perf_counter() - started)


def clicked(text: str, gold: Mapping[str, Any], answers: Mapping[str, str] | None = None, rounds: int = 2) -> int:
    """Return after how many clicks on offered options what was meant is reached; 0 where it is not."""
    answers = dict(answers or {})
    for question in read(text, answers).questions[:MOST_QUESTIONS]:
        for option in question.options:
            given = {**answers, question.id: option.id}
            spec = read(text, given).spec
            if spec is not None and same(spec.as_json(), gold):
                return len(given)
            if spec is None and rounds > 1 and (reached := clicked(text, gold, given, rounds - 1)):
                return reached
    return 0


def _settings(case: Mapping[str, Any], given: Any) -> str:
    wanted = {("symbol" if key == "market" else key): value for key, value in case.get("settings", {}).items()}
    found = dict(getattr(given, "settings", None) or getattr(given, "details", {}).get("settings", {}) or {})
    if "symbol" in wanted:
        wanted["symbol"] = _plain(wanted["symbol"])
    if "symbol" in found:
        found["symbol"] = _plain(found["symbol"])
    if wanted == found:
        return "right"
    return "missed" if all(wanted.get(key) == value for key, value in found.items()) else "wrong"


def _plain(symbol: str) -> str:
    return symbol.replace("/", "").replace("-", "").upper().replace("USDT", "USD")


def judge(name: str, *, show: str = "", clicks: bool = False) -> dict[str, Tally]:
    """Read every text of a set and compare."""
    tallies = {"open": Tally(), "sealed": Tally()}
    for case in cases(name):
        part = "sealed" if sealed(case["group"]) else "open"
        tally = tallies[part]
        kind, given, took = outcome(case["text"])
        tally.milliseconds.append(took)
        verdict = _verdict(case, kind, given, clicks=clicks)
        about = "settings" in case and (case["settings"] or getattr(given, "settings", None))
        settings = _settings(case, given) if about else ""
        if settings:
            tally.settings[settings] += 1
        sayable = bool(case.get("gold")) or case.get("expected", {}).get("verdict", "").startswith("strategy")
        (tally.sayable if sayable else tally.others)[verdict] += 1
        if part == "open" and show and (show == verdict or (show == "settings" and settings in ("missed", "wrong"))):
            _show(case, given, verdict if show != "settings" else settings)
    return tallies


def _verdict(case: Mapping[str, Any], kind: str, given: Any, *, clicks: bool) -> str:
    if "expected" in case:
        result = descriptions.grade(dict(case))[0]
        return {"missed": kind}.get(result, result)
    if kind != "strategy":
        gold = case.get("gold")
        return "clicked" if clicks and kind == "asked" and gold and clicked(case["text"], gold) else kind
    return "right" if case.get("gold") and same(given.spec, case["gold"]) else "wrong"


def _show(case: Mapping[str, Any], given: Any, verdict: str) -> None:
    print(f"{verdict} {case['id']} {case['text']!r}")
    print(f"    meant {case.get('canonical') or case.get('means') or case.get('why', '')} {case.get('settings') or ''}")
    print(f"    given {getattr(given, 'explanation', None) or given} {getattr(given, 'settings', '')}")


def main(arguments: list[str]) -> int:
    """Judge the sets; exit with 1 when anything was read as something else."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", choices=SETS, action="append")
    options.add_argument("--show", default="", choices=["", "wrong", "asked", "refused", "settings", "right"])
    options.add_argument("--clicks", action="store_true", help="answer questions by their options")
    chosen = options.parse_args(arguments)
    warnings.simplefilter("ignore")
    outcome("Buy when RSI is below 30. Sell when RSI is above 70.")
    figures = {
        f"{name}.{part}": tally.figures()
        for name in chosen.only or SETS
        for part, tally in judge(name, show=chosen.show, clicks=chosen.clicks).items()
    }
    columns = list(next(iter(figures.values())))
    print(f"{'':20}" + " ".join(f"{column.replace('settings_', 's_'):>11}" for column in columns))
    for name, row in figures.items():
        print(f"{name:20}" + " ".join(f"{row[column]:>11}" for column in columns))
    print(json.dumps(figures))
    return 1 if any(row["wrong"] or row["others_read"] for row in figures.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
