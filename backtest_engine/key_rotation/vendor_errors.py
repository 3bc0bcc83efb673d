"""What a vendor's error means, and what should rest because of it.

Google's fields are those of google.rpc.Status (https://google.aip.dev/193): `QuotaFailure` names the quota, `RetryInfo`
the wait, `ErrorInfo` the reason. Others name a `type` and a `code`, and say the rest in a sentence. Sentences are read
only where no field says it, and are never passed on: they can quote the key.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

# `project` is a project's quota for one model, `account` all that the project may ask.
Scope = Literal["key", "project", "account", "model", "request"]

MINUTE = 60.0
HOUR = 3_600.0
DAY = 86_400.0
# Until somebody has paid: often enough to notice, rarely enough not to pester.
UNTIL_PAID = 6 * HOUR

NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What an error means: who should rest, for how long (None: until the vendor's day ends), and what it taught.

    A refused key, project or account leaves the request to another key; a failing model or a bad request does not.
    """

    code: str
    scope: Scope
    seconds: float | None = MINUTE
    limits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Rule:
    """A verdict, and the words by which vendors say it, under these statuses."""

    words: re.Pattern[str]
    verdict: Verdict
    statuses: frozenset[int] = frozenset({400, 401, 402, 403, 429})


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_SUSPENDED = Verdict(code="account_suspended", scope="account", seconds=DAY)
_SUSPENDED_KEY = Verdict(code="key_suspended", scope="key", seconds=DAY)
_LEAKED = Verdict(code="key_leaked", scope="key", seconds=DAY)
_INVALID = Verdict(code="key_invalid", scope="key", seconds=DAY)
_DENIED = Verdict(code="key_denied", scope="key", seconds=HOUR)
_UNPAID = Verdict(code="credits_spent", scope="account", seconds=UNTIL_PAID)
_OVERLOADED = Verdict(code="model_overloaded", scope="model")

# Where a sentence begins: of a key and an account in one, the first is what it speaks of.
_SENTENCE = r"(?:^|[.\n])"
# Of several that match, the first holds: what is true for longest, and is least often said in passing, comes first.
_RULES = (
    # Its sentence says "disabled" of a project, as that of a suspended one does.
    _Rule(
        words=_words(r"service[ _]disabled", r"\bapi has not been (?:used|enabled)"),
        verdict=Verdict(code="service_disabled", scope="account", seconds=HOUR),
        statuses=frozenset({403}),
    ),
    _Rule(words=_words(r"\bleak(?:ed|s|age)?\b", r"\bcompromised\b", r"publicly exposed"), verdict=_LEAKED),
    _Rule(
        words=_words(
            r"insufficient[ _](?:user[ _])?(?:quota|funds?|balance|credits?)\b",
            r"billing[ _](?:hard[ _]limit|soft[ _]limit|not[ _]active|disabled|inactive|error|required)",
            r"billing (?:account )?(?:is|has been|was) (?:not (?:active|enabled)|disabled|closed|inactive|past due)",
            r"billing account\b[^.]{0,60}\b(?:disabled|closed|inactive|past due)",
            r"(?:enable|requires?) billing (?:on|for)",
            r"credits?\b(?: balance)?[^.]{0,40}\b(?:deplet|exhaust|too low|used up|run(?:ning)? out|ran out|expired)",
            r"\b(?:deplet|exhaust|used up|ran out|run out|used all)\w*[^.]{0,40}\bcredits?\b",
            r"\bcredits? (?:is|are|has been|have been) (?:all )?(?:gone|spent|zero|insufficient|empty)\b",
            r"\b(?:no|zero|not enough|without) (?:remaining |available |any )?(?:credits?|balance|funds)\b",
            r"doesn't have any credits",
            r"out of (?:credits?|funds|money)\b",
            r"balance\b[^.]{0,40}\b(?:too low|insufficient|negative|not enough|empty|zero|exhausted|depleted)\b",
            r"\bpayment[ _]required\b",
            r"\bpayment (?:is )?(?:overdue|past due|failed)\b",
            r"\bunpaid\b",
            r"\bspend(?:ing)?[ _-](?:limit|cap)s?\b",
            r"\b(?:monthly|usage) (?:usage |spend |spending )?(?:limit|budget|cap)s?\b[^.]{0,60}\b(?:reached|exceeded|hit)\b",
            r"\b(?:reached|exceeded|hit)\b[^.]{0,40}\b(?:monthly|api usage) (?:usage |spend |spending )?(?:limit|budget|cap)s?\b",
            r"\bin arrears\b",
        ),
        verdict=_UNPAID,
    ),
    _Rule(
        words=_words(
            r"api_key:\S*[^.]{0,40}\bsuspended\b",
            _SENTENCE + r"(?:(?!account|organi[sz]ation|project|workspace|team)[^.\n]){0,160}?"
            r"api[ _-]?key\b[^.\n]{0,80}\b(?:suspended|revoked|deleted|deactivated|disabled|blocked)\b",
            r"\brevoked[ _]api[ _]key",
        ),
        verdict=_SUSPENDED_KEY,
    ),
    _Rule(
        words=_words(
            _SENTENCE + r"(?:(?!api[ _-]?key)[^.\n]){0,160}?"
            r"\b(?:account|organi[sz]ation|project|workspace|team|consumer|user)\b[^.\n]{0,60}"
            r"\b(?:suspended|deactivated|disabled|banned|terminated|denied access)\b",
            r"account[ _]deactivated",
            r"consumer[ _]suspended",
            r"\bsuspended\b[^.\n]{0,40}\b(?:account|organi[sz]ation|project|workspace)\b",
        ),
        verdict=_SUSPENDED,
    ),
    _Rule(
        words=_words(
            r"\boverload(?:ed)?(?:_error)?\b",
            r"capacity[ _](?:exhausted|exceeded|reached)",
            r"\b(?:over|at|no|insufficient|out of|limited|lack of|full)[ _](?:model |available |server |gpu )?capacity\b",
            r"capacity (?:is |has been )?(?:currently )?(?:available|limited|constrained)",
            r"\b(?:high|heavy|unusual|excessive|peak) (?:demand|traffic|load)\b",
            r"\b(?:server|engine|model|service) is (?:currently |temporarily |too )*(?:busy|unavailable|at capacity)\b",
            r"\bslow[ _]down\b",
        ),
        verdict=_OVERLOADED,
        statuses=frozenset({429, 498, 503, 529}),
    ),
    _Rule(
        words=_words(
            r"does ?n[o']t have access to (?:the )?model",
            r"\b(?:not (?:allowed|permitted|authori[sz]ed)|no permission|not have permission) to (?:use|access) "
            r"(?:the |this )?(?:model|engine)\b",
            r"\bmodel[ _]not[ _](?:allowed|permitted)\b",
        ),
        verdict=Verdict(code="no_quota", scope="project", seconds=DAY),
        statuses=frozenset({400, 401, 403}),
    ),
    _Rule(
        words=_words(
            r"(?:location|country|region|territory)\b[^.]{0,60}\bnot (?:supported|available|served)",
            r"unsupported[ _]country",
        ),
        verdict=Verdict(code="region_not_served", scope="request"),
        statuses=frozenset({400, 403}),
    ),
    _Rule(
        words=_words(
            r"(?:invalid|incorrect|expired|unknown|wrong|bad)[ _](?:x-)?api[ _-]?key",
            r"api[ _-]?key[ _](?:is |not |has )*(?:invalid|valid|expired|incorrect|not[ _]found)",
            r"\bpass a valid api key",
        ),
        verdict=_INVALID,
        statuses=frozenset({400, 401, 403}),
    ),
)

