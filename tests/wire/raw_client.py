"""A client of bare sockets, for tests of the host that need no other code of ours than the codec."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable
from typing import Any

import zmq

from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import TAG, decode, encode
from npc_sdk.wire.connection_file import Connection
from npc_sdk.wire.keys import KeyPair
from npc_sdk.wire.limits import DEFAULT_LIMITS

WAIT_S = 20.0


class RawClient:
    """Says hello and then whatever a test says.

    Args:
        connection: The host.
        keys: Keys of the client, when the host asks for some.
        owner_key: Whose characters these are.
        hello: Whether to open a session at once.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        keys: KeyPair | None = None,
        owner_key: str | None = None,
        hello: bool = True,
        token: str | None = None,
    ) -> None:
        self.connection = connection
        self.context = zmq.Context()
        self.requests = self._socket(connection.requests, keys)
        self.control = self._socket(connection.control, keys)
        self.owner_key = owner_key
        self.instance = secrets.token_urlsafe(16)
        self.token = connection.token if token is None else token
        self.session = ""
        self.attempts = itertools.count(1)
        self.ids = itertools.count(1)
        self.seen: list[Any] = []
        if hello:
            self.hello()

    def _socket(self, endpoint: str, keys: KeyPair | None) -> zmq.Socket[bytes]:
        made = self.context.socket(zmq.DEALER)
        made.setsockopt(zmq.LINGER, 0)
        if self.connection.curve_server_key is not None and keys is not None:
            made.curve_serverkey = self.connection.curve_server_key.encode()
            made.curve_publickey = keys.public.encode()
            made.curve_secretkey = keys.secret.encode()
        made.connect(endpoint)
        return made

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop the connection without a word."""
        self.requests.close(0)
        self.control.close(0)
        self.context.term()

    def send(self, message: m.Message) -> None:
        """Send on the requests channel."""
        self.requests.send_multipart(encode(message))

    def receive(self, timeout_s: float = WAIT_S, *, channel: str = "requests") -> Any:
        """Return the next message of a channel, or None when the time is up."""
        socket = self.requests if channel == "requests" else self.control
        if not socket.poll(timeout_s * 1000):
            return None
        direction = "to_client" if channel == "requests" else "to_client_control"
        message = decode(socket.recv_multipart(), DEFAULT_LIMITS, direction)  # type: ignore[arg-type]
        self.seen.append(message)
        return message

    def until(self, is_it: Callable[[Any], bool], timeout_s: float = WAIT_S, *, channel: str = "requests") -> Any:
        """Return the first message for which something holds; what comes before it stays in ``seen``."""
        end_s = time.monotonic() + timeout_s
        pinged_s = time.monotonic()
        while (left_s := end_s - time.monotonic()) > 0:
            if time.monotonic() - pinged_s > 1.0 and self.session:
                pinged_s = time.monotonic()
                self.send(m.Ping(n=0))
                self.control.send_multipart(encode(m.Ping(n=0)))
            message = self.receive(min(left_s, 0.5), channel=channel)
            if message is not None and is_it(message):
                return message
        raise AssertionError(f"It did not come; there was {self.seen[-5:]}")

    def hello(self, resume: dict[int, int] | None = None) -> m.Welcome:
        """Open a session, or take it up again."""
        points = tuple(m.StreamPoint(id=id, next_seq=seq) for id, seq in (resume or {}).items())
        attempt = next(self.attempts)
        self.send(
            m.Hello(
                attempt=attempt,
                protocol=m.PROTOCOL,
                instance=self.instance,
                token=self.token,
                owner_key=self.owner_key,
                resume=points,
            )
        )
        welcome = self.until(lambda message: isinstance(message, (m.Welcome, m.Refused)))
        assert isinstance(welcome, m.Welcome), welcome
        self.owner_key, self.session = welcome.owner_key, welcome.session
        attach = m.Attach(attempt=attempt, session=welcome.session, owner_key=welcome.owner_key)
        self.control.send_multipart(encode(attach))
        self.until(lambda message: isinstance(message, m.Attached), channel="control")
        return welcome

    def ask(self, make: Callable[..., m.Request], **fields: Any) -> int:
        """Send a request and return its id."""
        request = make(id=next(self.ids), **fields)
        self.send(request)
        return request.id

    def end(self, id: int, timeout_s: float = WAIT_S) -> Any:
        """Return the last item of a request's stream."""
        for message in self.seen:
            if isinstance(message, (m.End, m.Error)) and message.id == id:
                return message
        return self.until(lambda message: isinstance(message, (m.End, m.Error)) and message.id == id, timeout_s)

    def do(self, make: Callable[..., m.Request], **fields: Any) -> Any:
        """Send a request and return what it comes to."""
        end = self.end(self.ask(make, **fields))
        assert isinstance(end, m.End), end
        return end.result

    def refused(self, make: Callable[..., m.Request], **fields: Any) -> m.Failure:
        """Send a request and return why it fails."""
        error = self.end(self.ask(make, **fields))
        assert isinstance(error, m.Error), error
        return error.error

    def spawn(self, name: str = "Bron", **fields: Any) -> Any:
        """Bring in a character."""
        persona = m.Reference(value={"name": name, "role": "the gate guard", "greeting": "Halt!", "fallback": ["Hm."]})
        return self.do(m.NpcSpawn, **{"persona": persona, **fields})

    def stream(self, id: int) -> list[Any]:
        """Return all items of a request's stream that have come."""
        items = [message for message in self.seen if getattr(message, "id", None) == id and hasattr(message, "seq")]
        return [item for item in items if isinstance(item, (m.Event, m.End, m.Error))]

    def notice(self, kind: str) -> dict[str, Any]:
        """Return the data of the first news of a kind, waiting for it."""

        def is_it(message: Any) -> bool:
            return isinstance(message, m.Notice) and message.notice.kind == kind

        found = next((message for message in self.seen if is_it(message)), None)
        return dict((found or self.until(is_it)).notice.data)

    def status(self) -> dict[str, Any]:
        """Return the figures of the host."""
        self.control.send_multipart(encode(m.StatusAsk(n=7)))
        reply = self.until(lambda message: isinstance(message, m.StatusReply), channel="control")
        return dict(reply.status)

    def cancel(self, id: int) -> None:
        """End a request now."""
        self.control.send_multipart(encode(m.Cancel(id=id)))


__all__ = ["TAG", "RawClient"]
