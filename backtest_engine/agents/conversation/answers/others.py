"""Names, endings, wishes for paper trading, and what was not understood."""

from backtest_engine.agents.conversation import intents
from backtest_engine.agents.conversation.turn import Turn

CAN_BE_SAID = (
    "You can say a strategy ('buy when RSI(14) is below 30, sell when RSI(14) is above 70'), change it ('entry at 25', "
    "'add a 5 % stop', 'EMA instead of SMA', 'also short', 'only on Mondays'), run it otherwise ('for 2008', "
    "'on EURUSD', 'with 0.1 % commission'), or ask: 'why did it lose in 2008', 'which one was better', "
    "'show me the code', 'undo', 'try RSI 5 to 30', 'is that just luck?'."
)


def name(turn: Turn) -> None:
    """Call the conversation and its strategy something else."""
    matches = [match for intent, match in intents.intents_in(turn.said.plain) if intent == "name"]
    wanted = matches[0]["name"]
    place = turn.text.lower().rfind(wanted)
    title = (turn.text[place : place + len(wanted)] if place >= 0 else wanted).strip(" .!\"'“”")[:200]
    turn.state.title = title
    turn.say("text", f"It is called {title} now.", metadata={"title": title})


def paper(turn: Turn) -> None:
    """Say what can be had instead of real money."""
    turn.say(
        "text",
        "Nothing was sent to any broker, and nothing ever is: real money cannot be traded here. Paper trading, with "
        "orders that are only simulated, cannot be started from a conversation yet.",
    )


def end(turn: Turn) -> None:
    """Say where everything is kept."""
    kept = f" The strategy {turn.state.title} and its history are kept." if turn.state.strategy else ""
    turn.say("text", f"Goodbye.{kept} Say something to go on.")


def unknown(turn: Turn) -> None:
    """Say what was not understood, and what can be said."""
    unread = [text for text in turn.plan.focus.get("unread", []) if text]
    quoted = ", ".join(f"'{text[:120]}'" for text in unread) or f"'{turn.text.strip()[:120]}'"
    why = f"{turn.plan.note}. Nothing has changed." if turn.plan.note else "Nothing has changed."
    turn.say(
        "text",
        f"{quoted} was not understood: {why} {CAN_BE_SAID}"
        if turn.plan.note
        else f"{quoted} was not understood. {why} {CAN_BE_SAID}",
    )
