"""A number in a description is that number in the specification, and nothing else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backtest_engine.errors import RequestError
from backtest_engine.language import parse

CORPUS = Path(__file__).parents[1] / "corpus" / "descriptions" / "sayable.jsonl"
TEXTS = [json.loads(line)["text"] for line in CORPUS.read_text(encoding="utf-8").splitlines()]
NUMBER = re.compile(r"(?<![\d.:/\w-])\d{1,3}(?![\d:/\w]|\.\d)")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{place}]")
    else:
        yield path, value


MIRRORED = re.compile("vice versa|mirror|opposite|reverse", re.IGNORECASE)


def mutations() -> Iterator[tuple[str, str]]:
    for text in TEXTS:
        if MIRRORED.search(text):
            # The mirrored rule has the number's mirror, so that two numbers rightly change.
            continue
        for match in NUMBER.finditer(text):
            number = int(match.group())
            listed = text[match.end() : match.end() + 2] == ". " and text[: match.start()].rpartition("\n")[2] == ""
            # A neighbour keeps bounds such as RSI's and the order of MACD's lengths.
            if number > 2 and text.count(match.group()) == 1 and not listed:
                yield text, f"{text[: match.start()]}{number - 1}{text[match.end() :]}"


class TestOneNumber:
    def test_changes_only_what_it_stands_for(self) -> None:
        compared = 0
        for text, mutated in mutations():
            before = dict(leaves(parse(text).spec.as_json()))
            try:
                after = dict(leaves(parse(mutated).spec.as_json()))
            except RequestError:
                # Refusing is fine, as for the 29th trading day of a month; reading it as something else is not.
                continue
            assert before.keys() == after.keys(), mutated
            changed = {(before[path], after[path]) for path in before if before[path] != after[path]}
            assert len(changed) == 1, (mutated, changed)
            compared += 1

        assert compared > 200
