"""The model path on the terminal, with no key: a stand-in for Gemini on loopback, the real server, a tried strategy."""

import collections
import json
import os
import sys
from pathlib import Path
from typing import Any

import django
from rich.console import Console
from rich.table import Table

from backtest_engine.prompts.examples import CODE_EXAMPLES
from strategy_api.strategies.management.commands import demo
from tests.fakes.gemini import FakeGemini

KEYS = 8
WRITTEN = CODE_EXAMPLES[1][1]
DESCRIPTION = (
    "count the lower closes in a row; from the third on buy a fifth of the equity for each one of the streak, "
    "and sell on the first close that is not lower"
)


class Command(demo.Command):
    """Show a model writing what the rules cannot read, through eight rotating keys of a service that is a stand-in."""

    help = __doc__ or ""
    request = {"description": DESCRIPTION, "execute_after_generation": True, "test_symbol": "GOOG"}

    def handle(self, *arguments: Any, picture: Path | None, **options: Any) -> None:
        """Start the stand-in, show the demo against it, and what it saw."""
        keys = {f"stand-in-key-{number}": f"project-{number}" for number in range(KEYS)}
        with FakeGemini(keys, latency=(0.3, 1.2), brain=_answer) as gemini:
            gemini.plan("day_quota", "minute_quota")
            os.environ.update(_environment(gemini.url, list(keys)))
            super().handle(*arguments, picture=picture, **options)
            Console().print(_seen(gemini.seen))


def _environment(url: str, keys: list[str]) -> dict[str, str]:
    """Return what makes the server ask the stand-in and nobody else, whatever keys this machine has."""
    own = {name: "" for name in os.environ if name.startswith(("GEMINI_KEY_", "GEMINI_API_KEY", "GEMINI_PROJECT_"))}
    return {
        **own,
        **{f"GEMINI_KEY_DEMO{number}": key for number, key in enumerate(keys)},
        "GEMINI_BASE_URL": url,
        "LLM_MODELS": "gemini:gemini-3.8-flash",
        "SECRET_STORE_TYPE": "environment",
        "GEMINI_SDK": "google-genai",
        # Otherwise the second demo would be answered from the first one's.
        "LLM_CACHE_DAYS": "0",
    }


def _answer(body: Any) -> str:
    """Answer as a model would: a specification cannot say it, but code can."""
    told = body["systemInstruction"]["parts"][0]["text"]
    if "strategy specification" in told:
        return json.dumps({"verdict": "beyond_spec", "reason": "a size that depends on a streak"})
    return json.dumps(WRITTEN)


def _seen(requests: Any) -> Table:
    table = Table(title="What the stand-in for Gemini saw", title_justify="left")
    for column in ("Key", "Answered", "Refused"):
        table.add_column(column)
    answered = collections.Counter(seen.key for seen in requests if seen.status == 200)
    refused = collections.Counter(seen.key for seen in requests if seen.status != 200)
    for key in sorted({seen.key for seen in requests}):
        table.add_row(key, str(answered[key]), str(refused[key]))
    return table


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "algoagent.settings")
    django.setup()
    Command().run_from_argv(["manage.py", "demo_gemini", *sys.argv[1:]])
