"""Keys taken out of what a vendor says, also where it quotes them escaped, encoded, or in pieces."""

import base64
import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from backtest_engine.key_rotation.keys import ApiKey

# What a text may put between two pieces: quotes, blanks, plus signs, commas, and where one part of an answer ends.
_GAP = rb"""(?:\\{1,4}[nrt"'/]|["'`\s+,\\]|"\s*\}\s*,\s*\{\s*"text"\s*:\s*"){0,6}?"""
_LINE_END = rb"(?:\\{1,4}[nr]|[\r\n])*"


class Scrubber:
    """Replaces keys by their fingerprints in bytes, text, JSON, and streams of events."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._keys = tuple(keys)
        self._patterns = [(_pattern(key.reveal().encode()), key.fingerprint.encode()) for key in self._keys]

    def scrub(self, raw: bytes) -> bytes:
        """Return the bytes with every key replaced."""
        for pattern, fingerprint in self._patterns:
            raw = pattern.sub(fingerprint, raw)
        return raw

    def scrub_text(self, text: str) -> str:
        """Return the text with every key replaced."""
        return self.scrub(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def began(self, text: str) -> int:
        """Return how many characters at the end of the text may be the first ones of a key."""
        longest = 0
        for key in self._keys:
            secret = key.reveal()
            ends = (length for length in range(min(len(secret) - 1, len(text)), longest, -1))
            longest = next((length for length in ends if text.endswith(secret[:length])), longest)
        return longest


class ScrubbedEvents:
    """Server-sent events with every key replaced, also one whose characters come with several events.

    A text that ends as a key begins is held back until the next piece of it, or the end, shows what it was.
    """

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        # By the place of a text in its event: what is held back, and the event, to send it with.
        self._held: dict[str, tuple[str, Any, list[bytes]]] = {}

    async def of(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield whole events."""
        rest = b""
        async for chunk in chunks:
            # A line end may itself be split.
            *events, rest = re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)", rest + chunk)
            for event in events:
                for scrubbed in self._event(event):
                    yield scrubbed
        for event in (*self._event(rest), *self._released(())):
            yield event

    def _event(self, event: bytes) -> Iterator[bytes]:
        lines = event.splitlines(keepends=True)
        data = [line for line in lines if line.startswith(b"data:")]
        body = _json(data[0][5:]) if len(data) == 1 else None
        if not isinstance(body, dict):
            if data:
                yield from self._released(())
            if event:
                yield self._scrubber.scrub(event)
            return
        others = [line for line in lines if not line.startswith(b"data:")]
        texts = dict(_texts(body))
        if body.get("type") != "ping":
            yield from self._released(texts)
        for place, text in texts.items():
            whole = self._scrubber.scrub_text(self._held.pop(place, ("",))[0] + text)
            begun = self._scrubber.began(whole)
            if begun:
                self._held[place] = (whole[-begun:], body, others)
            if whole != text or begun:
                _put(body, place, whole[: len(whole) - begun])
        yield self._written(body, others)

    def _released(self, still_coming: Iterable[str]) -> Iterator[bytes]:
        """Yield what is held back and not gone on with."""
        for place in [place for place in self._held if place not in still_coming]:
            text, body, others = self._held.pop(place)
            for other in dict(_texts(body)):
                if other != place and other.rpartition("/")[2] == place.rpartition("/")[2]:
                    _put(body, other, "")
            _put(body, place, text)
            yield self._written(body, others)

    def _written(self, body: Any, others: list[bytes]) -> bytes:
        data = b"data: " + json.dumps(body, separators=(",", ":")).encode()
        named = [line for line in others if line.strip()]
        return self._scrubber.scrub(b"".join(named) + data) + b"\n\n"


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _texts(body: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield the places of all texts, as JSON pointers, and the texts."""
    if isinstance(body, str):
        yield place, body
    elif isinstance(body, dict):
        for name, inner in body.items():
            yield from _texts(inner, f"{place}/{name}")
    elif isinstance(body, list):
        for position, inner in enumerate(body):
            yield from _texts(inner, f"{place}/{position}")


def _put(body: Any, place: str, text: str) -> None:
    *way, last = place.split("/")[1:]
    for step in way:
        body = body[int(step)] if isinstance(body, list) else body[step]
    if isinstance(body, list):
        body[int(last)] = text
    else:
        body[last] = text


def _pattern(secret: bytes) -> re.Pattern[bytes]:
    """Return what finds a secret, however it is written."""
    spelled = _GAP.join(_character(byte) for byte in secret)
    in_hex = b"(?i:" + secret.hex().encode() + b")"
    return re.compile(b"|".join([spelled, in_hex, *_base64(secret)]))


def _character(byte: int) -> bytes:
    """Return what finds a character as it is, behind backslashes, in a URL, in JSON, in Python, or in HTML."""
    code = f"{byte:02x}".encode()
    return rb"(?:\\{0,4}%b|%%(?:25){0,3}(?i:%b)|\\{1,4}(?:u00|x|u\{)(?i:%b)\}?|&(?:amp;)?#(?:0*%d|[xX]0*(?i:%b));)" % (
        re.escape(bytes([byte])),
        code,
        code,
        byte,
        code,
    )


def _base64(secret: bytes) -> Iterator[bytes]:
    """Yield what finds a secret in Base64, at each of the three places where it may begin in a group."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret)
        # Characters that the secret alone decides.
        first, last = -(-before * 8 // 6), (before + len(secret)) * 8 // 6
        letters = [
            {b"+": rb"(?:[+-]|%2[bB])", b"/": rb"(?:\\?[/_]|%2[fF])"}.get(bytes([letter]), bytes([letter]))
            for letter in encoded[first:last]
        ]
        if len(letters) > 5:
            yield _LINE_END.join(letters)
