"""Where a host listens: three ports of one address."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from npc_sdk.errors import RequestError

DEFAULT_ENDPOINT: Final = "tcp://127.0.0.1:*"

_SHAPE = re.compile(r"tcp://(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:/]+):(?P<port>\*|[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address to listen at.

    Args:
        host: A numeric address, IPv6 in brackets, or ``*`` for all.
        port: The port for requests; control and telemetry take the next two. None takes free ones.
    """

    host: str
    port: int | None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host != "*" and ipaddress.ip_address(self.host.strip("[]")).is_loopback

    def bound(self, offset: int) -> str:
        """Return what to bind a socket to.

        Args:
            offset: 0 for requests, 1 for control, 2 for telemetry.
        """
        return f"tcp://{self.host}:{'*' if self.port is None else self.port + offset}"


def read_endpoint(text: str) -> Endpoint:
    """Return the endpoint in a text such as ``tcp://127.0.0.1:*`` or ``tcp://[::1]:7000``.

    Raises:
        RequestError: It cannot be used (``bad_endpoint``).
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise _bad(text, "it has another form")
    host = "127.0.0.1" if found["host"] == "localhost" else found["host"]
    try:
        if host != "*":
            ipaddress.ip_address(host.strip("[]"))
    except ValueError as error:
        raise _bad(text, "its host is no numeric address") from error
    port = None if found["port"] in ("*", "0") else int(found["port"])
    if port is not None and port > 65_533:
        raise _bad(text, "its port leaves no room for two more")
    return Endpoint(host, port)


def _bad(text: str, reason: str) -> RequestError:
    return RequestError(
        f"The endpoint {text!r:.200} cannot be used: {reason}.",
        f"Write it as {DEFAULT_ENDPOINT} (a free port) or tcp://127.0.0.1:7000.",
        code="bad_endpoint",
        endpoint=text[:200],
    )