_PER_DAY = re.compile(r"per[ _-]?day(?![a-z]*ly)|/day\b|\b(?:daily|rpd|tpd)\b|\b1/d/|\bfor (?:the|this|your) day\b")
_PER_MINUTE = re.compile(r"per[ _-]?min(?:ute)?|\b(?:rpm|tpm|itpm|otpm)\b|/min(?:ute)?\b|per[ _-]?second")
_NO_LIMIT = re.compile(r"\blimit:? 0\b(?!\.\d)")
_WAIT = re.compile(
    r"(?:retry|try again|try it again|wait|resets?|available again)\b[^.\d]{0,24}"
    r"((?:\d+(?:\.\d+)? ?(?:hours?|hrs?|h|minutes?|mins?|ms|milliseconds?|m|seconds?|secs?|s)(?![a-z])[ ,]*(?:and )?)+)"
)
_SPAN = re.compile(r"(\d+(?:\.\d+)?) ?(ms|milliseconds?|[hms])")
_URL = re.compile(r"https?://\S+")
_UNITS = {"h": HOUR, "m": MINUTE, "s": 1.0}


def read_gemini(status: int, raw: bytes, headers: Mapping[str, str] = NO_HEADERS) -> Verdict:
    """Return the meaning of a Gemini API error."""
    error = _error(raw)
    details = _details(error)
    info = details.get("ErrorInfo", {})
    if info.get("reason") in ("API_KEY_INVALID", "API_KEY_EXPIRED"):
        return _INVALID
    if status == 429:
        quotas = _quotas(details)
        # The wait that comes with a spent day is meaningless: anything from nothing to eighteen hours was seen.
        verdict = _quota(quotas, _limits(quotas), _said(raw), wait=None)
        if verdict is not None:
            return verdict
    if status == 400 and error.get("status") == "FAILED_PRECONDITION":
        return _by_words(status, _said(raw)) or Verdict(code="region_not_served", scope="request")
    verdict = read_plain(status, raw, headers)
    if verdict.code == "minute_quota":
        limits = _limits(_quotas(details))
        return Verdict(code=verdict.code, scope=verdict.scope, seconds=verdict.seconds, limits=limits)
    return verdict


