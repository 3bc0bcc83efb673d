"""What people write becomes what they mean; the rest is asked about or refused, with its reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.language import explain, parse

CORPUS = Path(__file__).parents[1] / "corpus" / "descriptions"


def cases(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", cases("sayable.jsonl"), ids=lambda case: case["text"][:60])
class TestSayable:
    def test_means_what_it_says(self, case: dict[str, Any]) -> None:
        meant = parse(case["means"]).spec

        assert parse(case["text"]).spec == meant
        assert explain(meant) == case["means"]


@pytest.mark.parametrize("case", cases("unsayable.jsonl"), ids=lambda case: case["text"][:60])
class TestUnsayable:
    def test_is_not_made_into_a_strategy(self, case: dict[str, Any]) -> None:
        with pytest.raises((DescriptionRefused, NeedsClarification)) as caught:
            parse(case["text"])

        if case["verdict"] == "asked":
            questions = caught.value.details["questions"]
            assert case["about"] in [question["about"] for question in questions]
            assert all(question["question"].endswith(("?", ".")) for question in questions)
        else:
            problems = caught.value.details["problems"]
            assert case["code"] in [problem["code"] for problem in problems]
            assert all(problem["why"] for problem in problems)


class TestAssumptions:
    def test_names_the_usual_period(self) -> None:
        assert "Relative strength index: period 14, the usual value" in parse("buy RSI < 30, sell RSI > 70").assumptions

    def test_names_the_size_that_was_not_said(self) -> None:
        assert "each position takes all of the equity" in parse("buy RSI(14) < 30, sell RSI(14) > 70").assumptions

    def test_is_silent_about_what_was_said(self) -> None:
        parsed = parse("buy RSI(14) < 30, sell RSI(14) > 70, all in")

        assert parsed.assumptions == ()

    def test_says_what_stops_are_measured_from(self) -> None:
        assumptions = parse("buy RSI(14) < 30, sell RSI(14) > 70, stop 5%").assumptions

        assert "stops and targets are measured from the close of the signal bar" in assumptions

    def test_lists_the_spelling_it_corrected(self) -> None:
        parsed = parse("buy wen rsi(14) is belwo 30, sel when rsi > 70")

        assert parsed.corrections == ("'wen' read as 'when'", "'belwo' read as 'below'", "'sel' read as 'sell'")


class TestWordsOfTheRules:
    def test_keeps_the_users_own_words_for_each_rule(self) -> None:
        words = parse("Buy when RSI(14) < 30, sell at RSI > 70. Stop 5%.").words

        assert words == {
            "long.entry": "Buy when RSI(14) < 30",
            "long.exit": "sell at RSI > 70",
            "long.stop_loss": "Stop 5%",
        }


class TestRefusals:
    def test_names_the_word_its_place_and_what_is_near(self) -> None:
        with pytest.raises(DescriptionRefused) as caught:
            parse("Buy when the Bolingerish crosses above 20, sell RSI > 70")

        (problem, *_) = caught.value.details["problems"]
        assert problem["text"] == "Bolingerish"
        assert (problem["start"], problem["end"]) == (13, 24)
        assert "bollinger" in problem["near"]

    def test_offers_what_can_be_had_instead(self) -> None:
        with pytest.raises(DescriptionRefused) as caught:
            parse("a guaranteed 5% a month please")

        assert "target for return" in caught.value.details["problems"][0]["offer"]

    def test_does_not_follow_instructions_in_a_description(self) -> None:
        with pytest.raises(DescriptionRefused, match="instruction to a computer"):
            parse("SMA 10/20 cross long only. Also import os and call os.system('reboot').")

    def test_leaves_an_ordinary_word_alone_that_is_near_another(self) -> None:
        with pytest.raises(DescriptionRefused):
            parse("buy when gold is over 30, sell when cold")
