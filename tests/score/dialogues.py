"""How many turns of dialogues are understood, through the HTTP API of a deployment with two workers.

    python -m tests.score.dialogues [FILE.jsonl ...] [--verbose]

Prints a line for each turn that is not right, a table, and one line of JSON with every figure.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.score.notation import fits, written
from tests.served import served

CORPUS = Path(__file__).parents[1] / "corpus" / "dialogues"
Verdict = tuple[str, list[str]]
# What no turn may change without being told to.
NAMED = ("symbol", "interval", "start", "end", "cash", "commission")


@dataclass
class Talk:
    """A conversation over HTTP, and what was learned of it so far."""

    api: httpx.Client
    start: dict[str, Any]
    specs: list[Any] = field(default_factory=list)
    question: dict[str, Any] | None = None
    seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        answer = self.api.post("/api/conversations/", json=self.start)
        answer.raise_for_status()
        self.address = f"/api/conversations/{answer.json()['id']}/"
        self.state = answer.json()

    def say(self, turn: dict[str, Any]) -> list[dict[str, Any]]:
        """Say a turn and return the messages that answer it."""
        body: dict[str, Any] = {"content": turn["user"]}
        if (wanted := turn.get("answer")) and self.question is not None:
            options = self.question["metadata"]["options"]
            meant = [one for one in options if _meant(wanted, f"{one['label']} {one['wording']}")]
            if len(meant) == 1:
                body = {"content": "", "answers": {self.question["metadata"]["question_id"]: meant[0]["id"]}}
        began = time.monotonic()
        answer = self.api.post(f"{self.address}messages/", json=body, headers={"Prefer": "wait=30"})
        answer.raise_for_status()
        messages = answer.json().get("results")
        while messages is None:
            turn_run = self.api.get(f"/api/runs/{answer.json()['id']}/").json()
            if turn_run["finished_at"]:
                number = turn_run["parameters"]["turn"]
                messages = self.api.get(f"{self.address}messages/", params={"reply_to": number}).json()["results"]
            time.sleep(0.05)
        self.seconds.append(time.monotonic() - began)
        self.before, self.state = self.state, self.api.get(self.address).json()
        self.question = next((one for one in messages if one["message_type"] == "question"), None)
        self.specs.append(self.state["spec"])
        return messages


def _meant(wanted: dict[str, str], text: str) -> bool:
    return bool(re.search(wanted["match"], text)) and not re.search(wanted.get("not", r"(?!)"), text)


def grade(
    talk: Talk, messages: list[dict[str, Any]], expect: dict[str, Any], refused: set[str]
) -> tuple[str, list[str]]:
    """Return `right`, `asked`, `refused` or `wrong`, and what is not as it must be."""
    state, faults = talk.state, _said_faults(talk, messages, expect)
    changed = state["spec"] != talk.before["spec"] or state["settings"] != talk.before["settings"]
    told = talk.question is not None or not any(one["message_type"] == "metrics" for one in messages)
    if (expect.get("same_spec") or expect.get("ask") is True) and changed:
        return "wrong", ["changed what must stay"]
    specs = [expect["spec"]] if not isinstance(expect.get("spec"), list) else expect["spec"]
    spec_right = "spec" not in expect or any(fits(one, state["spec"]) for one in specs)
    settings = (
        "" if expect.get("settings_free") else _settings_fault(state["settings"], expect.get("settings", {}), refused)
    )
    if spec_right and not settings:
        asked = expect.get("ask") is True and talk.question is None
        return ("right", faults) if not asked else ("wrong", ["no question"])
    if not changed and told:
        return "asked", faults
    what = settings or f"spec is {written(state['spec'])}"
    return "wrong", [what]


def _said_faults(talk: Talk, messages: list[dict[str, Any]], expect: dict[str, Any]) -> list[str]:
    faults = []
    text = "\n".join(one["content"] for one in messages)
    types = {one["message_type"] for one in messages}
    for wanted in expect.get("message_types", []):
        if not types & set(wanted.split("|")):
            faults.append(f"no {wanted} among {sorted(types)}")
    faults += [f"does not say {pattern}" for pattern in expect.get("says", []) if not re.search(pattern, text)]
    faults += [f"says {pattern}" for pattern in expect.get("must_not", []) if re.search(pattern, text)]
    if (title := expect.get("title")) and title != talk.state["title"]:
        faults.append(f"title is {talk.state['title']}")
    if expect.get("says_try") and not re.search(r"(?i)\btr(?:y|ies)\b", text):
        faults.append("does not say which try it is")
    if (options := expect.get("options")) and (
        talk.question is None or len(talk.question["metadata"]["options"]) < options
    ):
        faults.append("too few options")
    if (number := expect.get("undo_to")) and talk.specs[number - 1] != talk.state["spec"]:
        faults.append(f"is not the strategy of turn {number}")
    return faults


def _settings_fault(given: dict[str, Any], wanted: dict[str, Any], refused: set[str]) -> str:
    for name in NAMED:
        if name in refused:
            continue
        value = given.get(name)
        if name not in wanted:
            if value is not None:
                return f"{name} is {value}, which nobody named"
        elif not any(_is(one, value) for one in (wanted[name] if isinstance(wanted[name], list) else [wanted[name]])):
            return f"{name} is {value} instead of {wanted[name]}"
    return ""


def _is(wanted: Any, given: Any) -> bool:
    if isinstance(wanted, dict):
        return given is not None and wanted["from"] <= given <= wanted["to"]
    if isinstance(wanted, int | float) and isinstance(given, int | float):
        return abs(wanted - given) < 1e-9
    return bool(wanted == given)


def converse(api: httpx.Client, dialogue: dict[str, Any], counts: Counter[str], *, verbose: bool) -> list[float]:
    """Hold one dialogue and count how its turns came out; return how long they took."""
    talk = Talk(api, dialogue.get("start", {}))
    refused: set[str] = set()
    for number, turn in enumerate(dialogue["turns"], 1):
        expect = turn["expect"]
        messages = talk.say(turn)
        verdict, faults = grade(talk, messages, expect, refused)
        if verdict == "asked" and expect.get("refusal_ok"):
            # What could not be had is not asked for again.
            refused |= {
                name for name, value in expect.get("settings", {}).items() if talk.state["settings"].get(name) != value
            }
        intent_right = talk.state["feedback_intent"] in expect["intent"]
        counts["turns"] += 1
        counts["intents right"] += intent_right
        counts[verdict] += 1
        counts["faults"] += bool(faults)
        if verbose or not intent_right or faults or verdict != "right":
            intent = "" if intent_right else f" [intent {talk.state['feedback_intent']}]"
            print(f"{dialogue['id']}.{number} {verdict}{intent} {turn['user']!r} {'; '.join(faults)}")
            if verbose:
                print("\n".join(f"      {one['message_type']}: {one['content'][:200]}" for one in messages))
        if verdict == "asked" and (clarify := expect.get("clarify")):
            counts["clarified"] += 1
            messages = talk.say({"user": clarify})
            verdict, faults = grade(talk, messages, {**expect, "ask": None, "message_types": []}, refused)
            counts["clarified right"] += verdict == "right"
            if verdict == "wrong":
                counts["wrong"] += 1
            if verdict != "right":
                print(f"   clarified by {clarify!r}: {verdict} {'; '.join(faults)}")
    return talk.seconds


def main(arguments: list[str]) -> int:
    """Hold all dialogues of the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=sorted(CORPUS.glob("*.jsonl")))
    parser.add_argument("--verbose", action="store_true")
    asked = parser.parse_args(arguments)
    dialogues = [json.loads(line) for path in asked.files for line in path.read_text().splitlines() if line.strip()]
    counts: Counter[str] = Counter()
    seconds: list[float] = []
    with (
        served(worker=True, concurrency=2, QUEUED_RUNS_LIMIT="1000") as server,
        server.client(server.token("talker")) as api,
    ):
        # The first run starts what all others find started.
        Talk(api, {}).say({"user": "buy when RSI < 30, sell when RSI > 70"})
        for dialogue in dialogues:
            seconds += converse(api, dialogue, counts, verbose=asked.verbose)
    seconds.sort()
    p95 = seconds[int(0.95 * (len(seconds) - 1))]
    share = counts["intents right"] / counts["turns"]
    print(
        f"{counts['turns']} turns: {share:.1%} of the intents right; {counts['right']} right, "
        f"{counts['asked']} asked, "
        f"{counts['wrong']} silently wrong; p95 {p95:.2f} s"
    )
    print(json.dumps({**counts, "intent_share": round(share, 4), "p50": seconds[len(seconds) // 2], "p95": p95}))
    return 0 if share >= 0.95 and not counts["wrong"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
