"""The messages of all sockets as an OpenAPI document without paths: generators of types read that."""

import json
from typing import Any

from pydantic import TypeAdapter

from strategy_api.common.openapi import documents
from strategy_api.runs.sockets import chat_socket, messages, scanner_socket

ADAPTERS: dict[str, tuple[str, TypeAdapter[Any]]] = {
    # /ws/
    "ClientMessage": ("validation", messages.CLIENT),
    "ServerMessage": ("serialization", messages.SERVER),
    # /ws/realtime
    "ScannerClientMessage": ("validation", scanner_socket.ASKED),
    "ScannerServerMessage": ("serialization", scanner_socket.SAID),
    # /ws/{client_id}
    "ChatClientMessage": ("validation", chat_socket.ASKED),
    "ChatServerMessage": ("serialization", chat_socket.ANSWERS),
}


def document() -> dict[str, Any]:
    """Return the document; `ServerMessage` and its like are unions by `type`."""
    found, definitions = TypeAdapter.json_schemas(
        [(name, mode, adapter) for name, (mode, adapter) in ADAPTERS.items()],  # type: ignore[misc]
        ref_template="#/components/schemas/{model}",
    )
    unions = {name: found[name, mode] for name, (mode, _) in ADAPTERS.items()}  # type: ignore[index]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "AlgoAgent's sockets",
            "version": messages.PROTOCOL,
            "description": "What clients of /ws/, /ws/realtime and /ws/{client_id} say and are told, one object each.",
        },
        "paths": {},
        "components": {"schemas": {**unions, **definitions.get("$defs", {})}},
    }


def text() -> str:
    """Return the document as it stands in docs/api."""
    return json.dumps(document(), indent=2) + "\n"


documents.register("sockets.json", text)