def read_plain(status: int, raw: bytes, headers: Mapping[str, str] = NO_HEADERS) -> Verdict:
    """Return the meaning of an error of any vendor: by its words where they are clear, else by its HTTP status."""
    said = _said(raw)
    found = _by_words(status, said)
    if found is not None:
        return found
    if status == 429:
        wait = _wait(raw, said, headers)
        day = _quota([], {}, said, wait=wait)
        return day or Verdict(code="minute_quota", scope="project", seconds=MINUTE if wait is None else wait)
    if status == 404:
        return Verdict(code="model_missing", scope="request")
    if status in (498, 503, 529):
        return _OVERLOADED
    if status >= 500 or status == 408:
        return Verdict(code="model_failed", scope="model")
    refused = {401: _INVALID, 402: _UNPAID, 403: _DENIED}
    return refused.get(status, Verdict(code="request_rejected", scope="request"))


def _by_words(status: int, said: str) -> Verdict | None:
    return next((rule.verdict for rule in _RULES if status in rule.statuses and rule.words.search(said)), None)


def _quota(quotas: list[str], limits: Mapping[str, int], said: str, *, wait: float | None) -> Verdict | None:
    """Return the verdict on a quota that no minute gives back, None for any other."""
    if _NO_LIMIT.search(said):
        return Verdict(code="no_quota", scope="project", seconds=None)
    if quotas:
        spent = any(_PER_DAY.search(name) for name in quotas)
    else:
        # An offer of more a day may follow what a minute's refusal says.
        day, minute = _PER_DAY.search(said), _PER_MINUTE.search(said)
        spent = day is not None and (minute is None or day.start() < minute.start())
    return Verdict(code="day_quota", scope="project", seconds=wait, limits=limits) if spent else None


def _quotas(details: Mapping[str, dict[str, Any]]) -> list[str]:
    """Return what Google's fields call the quotas that are spent, with their unit, in small letters."""
    rows = [row for row in details.get("QuotaFailure", {}).get("violations", []) if isinstance(row, dict)]
    named = [f"{row.get('quotaId', '')} {row.get('quotaValue', '')}" for row in rows]
    about = details.get("ErrorInfo", {}).get("metadata")
    if isinstance(about, dict) and about.get("quota_limit"):
        named.append(f"{about['quota_limit']} {about.get('quota_limit_value', '')} {about.get('quota_unit', '')}")
    return [name.lower() for name in named if name.strip()]


def _limits(quotas: list[str]) -> dict[str, int]:
    limits = {}
    for quota in quotas:
        name, value, *_ = [*quota.split(), "", ""]
        if value.isdigit() and int(value) > 0:
            limits[_field(name)] = int(value)
    limits.pop("", None)
    return limits


def _field(quota: str) -> str:
    if "token" in quota:
        return "tokens_per_minute" if "perminute" in quota else ""
    if "perday" in quota:
        return "requests_per_day"
    return "requests_per_minute" if "perminute" in quota else ""


def _wait(raw: bytes, said: str, headers: Mapping[str, str]) -> float | None:
    """Return the longest wait that is said, in seconds: fields are rounded down, and sentences are not."""
    waits = []
    delay = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(_details(_error(raw)).get("RetryInfo", {}).get("retryDelay", "")))
    if delay:
        waits.append(float(delay[1]))
    for name, unit in (("retry-after", 1.0), ("retry-after-ms", 0.001)):
        value = headers.get(name, "")
        if re.fullmatch(r"\d+(?:\.\d+)?", value):
            waits.append(float(value) * unit)
    waits += [_seconds(found[1]) for found in _WAIT.finditer(said)]
    return max(waits, default=None)


def _seconds(span: str) -> float:
    return sum(
        float(amount) * (0.001 if unit.startswith(("ms", "milli")) else _UNITS[unit[0]])
        for amount, unit in _SPAN.findall(span)
    )


def _error(raw: bytes) -> dict[str, Any]:
    body = _json(raw)
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else {}
    return error if isinstance(error, dict) else {}


def _details(error: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    rows = error.get("details")
    named = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {str(row.get("@type", "")).rpartition(".")[2]: row for row in named}


def _said(raw: bytes) -> str:
    """Return every word of an error in small letters, one line a field, whatever its shape; a page of HTML says none."""
    body = _json(raw)
    if body is None:
        text = raw[:4_000].decode("utf-8", "replace")
        texts = [] if re.search(r"<(?:!doctype|html|head|body)\b", text, re.IGNORECASE) else [text]
    else:
        texts = list(_texts(body))
    return _URL.sub(" ", "\n".join(texts)).lower().replace("’", "'")


def _texts(body: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(body, str):
        yield body[:4_000]
    elif depth < 8 and isinstance(body, dict):
        for name, inner in body.items():
            if name not in ("@type", "links", "retryDelay"):
                yield from _texts(inner, depth + 1)
    elif depth < 8 and isinstance(body, list):
        for inner in body[:20]:
            yield from _texts(inner, depth + 1)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
