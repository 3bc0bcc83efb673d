# ruff: noqa: E501  # a pattern is read as one line
"""Where a conversation waits: the next turn answers a question, refines the strategy, or wants something else."""

import re

from backtest_engine.agents.conversation import intents
from backtest_engine.agents.conversation.edits.fragments import understood
from backtest_engine.agents.conversation.refining import Refined, refine
from backtest_engine.agents.conversation.replies import chosen, declined
from backtest_engine.agents.conversation.settings import read_run
from backtest_engine.agents.conversation.state import Intent, Option, Plan, Question
from backtest_engine.agents.conversation.turn import RESEARCH, Turn

_ANEW = re.compile(
    r"^(?:(?:ok|please|let us|now|actually|hmm|,|i want|forget (?:that|it|this)|scrap (?:that|it|this))[,.]?\s*)*(?:(?:a |try (?:a )?|build (?:a )?|make (?:a )?|with (?:a )?)*(?:new|different|another|completely different|fresh) (?:strategy|idea|one|system)|start (?:over|again|fresh|from scratch)|(?:let us )?try something (?:else|different|new))\b[:,.]?\s*(?:with|:)?\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"\b(?:buy|enter|go long|long when|long if|open|short when|sell short|go short|hold when|invest)\b", re.IGNORECASE
)
_CLOSES = re.compile(
    r"\b(?:sell|exit|close|cover|hold for|out when|get out|stop loss|take profit|and the (?:reverse|opposite)|reverse)\b",
    re.IGNORECASE,
)
_TRADING = re.compile(
    r"^(?:change|set|make|use|add|remove|raise|lower|increase|decrease|tighten|widen|drop|replace|swap)\b.*\d|\b(?:stop|exit|entry|buy|sell|shorts?|longs?|rsi|sma|ema|macd|atr|average|period|band|bands|target|filter|threshold|size|trailing|positions?|all in|account|condition|rule)\b|^(?:and )?only\b|^[\d.]+ ?%?$"
)
_SHRUG = re.compile(r"^(?:ok |oh |ah )*(?:never ?mind|forget it|forget that|cancel that)(?: then)?[ .!]*$")
_EDIT_LEAD = re.compile(
    r"^(?:and|also|only|but|or|change|set|make|instead)\b|\b(?:instead|also|only (?:buy|sell|enter|exit))\b",
    re.IGNORECASE,
)


def run(turn: Turn) -> str | None:
    """Find out what the turn wants."""
    turn.consumed = True
    question, turn.state.question = turn.state.question, None
    turn.state.plan = None
    if question is not None and (signal := _answered(turn, question)):
        return signal
    if turn.state.spec is None and not turn.state.code:
        return _described(turn, turn.text)
    if (anew := _ANEW.match(turn.said.text)) is not None:
        return _described(turn, anew["rest"])
    if _is_description(turn.text):
        return _described(turn, turn.text)
    if (intent := _phrased(turn)) is not None:
        return _with_intent(turn, intent)
    return _refined(turn)


def _answered(turn: Turn, question: Question) -> str | None:
    """Return where an answer to the question leads, None where the turn is none."""
    option = chosen(question, turn.text, turn.answers)
    if option is not None:
        turn.state.intent = question.intent
        return _with_option(turn, question, option)
    if declined(turn.text):
        turn.state.intent = question.intent
        turn.say("text", "Nothing changes then.")
        turn.state.plan = Plan(intent="unknown", said=turn.text, note="silent")
        return "answer"
    if question.intent == "new_strategy" and question.said and not _is_description(turn.text):
        return _described(turn, f"{question.said.rstrip(' .')}. {turn.text}")
    return None


def _with_option(turn: Turn, question: Question, option: Option) -> str:
    plan = Plan(intent=question.intent, said=option.wording, spec=option.spec)
    plan.settings = dict(option.settings if option.settings is not None else turn.state.settings)
    turn.state.plan = plan
    if question.intent == "new_strategy":
        if option.spec is None:
            plan.said = option.wording
        plan.replaces = True
        return "new_strategy"
    return "modify_spec" if option.spec is not None else "rerun_backtest"


def _described(turn: Turn, text: str) -> str:
    turn.state.intent = "new_strategy"
    turn.state.plan = Plan(intent="new_strategy", said=text, settings=dict(turn.state.settings), replaces=True)
    return "new_strategy"


