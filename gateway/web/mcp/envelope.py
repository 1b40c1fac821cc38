"""What travels between an MCP client and us: JSON-RPC 2.0, one message a request (no batches since 2025-06-18). Pure.

Source: modelcontextprotocol.io, specification 2025-11-25, "Base protocol" and "Transports".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

EDITIONS = ("2025-11-25", "2025-06-18")
"""Of the protocol, the newest first."""


class RpcCode(IntEnum):
    """What went wrong, as JSON-RPC numbers it."""

    INVALID_PARAMS = -32602
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    PARSE_ERROR = -32700


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcRequest:
    """What a client asks. Without an `id` it is told, and nothing is answered."""

    id: int | str | None
    method: str
    params: Mapping[str, Any] = field(default_factory=dict)


class RpcWrong(Exception):  # an answer, named as what it is
    """A request cannot be answered; the words are for whoever wrote the client."""

    def __init__(self, code: RpcCode, words: str) -> None:
        super().__init__(words)
        self.code = code


def read_request(body: bytes) -> RpcRequest | None:
    """The request; None for an answer to a question, of which we ask none. Raises RpcWrong."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RpcWrong(RpcCode.PARSE_ERROR, "The body is no JSON.") from error
    if not isinstance(given, dict) or given.get("jsonrpc") != "2.0":
        raise RpcWrong(RpcCode.INVALID_REQUEST, "The body has to be one message of JSON-RPC 2.0; batches are gone.")
    if "method" not in given and ("result" in given or "error" in given):
        return None
    number, method, params = given.get("id"), given.get("method"), given.get("params") or {}
    is_id = number is None or (isinstance(number, int | str) and not isinstance(number, bool))
    if not isinstance(method, str) or not isinstance(params, dict) or not is_id:
        raise RpcWrong(RpcCode.INVALID_REQUEST, "`method` is text, `params` an object and `id` text or a number.")
    return RpcRequest(id=number, method=method, params=params)


def answered(number: int | str | None, result: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request."""
    return {"jsonrpc": "2.0", "id": number, "result": result}


def refused(number: int | str | None, wrong: RpcWrong) -> dict[str, Any]:
    """The answer to a request that cannot be answered."""
    return {"jsonrpc": "2.0", "id": number, "error": {"code": wrong.code.value, "message": str(wrong)}}


def edition_for(params: Mapping[str, Any]) -> str:
    """The edition that is spoken from now on: the client's, or our newest, with which it may leave."""
    wanted = params.get("protocolVersion")
    return wanted if wanted in EDITIONS else EDITIONS[0]
