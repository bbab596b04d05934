"""Where a client finds its host, looked up anew before every try to connect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from npc_sdk.errors import RequestError
from npc_sdk.wire.connection_file import Connection, find_connection, read_connection
from npc_sdk.wire.endpoint import read_endpoint
from npc_sdk.wire.keys import KeyPair, is_key

MAX_TOKEN = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAddress:
    """How to reach a host once.

    Args:
        requests: Endpoint for requests and their streams.
        control: Endpoint for what must not wait.
        token: What opens it; None when none is asked for.
        server_key: The host's public key; None leaves the connection in the clear.
        keys: The client's own keys, for a connection that is encrypted.
    """

    requests: str
    control: str
    token: str | None = None
    server_key: str | None = None
    keys: KeyPair | None = None

    def __repr__(self) -> str:
        # The token must not end in a log.
        return f"<HostAddress {self.requests}>"


Locator: TypeAlias = Callable[[], HostAddress]


def at_endpoint(
    endpoint: str, *, token: str | None = None, server_key: str | None = None, keys: KeyPair | None = None
) -> Locator:
    """Return how to find a host that listens at a fixed place.

    Args:
        endpoint: As in ``npc serve --endpoint``, such as ``tcp://192.168.1.5:7000``.
        token: Its token, when it asks for one.
        server_key: Its public key, when the connection is to be encrypted.
        keys: The client's own keys.

    Raises:
        RequestError: The endpoint (``bad_endpoint``), the token (``bad_token``) or the key (``bad_key``) cannot be
            used.
    """
    place = read_endpoint(endpoint)
    if place.port is None or place.host == "*":
        raise RequestError(
            f"The endpoint {endpoint!r:.200} names no single place.",
            "Write it as tcp://127.0.0.1:7000, or name a connection file.",
            code="bad_endpoint",
            endpoint=endpoint[:200],
        )
    if token is not None and len(token) > MAX_TOKEN:
        raise RequestError("The token is too long.", "Pass that of the connection file.", code="bad_token")
    if server_key is not None and not is_key(server_key):
        raise RequestError("The host's key is no CURVE key.", "Pass the 40 characters of Z85.", code="bad_key")
    address = HostAddress(
        requests=place.bound(0), control=place.bound(1), token=token, server_key=server_key, keys=keys
    )
    return lambda: address


def in_file(file: Path, *, keys: KeyPair | None = None) -> Locator:
    """Return how to find the host that writes a connection file; it is read anew each time."""
    return lambda: _of(read_connection(file), keys)


def newest(*, keys: KeyPair | None = None) -> Locator:
    """Return how to find the host that was started last on this machine."""
    return lambda: _of(find_connection()[0], keys)


def _of(connection: Connection, keys: KeyPair | None) -> HostAddress:
    return HostAddress(
        requests=connection.requests,
        control=connection.control,
        token=connection.token,
        server_key=connection.curve_server_key,
        keys=keys,
    )