def _is_description(text: str) -> bool:
    """Whether a turn says a whole strategy: when to open and how to close, in words that are understood."""
    if not (_OPENS.search(text) and _CLOSES.search(text)) or _EDIT_LEAD.search(text.strip()):
        return False
    return understood(read_run(text, mild=False).rest) is not None


def _phrased(turn: Turn) -> Intent | None:
    plain = turn.said.plain
    for intent, match in intents.intents_in(plain):
        if intent == "undo" and intents.undo_target(plain) is None:
            continue
        if intent == "undo" and _SHRUG.match(plain) and not _just_changed(turn):
            continue
        if intent == "explain" and _is_only_settings(turn):
            continue
        if intent == "name" and match["name"] in ("a day", "it a day", "quits"):
            return "end"
        if intent in ("optimize", "compare", "explain", "paper") and _is_plain_edit(turn):
            continue
        return intent
    return None


def _just_changed(turn: Turn) -> bool:
    change = turn.state.change
    return change is not None and change.parent is not None and change.turn == turn.state.turn - 1


def _is_only_settings(turn: Turn) -> bool:
    """Whether a question is a wish to run it otherwise: `how does it do on EURUSD?`."""
    if turn.state.spec is None:
        return False
    refined = refine(turn.said, turn.state)
    turn.refined = refined
    return refined.run.said and not refined.edited.unread and not refined.edits


def _is_plain_edit(turn: Turn) -> bool:
    """Whether every word is understood as an edit: `try a 5 % stop` wants no study."""
    if re.search(r"\d\s*%?\s*(?:to|-|through|\.\.)\s*\d", turn.said.plain) or turn.state.spec is None:
        return False
    refined = refine(turn.said, turn.state)
    turn.refined = refined
    return refined.edits and not refined.open


def _with_intent(turn: Turn, intent: Intent) -> str:
    state = turn.state
    state.intent = intent
    plan = Plan(intent=intent, said=turn.text, settings=dict(state.settings))
    state.plan = plan
    if intent == "undo":
        plan.focus = intents.undo_target(turn.said.plain) or {}
        return "undo"
    if intent == "modify_code":
        return "modify_code"
    if intent == "compare" and (symbols := _markets(turn)):
        plan.symbols = symbols
        return "rerun_backtest"
    if intent in RESEARCH:
        plan.focus = {"text": turn.said.plain}
    return "answer"


def _markets(turn: Turn) -> list[str]:
    run = read_run(turn.said.text)
    return run.symbols or ([run.values["symbol"]] if "symbol" in run.values else [])


def _refined(turn: Turn) -> str:
    state = turn.state
    if state.spec is None:
        return _on_code(turn)
    refined = turn.refined or refine(turn.said, state)
    turn.refined = refined
    plan = Plan(intent="unknown", said=turn.text, settings=refined.run.over(state.settings))
    plan.symbols = refined.run.symbols
    state.plan = plan
    if refined.edits:
        state.intent = plan.intent = "modify_spec"
        return "modify_spec"
    if refined.edited.impossible or refined.edited.question:
        state.intent = plan.intent = "modify_spec"
        return "modify_spec"
    if (refined.run.said or refined.again) and not refined.edited.unread:
        state.intent = plan.intent = "rerun_backtest"
        return "modify_spec" if refined.run.conflicts else "rerun_backtest"
    if not refined.refused and _TRADING.search(turn.said.plain):
        state.intent = plan.intent = "modify_spec"
        return "modify_spec"
    state.intent = "unknown"
    plan.note = refined.refused
    plan.focus = {"unread": list(refined.edited.unread)}
    return "answer"


def _on_code(turn: Turn) -> str:
    """A strategy of free code has no spec to edit; how it is run may still be said."""
    run = read_run(turn.said.text)
    known = run.said and not set(re.findall(r"[a-z]{3,}", run.rest.lower())) - {
        "run",
        "the",
        "same",
        "and",
        "again",
        "test",
    }
    turn.state.intent = "rerun_backtest" if known else "unknown"
    turn.state.plan = Plan(
        intent=turn.state.intent,
        said=turn.text,
        settings=run.over(turn.state.settings),
        symbols=run.symbols,
        focus={"unread": [run.rest]},
    )
    return "rerun_backtest" if known else "answer"


__all__ = ["Refined", "run"]
