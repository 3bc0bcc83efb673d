"""What a vendor's error means, and what should rest because of it.

Google's fields are those of google.rpc.Status (https://google.aip.dev/193): `QuotaFailure` names the quota, `RetryInfo`
the wait, `ErrorInfo` the reason. Others name a `type` and a `code`, and say the rest in a sentence. Sentences are read
only where no field says it, and are never passed on: they can quote the key.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from backtest_engine.key_rotation.vendor_words import (
    CREDITS_SPENT,
    HOUR,
    KEY_DENIED,
    KEY_INVALID,
    MINUTE,
    MODEL_OVERLOADED,
    RULES,
    Verdict,
)

NO_HEADERS: Mapping[str, str] = {}


_PER_DAY = re.compile(
    r"per[ _-]?day(?![a-z]*ly)|/day\b|\b(?:daily|rpd|tpd)\b|\b1/d/|\bfor (?:the day|this day|your day|today)\b"
    r"|\btoday's (?:quota|limit)|\b24[ -]hours?\b"
)
_PER_MINUTE = re.compile(r"per[ _-]?min(?:ute)?|\b(?:rpm|tpm|itpm|otpm)\b|/min(?:ute)?\b|per[ _-]?second")
_NO_LIMIT = re.compile(r"\blimit:? 0\b(?!\.\d)")
_WAIT = re.compile(
    r"(?:retry|try again|try it again|wait|resets?|available again)\b[^.\d]{0,24}"
    r"((?:\d+(?:\.\d+)? ?(?:hours?|hrs?|h|minutes?|mins?|ms|milliseconds?|m|seconds?|secs?|s)(?![a-z])[ ,]*(?:and )?)+)"
)
_SPAN = re.compile(r"(\d+(?:\.\d+)?) ?(ms|milliseconds?|[hms])")
_QUOTED = re.compile(r"""(?<!\w)(['"`])[^'"`\n]{0,200}\1(?!\w)""")
_URL = re.compile(r"https?://\S+")
_UNITS = {"h": HOUR, "m": MINUTE, "s": 1.0}


def read_gemini(status: int, raw: bytes, headers: Mapping[str, str] = NO_HEADERS) -> Verdict:
    """Return the meaning of a Gemini API error."""
    error = _error(raw)
    details = _details(error)
    info = details.get("ErrorInfo", {})
    if info.get("reason") in ("API_KEY_INVALID", "API_KEY_EXPIRED"):
        return KEY_INVALID
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
        return MODEL_OVERLOADED
    if status >= 500 or status == 408:
        return Verdict(code="model_failed", scope="model")
    refused = {401: KEY_INVALID, 402: CREDITS_SPENT, 403: KEY_DENIED}
    return refused.get(status, Verdict(code="request_rejected", scope="request"))


def _by_words(status: int, said: str) -> Verdict | None:
    if status == 400:
        # A bad request is quoted back, and may speak of anything.
        said = _QUOTED.sub(" ", said)
    return next((rule.verdict for rule in RULES if status in rule.statuses and rule.words.search(said)), None)


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
    """Return every word of an error in small letters, one line a field, whatever its shape; of a page of HTML none."""
    body = _json(raw)
    if body is None:
        text = raw[:4_000].decode("utf-8", "replace")
        texts = [] if re.search(r"<(?:!doctype|html|head|body)\b", text, re.IGNORECASE) else [text]
    else:
        texts = list(_texts(body))
    return _URL.sub(" ", "\n".join(texts)).lower().replace("’", "'").replace("_", " ")


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
