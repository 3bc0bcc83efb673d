"""Nothing asks a model around the budget, and nothing loads pydantic-ai before a model is asked."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("algoagent", "strategy_api", "backtest_engine")
# What makes a model of pydantic-ai from a name, a provider, or an SDK.
MAKERS = {"infer_model", "infer_provider"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def doors(tree: ast.Module) -> list[str]:
    """Return what in a module asks a model that nobody records."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            ("pydantic_ai.providers", "pydantic_ai.models.", "pydantic_ai.direct")
        ):
            found.append(f"from {node.module}")
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "model")]
            if name in MAKERS or (name == "Agent" and any(isinstance(value, ast.Constant) for value in given)):
                found.append(ast.unparse(node))
    return found


class TestDoors:
    def test_only_the_engines_package_makes_models(self) -> None:
        found = {path: doors(tree) for path, tree in modules() if not path.startswith("backtest_engine/llm/")}

        assert not {path: ways for path, ways in found.items() if ways}

    @pytest.mark.parametrize(
        "code",
        [
            "Agent('openai:gpt-5')",
            "pydantic_ai.Agent(model='google:gemini')",
            "infer_model(name)",
            "from pydantic_ai.models.openai import OpenAIChatModel",
            "from pydantic_ai.direct import model_request_sync",
        ],
    )
    def test_a_way_around_is_seen(self, code: str) -> None:
        assert doors(ast.parse(code))

    def test_what_leaves_the_settings_is_recorded(self) -> None:
        """No function or public field of the module gives a model that is not."""
        tree = ast.parse((ROOT / "strategy_api/llm/language_models.py").read_text())
        bare = {"_client", "build"}

        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name not in ("_configured", "_chain"):
                used = {name.attr for name in ast.walk(node) if isinstance(name, ast.Attribute)}
                assert not used & bare, node.name

    def test_nothing_heavy_is_loaded_before_a_model_is_asked(self) -> None:
        code = (
            "import sys, backtest_engine.llm, backtest_engine.llm.retired_gemini, backtest_engine.generate\n"
            "print([name for name in ('pydantic_ai', 'openai', 'anthropic', 'google.genai') if name in sys.modules])"
        )

        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

        assert loaded.stdout.strip() == "[]"
