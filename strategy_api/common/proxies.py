"""Where a request comes from: what a proxy says of it is believed only of the proxies that are configured."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest

CLAIMS = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT"),
    *("HTTP_FORWARDED", "HTTP_X_REAL_IP"),
)
# One customer of a provider has as many IPv6 addresses as they like, all in one network of this length.
IPV6_CUSTOMER = 64


class TrustedProxyMiddleware:
    """Takes address and scheme from the headers of a trusted proxy, and removes the same headers of anybody else.

    Of `X-Forwarded-For` the last address counts that is not itself a trusted proxy: what stands before it, the client
    may have written.
    """

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Callable[..., Any]) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """Settle who asks, before anybody looks."""
        sender = parsed(str(request.META.get("REMOTE_ADDR", "")))
        if not is_trusted(sender):
            for name in CLAIMS:
                request.META.pop(name, None)
        elif forwarded := str(request.META.get("HTTP_X_FORWARDED_FOR", "")):
            request.META["REMOTE_ADDR"] = _client(forwarded, sender)
        return self._get_response(request)


def client_address(request: HttpRequest) -> str:
    """Return the address that limits are kept for: the client's, of an IPv6 address only its network."""
    address = parsed(str(request.META.get("REMOTE_ADDR", "")))
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_CUSTOMER), strict=False).network_address)
    return str(address or "unknown")


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, an IPv4 one where IPv6 only wraps it; None for what is no address."""
    try:
        address = ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(address: IPv4Address | IPv6Address | None) -> bool:
    """Say whether the address is one of our proxies'."""
    return address is not None and any(address in ip_network(network) for network in settings.TRUSTED_PROXIES)


def _client(forwarded: str, sender: IPv4Address | IPv6Address | None) -> str:
    """Return the last address of the list that is no proxy of ours; the sender's where the list makes no sense."""
    for text in reversed(forwarded.split(",")):
        address = parsed(text)
        if address is None:
            break
        sender = address
        if not is_trusted(address):
            break
    return str(sender)
