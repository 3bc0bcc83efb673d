"""Settings from a typed environment."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from algoagent.environment import ROOT, Environment, new_dotenv, unknown_names


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "DEBUG", "ALLOWED_HOSTS"):
        monkeypatch.delenv(name, raising=False)


class TestEnvironment:
    def test_refuses_to_start_without_a_secret_key(self) -> None:
        with pytest.raises(ValidationError, match="SECRET_KEY must be set"):
            Environment(_env_file=None)

    def test_refuses_a_key_that_can_be_guessed(self) -> None:
        with pytest.raises(ValidationError, match="SECRET_KEY must be set"):
            Environment(_env_file=None, secret_key="changeme")

    def test_needs_no_key_in_debug(self) -> None:
        assert Environment(_env_file=None, debug=True).debug

    def test_reads_lists_as_people_write_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALLOWED_HOSTS", "a.example, b.example")

        assert Environment(_env_file=None, debug=True).allowed_hosts == ["a.example", "b.example"]

    def test_never_shows_the_key(self) -> None:
        environment = Environment(_env_file=None, secret_key="s" * 60)

        assert "ssss" not in repr(environment)

    def test_every_setting_is_in_the_example(self) -> None:
        example = (ROOT / ".env.example").read_text()

        missing = [name for name in Environment.model_fields if f"{name.upper()}=" not in example]

        assert not missing

    def test_the_example_names_no_setting_that_is_gone(self) -> None:
        lines = (ROOT / ".env.example").read_text().splitlines()
        names = [line.lstrip("#").partition("=")[0].lower() for line in lines if "=" in line.partition(" ")[0]]

        assert set(names) <= {*Environment.model_fields, "gemini_key_name"}

    def test_the_example_becomes_a_file_that_starts(self, tmp_path: Path) -> None:
        dotenv = tmp_path / ".env"
        dotenv.write_text(new_dotenv((ROOT / ".env.example").read_text()))

        assert len(Environment(_env_file=dotenv).secret_key.get_secret_value()) >= 50


class TestUnknownNames:
    def test_are_found_with_what_was_probably_meant(self, tmp_path: Path) -> None:
        dotenv = tmp_path / ".env"
        dotenv.write_text("MARKET_DATTA=yahoo\nSECRET_KEY=x\nGEMINI_KEY_FIRST=a\nOPENAI_API_KEY=b\nHOUSEPLANT=1\n")

        assert unknown_names(dotenv) == {"MARKET_DATTA": "MARKET_DATA", "HOUSEPLANT": ""}

    def test_are_not_in_the_example(self) -> None:
        assert unknown_names(ROOT / ".env.example") == {}

    def test_of_no_file_are_none(self, tmp_path: Path) -> None:
        assert unknown_names(tmp_path / "absent") == {}
