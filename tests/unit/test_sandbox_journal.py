"""The order journal is read as what it is: the words of a stranger."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest_engine.domain import Limits
from backtest_engine.errors import InvalidJournal, LimitExceeded, SandboxViolation, StrategyError, StrategyRaised
from backtest_engine.sandbox.client import Ending
from backtest_engine.sandbox.journal import clean_text, describe, parse
from backtest_engine.sandbox.outcome import journal_of

LIMITS = Limits(orders=100)


def ended(output: bytes = b"", **changes: Any) -> Ending:
    facts: dict[str, Any] = {
        "output": output,
        "log": "",
        "log_truncated": False,
        "killed_for": None,
        "signal": 0,
        "status": 0,
        "cpu_seconds": 0.1,
        "rss_bytes": 0,
        "seconds": 0.1,
    }
    return Ending(**{**facts, **changes})


def lines(*events: Any) -> list[bytes]:
    return [json.dumps(events).encode()]


class TestParse:
    def test_reads_every_kind_of_event(self) -> None:
        events = (
            [-1, 0, 5, None, 9.5, None, None, "a"],
            [3, 0, -0.5, 10, None, 12, 8.5, None],
            [3, 1, 0, 0.5],
            [4, 2, 0, 11],
            [4, 3, -1, None],
            [5, 4, 2],
        )

        journal = parse({"warmup": 2, "events": 6}, lines(*events), bars=10, orders=100)

        assert journal.events[1] == (3, 0, -0.5, 10.0, None, 12.0, 8.5, None)
        assert [event[1] for event in journal.events] == [0, 0, 1, 2, 3, 4]

    def test_counts_orders_apart_from_changes(self) -> None:
        moved = [[3, 2, 0, 1.5]] * 390

        journal = parse({"warmup": 0, "events": 390}, lines(*moved), bars=10, orders=100)

        assert len(journal.events) == 390
        with pytest.raises(LimitExceeded):
            parse({"warmup": 0, "events": 3}, lines(*[[3, 0, 1, None, None, None, None, None]] * 3), bars=10, orders=2)

    @given(st.binary(max_size=200))
    @settings(max_examples=50)
    def test_never_fails_in_another_way(self, output: bytes) -> None:
        with pytest.raises(StrategyError):
            journal_of(ended(output + b"\n"), bars=10, limits=LIMITS)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
            max_leaves=12,
        ),
        st.sampled_from(("header", "event", "failure")),
    )
    @settings(max_examples=60)
    def test_never_fails_in_another_way_on_any_json(self, value: Any, place: str) -> None:
        output = {
            "header": json.dumps(value),
            "event": '{"warmup":0,"events":1}\n' + json.dumps([value]),
            "failure": json.dumps({"failure": value}),
        }[place]

        with pytest.raises(StrategyError):
            journal_of(ended(output.encode() + b"\n"), bars=10, limits=LIMITS)


class TestOutcome:
    @pytest.mark.parametrize(
        ("facts", "code"),
        [
            ({"killed_for": "wall_time_limit", "signal": 9}, "wall_time_limit"),
            ({"killed_for": "output_limit"}, "output_limit"),
            ({"killed_for": "log_limit"}, "log_limit"),
            ({"signal": 9, "cpu_seconds": 20.0}, "cpu_time_limit"),
            ({"signal": 24}, "cpu_time_limit"),
            ({"signal": 9}, "memory_limit"),
        ],
    )
    def test_names_the_limit(self, facts: dict[str, Any], code: str) -> None:
        with pytest.raises(LimitExceeded) as caught:
            journal_of(ended(**facts), bars=10, limits=LIMITS)

        assert caught.value.code == code

    def test_tells_a_forbidden_call_from_a_crash(self) -> None:
        with pytest.raises(SandboxViolation):
            journal_of(ended(signal=31), bars=10, limits=LIMITS)
        with pytest.raises(StrategyRaised, match="SIGSEGV"):
            journal_of(ended(signal=11), bars=10, limits=LIMITS)
        with pytest.raises(StrategyRaised, match="63"):
            journal_of(ended(signal=63), bars=10, limits=LIMITS)

    def test_does_not_take_silence_for_a_result(self) -> None:
        with pytest.raises(InvalidJournal):
            journal_of(ended(b""), bars=10, limits=LIMITS)

    def test_shows_no_path_of_the_worker(self) -> None:
        import sys

        report = {"kind": "raised", "root_type": "ImportError", "root_message": f"cannot ({sys.prefix}/lib/x.py)"}

        with pytest.raises(StrategyRaised) as caught:
            journal_of(ended(json.dumps({"failure": report}).encode() + b"\n"), bars=10, limits=LIMITS)

        assert sys.prefix not in str(caught.value.as_dict())


class TestText:
    @given(st.text(alphabet=st.characters(codec=None), max_size=50), st.integers(0, 60))
    @settings(max_examples=50)
    def test_can_be_stored_anywhere(self, text: str, characters: int) -> None:
        clean = clean_text(text, characters)

        assert len(clean) <= characters
        assert clean.encode().decode() == clean
        assert "\x00" not in clean

    @pytest.mark.parametrize(
        ("event", "words"),
        [
            ((5, 0, 1 - 2**-52, None, None, None, None, None), "buy all"),
            ((5, 0, -3.0, 9.5, None, 11.0, None, None), "sell 3 limit=9.5 sl=11"),
            ((5, 2, 0, None), "stop-loss None"),
            ((5, 4, 0), "cancel an order"),
        ],
    )
    def test_describes_an_order_as_a_trader_would(self, event: Any, words: str) -> None:
        assert describe(event) == words
