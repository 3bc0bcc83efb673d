"""Sending a signed webhook to an address of the public internet, and to no other."""

import hashlib
import hmac
import ipaddress
import json
import socket
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

SIGNATURE, TIMESTAMP, DELIVERY = "X-AlgoAgent-Signature", "X-AlgoAgent-Timestamp", "X-AlgoAgent-Delivery"
SECONDS = 10.0
# Answers after which it makes sense to send the same again.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class NotSent(Exception):
    """Nothing reached the receiver, or it asked to come again; `again` says whether trying again makes sense."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.again = again


class OutcomeUnknown(Exception):
    """It was sent, and no answer came: it may have arrived."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return `sha256=` and the HMAC-SHA256 (hex) of `timestamp.body`, for the receiver to compare."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"


def problem_with(url: str) -> str | None:
    """Say why nothing is sent to an address, or None; the name is looked up when it is sent."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "A webhook's address begins with https:// and names a host."
    if parts.username or parts.password:
        return "A webhook's address holds no password."
    if settings.WEBHOOK_PRIVATE_ADDRESSES:
        return None
    if parts.scheme != "https":
        return "A webhook's address begins with https://."
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return None if "." in parts.hostname else "The host of a webhook is a public name."
    return None if _public(address) else "Webhooks are not sent to private addresses."


def send(url: str, *, secret: str, delivery: str, payload: Mapping[str, Any]) -> int:
    """Send a payload and return the status of the answer; raise `NotSent` or `OutcomeUnknown`.

    The name is looked up once, and the address that was checked is the one that is connected to. Redirects are not
    followed.
    """
    if problem := problem_with(url):
        raise NotSent(problem, again=False)
    parts = urlsplit(url)
    host = parts.hostname or ""
    address = _address(host, parts.port or (443 if parts.scheme == "https" else 80))
    body = json.dumps(payload, separators=(",", ":")).encode()
    timestamp = str(int(time.time()))
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        SIGNATURE: signature(secret, timestamp, body),
        TIMESTAMP: timestamp,
        DELIVERY: delivery,
    }
    target = httpx.URL(url).copy_with(host=address)
    try:
        with httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
            answer = client.post(target, content=body, headers=headers, extensions={"sni_hostname": host})
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
        raise NotSent(type(error).__name__, again=True) from None
    except httpx.HTTPError as error:
        raise OutcomeUnknown(type(error).__name__) from None
    if answer.status_code in PASSING:
        raise NotSent(f"HTTP status {answer.status_code}", again=True)
    return answer.status_code


def _address(host: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise NotSent(f"{host} cannot be found.", again=True) from None
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.WEBHOOK_PRIVATE_ADDRESSES and not all(_public(ipaddress.ip_address(one)) for one in addresses):
        raise NotSent(f"{host} is a private address.", again=False)
    return addresses[0]


def _public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or address
    return bool(inner.is_global and not inner.is_multicast)
