"""Keys in what a vendor says, written in every way that a careless one might."""

import asyncio
import base64
import html
import json
import time
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest_engine.key_rotation import ApiKey
from backtest_engine.key_rotation.scrubbing import ScrubbedEvents, Scrubber

SECRETS = ("AIzaSyD-9tSrke72PouQMnMX_a7eZSW0jkFMBWY", "AQ.Ab8RN6LtSP+/x~Kq=v", "sk-proj-Zq9_x-7bT.3fY")
SCRUBBER = Scrubber([ApiKey(secret, name=f"k{number}") for number, secret in enumerate(SECRETS)])

SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": lambda key: json.dumps(key),
    "unicode escapes": lambda key: "".join(f"\\u{ord(c):04x}" for c in key),
    "unicode escapes in capitals": lambda key: "".join(f"\\u{ord(c):04X}" for c in key),
    "json within json": lambda key: json.dumps(json.dumps("".join(f"\\u{ord(c):04x}" for c in key))),
    "some escaped": lambda key: "".join(f"\\u{ord(c):04x}" if n % 3 else c for n, c in enumerate(key)),
    "python": lambda key: "".join(f"\\x{ord(c):02x}" for c in key),
    "javascript": lambda key: "".join(f"\\u{{{ord(c):x}}}" for c in key),
    "url": lambda key: quote(key, safe=""),
    "url, every letter": lambda key: "".join(f"%{ord(c):02X}" for c in key),
    "url, twice": lambda key: quote("".join(f"%{ord(c):02x}" for c in key), safe=""),
    "html": lambda key: "".join(f"&#{ord(c)};" for c in key),
    "html, hex": lambda key: "".join(f"&#x{ord(c):X};" for c in key),
    "html, twice": lambda key: html.escape("".join(f"&#{ord(c)};" for c in key)),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 of a header": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "base64 of a pair": lambda key: base64.urlsafe_b64encode(f"a:{key}!".encode()).decode(),
    "base64 in lines": lambda key: base64.encodebytes(f"x-goog-api-key: {key} and so on".encode()).decode(),
    "base64 in lines, in json": lambda key: json.dumps(
        base64.encodebytes(f"key: {key}, of somebody".encode()).decode()
    ),
    "hex": lambda key: key.encode().hex(),
    "hex in capitals": lambda key: key.encode().hex().upper(),
    "two strings": lambda key: f'"{key[:9]}" "{key[9:]}"',
    "added up": lambda key: f"'{key[:4]}' + '{key[4:12]}' + '{key[12:]}'",
    "added up, in json": lambda key: json.dumps(f'"{key[:4]}" + "{key[4:]}"'),
    "over two lines": lambda key: f"{key[:15]}\\\n{key[15:]}",
    "over two lines, in json": lambda key: json.dumps(f"{key[:15]}\n  {key[15:]}"),
    "a list": lambda key: json.dumps([key[:9], key[9:]]),
    "two parts": lambda key: json.dumps({"parts": [{"text": key[:9]}, {"text": key[9:]}]}),
    "spelled out": lambda key: " ".join(key),
    "slashes escaped": lambda key: json.dumps(key).replace("/", "\\/"),
    "shell": lambda key: "".join(c if c.isalnum() else f"\\{c}" for c in key),
}


