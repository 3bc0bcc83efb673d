"""Typed answers: ask for JSON of a type, check it, and say what was wrong with it when asking again."""

import re
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from backtest_engine.errors import AnswerUnusable
from backtest_engine.ports import CancelSignal, Completion, LanguageModel, Prompt

Answer = TypeVar("Answer", bound=BaseModel)

TRIES = 3
PROBLEMS_SHOWN = 12
ANSWER_SHOWN = 6_000
FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)

AGAIN = """

Your last answer was not accepted. It was:
{answer}

What is wrong with it:
{problems}

Answer again, with the whole JSON object."""


def ask(
    model: LanguageModel,
    prompt: Prompt,
    schema: type[Answer],
    *,
    tries: int = TRIES,
    cancelled: CancelSignal | None = None,
) -> tuple[Answer, Completion]:
    """Return an answer of the type; raise `AnswerUnusable` when the last of the tries is still not one."""
    asked = replace(prompt, schema=schema)
    for _ in range(tries):
        completion = model.complete(asked, cancelled=cancelled)
        try:
            return read(completion.text, schema), completion
        except ValidationError as error:
            problems = said(error)
        again = AGAIN.format(answer=completion.text[:ANSWER_SHOWN], problems="\n".join(f"- {row}" for row in problems))
        asked = replace(asked, user=prompt.user + again)
    raise AnswerUnusable(
        f"The model's answer was not what was asked for, {tries} times.",
        code="answer_invalid",
        details={"problems": problems},
    )


def read(text: str, schema: type[Answer]) -> Answer:
    """Return the object that a text holds, also within a code fence; raise pydantic's `ValidationError`."""
    fenced = FENCE.match(text)
    return schema.model_validate_json(fenced[1] if fenced else text)


def said(error: ValidationError) -> list[str]:
    """Return what is wrong, one line each, with the place in the answer."""
    rows = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(str(part) for part in problem["loc"])
        rows.append(f"{place}: {problem['msg']}" if place else problem["msg"])
    return rows[:PROBLEMS_SHOWN]
