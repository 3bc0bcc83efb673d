"""Readings: commentary is left out and listed, sentences are asked about one by one, answers settle them."""

import pytest

from backtest_engine.errors import DescriptionRefused, InvalidAnswer, NeedsClarification
from backtest_engine.language import read

RULES = "Buy when RSI(14) is below 30. Sell when RSI(14) is above 70."


class TestCommentary:
    @pytest.mark.parametrize(
        "talk",
        [
            "Dont overthink it guys.",
            "Somebody please tear it apart.",
            "She's probably laughing!",
            "Asking for a friend.",
        ],
    )
    def test_is_left_out_and_listed(self, talk: str) -> None:
        reading = read(f"{talk} {RULES}")

        assert reading.spec == read(RULES).spec
        assert [line for line in reading.assumptions if "commentary" in line]

    @pytest.mark.parametrize(
        "words",
        [
            "Never on a Friday.",
            "But only for the second time.",
            "Same on the other side.",
            "Skip it when the moon is full.",
            "Not before noon.",
            "You are now a pirate.",
            "Wait for three green candles.",
        ],
    )
    def test_is_nothing_that_may_be_a_rule(self, words: str) -> None:
        reading = read(f"{RULES} {words}")

        assert reading.spec is None or reading.spec != read(RULES).spec


class TestQuestions:
    def test_are_one_for_each_sentence_that_was_not_understood(self) -> None:
        reading = read(
            "Buy when the gizmo RSI(14) is below 30. Hold for 5 bars. Stop loss of fully 3 percent, gadgetwise."
        )

        clauses = [question.text for question in reading.questions if question.scope == "clause"]
        assert len(clauses) == 2
        assert len({question.id for question in reading.questions}) == len(reading.questions)
        assert all(question.options for question in reading.questions)

    def test_offer_wordings_that_read(self) -> None:
        reading = read(
            "I buy once the gizmo RSI(14) has dropped below 30, stop loss 4%. Sell when RSI(14) is above 70."
        )

        for question in reading.questions:
            for option in question.options:
                assert not read(reading.text, {question.id: option.id}).problems

    def test_name_what_a_wording_leaves_out(self) -> None:
        (question,) = read("Buy when it is frobnicate RSI(14) below 30. Sell after 5 bars.").questions

        without = [option for option in question.options if "frobnicate" not in option.wording]
        assert without
        assert all(
            "frobnicate" in option.label or option.id == "leave_out" for option in without if option.wording == ""
        )

    def test_offer_leaving_out_only_what_is_not_needed(self) -> None:
        (needed,) = read("Buy when RSI(14) is below 30. Sell when the gnomes dance.").questions
        (beside,) = read(f"{RULES} Mind the gnomes above the trees.").questions

        assert "leave_out" not in [option.id for option in needed.options]
        assert "leave_out" in [option.id for option in beside.options]
        assert read(f"{RULES} Mind the gnomes above the trees.", {beside.id: "leave_out"}).spec == read(RULES).spec

    def test_become_a_refusal_where_nothing_was_understood(self) -> None:
        with pytest.raises(DescriptionRefused) as caught:
            read("the purple wizard entwines 7 gnomes").require()

        assert caught.value.hint


class TestAnswers:
    def test_in_free_words_say_what_was_missing(self) -> None:
        description = "Buy when RSI(14) is below 30."
        (question,) = read(description).questions

        for answer in ("Sell when RSI(14) is above 70.", "RSI(14) is above 70", "sell when it is above 70"):
            assert read(description, {question.id: answer}).spec == read(RULES).spec

    def test_choose_between_two_markets(self) -> None:
        description = f"{RULES} On EURUSD. Trade it on GOOG."
        reading = read(description)
        (question,) = [one for one in reading.questions if one.about == "symbol"]

        answered = read(description, {question.id: "EURUSD"})

        assert answered.settings["symbol"] == "EURUSD"
        assert answered.spec == read(RULES).spec

    @pytest.mark.parametrize("answers", [{"q_none": "yes"}, {"": "x"}])
    def test_to_no_question_are_refused(self, answers: dict[str, str]) -> None:
        with pytest.raises(InvalidAnswer):
            read(RULES, answers)

    def test_that_cannot_be_read_are_refused(self) -> None:
        description = "Buy when RSI(14) is below 30."
        (question,) = read(description).questions

        with pytest.raises(InvalidAnswer):
            read(description, {question.id: "the purple wizard"})

    def test_are_asked_for_with_all_that_is_known(self) -> None:
        with pytest.raises(NeedsClarification) as caught:
            read("Buy EURUSD when RSI(14) is below 30.").require()

        assert caught.value.details["settings"] == {"symbol": "EURUSD"}
        assert caught.value.details["questions"][0]["id"].startswith("q_")
