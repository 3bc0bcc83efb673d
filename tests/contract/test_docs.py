"""What the documents name exists: links, files, commands of make and of manage.py."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# Files that a guide tells the reader to write.
WRITTEN_BY_READERS = {
    "backtest_engine/indicators/efficiency.py",
    "backtest_engine/data/plain_csv.py",
    "backtest_engine/llm/mistral.py",
    "backtest_engine/diagnostics/rules/orders/zero_size.py",
    "strategy_api/strategies/work/count_trades.py",
}
# Where a page speaks of a file by the end of its path.
FOLDERS = ("", "backtest_engine", "strategy_api", "docs", "docs/guides", "tests")
TOP = ("backtest_engine/", "strategy_api/", "algoagent/", "tests/", "docs/")

every_page = pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))

    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]

    assert broken == []


@every_page
def test_files_that_are_named_exist(page: Path) -> None:
    named = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", page.read_text()))
    paths = {name for name in named if name.endswith((".py", ".md", ".toml", ".json", ".yaml")) or name.startswith(TOP)}

    missing = {path for path in paths if not any((ROOT / folder / path).exists() for folder in FOLDERS)}

    assert missing - WRITTEN_BY_READERS == set()


@every_page
def test_commands_exist(page: Path) -> None:
    text = page.read_text()
    shell = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = re.findall(r"^make ([a-z-]+)", shell, re.MULTILINE)
    if page.name != "describing-strategies.md":  # which quotes descriptions such as `make money`
        named += re.findall(r"`make ([a-z-]+)[^`]*`", text)

    assert set(named) <= targets
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())