class TestScrub:
    @pytest.mark.parametrize("secret", SECRETS)
    @pytest.mark.parametrize("name", SPELLINGS)
    def test_takes_a_key_out_of(self, name: str, secret: str) -> None:
        told = SPELLINGS[name](secret)

        said = SCRUBBER.scrub(f"Invalid key {told}, sorry.".encode()).decode()

        assert "key_" in said
        assert told not in said
        # Nothing is left but what is said around it, in Base64 with the letters that they share.
        assert len(said) - len("Invalid key , sorry.") - len("key_0123456789ab") < 60
        assert said.endswith(", sorry.")

    @pytest.mark.parametrize("name", ["json", "a list", "two parts", "unicode escapes", "added up, in json"])
    def test_leaves_json_that_can_be_read(self, name: str) -> None:
        told = SPELLINGS[name](SECRETS[0])
        body = told if told[0] in '"[{' else f'"{told}"'

        json.loads(SCRUBBER.scrub(f'{{"error": {{"message": {body}}}}}'.encode()))

    @given(text=st.text(max_size=300))
    @settings(max_examples=80)
    def test_leaves_alone_what_holds_no_key(self, text: str) -> None:
        raw = text.encode("utf-8", "surrogatepass")

        assert SCRUBBER.scrub(raw) == raw

    @pytest.mark.parametrize("unit", ["A", "\\", "\\u0041", '"', "AIzaSy", "%25", "A\\", " ", "&amp;", "QU"])
    def test_a_long_text_is_done_at_once(self, unit: str) -> None:
        raw = (unit * (300_000 // len(unit))).encode()
        began = time.process_time()

        SCRUBBER.scrub(raw)

        # A hundred times what it takes; one that goes through the text again for each letter takes hours.
        assert time.process_time() - began < 20


def scrubbed(chunks: list[bytes]) -> list[bytes]:
    async def source() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def all_of() -> list[bytes]:
        return [event async for event in ScrubbedEvents(SCRUBBER).of(source())]

    return asyncio.run(all_of())


def event(text: str, **more: object) -> bytes:
    body = {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, **more}]}
    return b"data: " + json.dumps(body).encode() + b"\r\n\r\n"


def text_of(events: list[bytes]) -> str:
    bodies = [json.loads(row[6:]) for row in events if row.startswith(b"data: {")]
    return "".join(body["candidates"][0]["content"]["parts"][0]["text"] for body in bodies)


class TestEvents:
    @given(data=st.data())
    @settings(max_examples=60)
    def test_a_key_that_comes_in_pieces_is_taken_out(self, data: st.DataObject) -> None:
        whole = f"The key is {SECRETS[0]}, and AIza begins another."
        cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
        pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
        raw = b"".join(event(piece) for piece in pieces)
        bits = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=12)))
        chunks = [raw[a:b] for a, b in zip([0, *bits], [*bits, len(raw)], strict=True)]

        said = text_of(scrubbed(chunks))

        assert said.startswith("The key is key_")
        assert said.endswith(", and AIza begins another.")
        assert SECRETS[0][:20] not in said

    def test_what_only_begins_like_a_key_is_said_in_full_and_in_its_place(self) -> None:
        events = scrubbed([event("It starts with AIza"), event("phod"), event("Ends with A", finishReason="STOP")])

        assert text_of(events) == "It starts with AIzaphodEnds with A"

    def test_a_text_that_ends_early_is_said_before_the_end(self) -> None:
        chat = [
            b'data: {"choices":[{"delta":{"content":"say A"}}]}\n\n',
            b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n',
            b"data: [DONE]\n\n",
        ]

        events = scrubbed([b"".join(chat)])

        said = [json.loads(row[6:])["choices"][0]["delta"].get("content") for row in events[:-1]]
        assert said == ["say ", "A", None]
        assert events[-1] == b"data: [DONE]\n\n"

    def test_names_of_events_and_pings_stay(self) -> None:
        half = SECRETS[1][:8], SECRETS[1][8:]
        delta = 'event: content_block_delta\ndata: {{"type":"content_block_delta","delta":{{"text":"{}"}}}}\n\n'
        ping = 'event: ping\ndata: {"type":"ping"}\n\n'

        events = scrubbed([(delta.format(half[0]) + ping + delta.format(half[1])).encode()])

        assert [row.split(b"\n")[0] for row in events] == [
            b"event: content_block_delta",
            b"event: ping",
            b"event: content_block_delta",
        ]
        assert half[0].encode() not in b"".join(events)
        assert b"key_" in events[-1]
