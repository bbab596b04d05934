"""The golden vectors: current, and codec and cores agree with them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.errors import ProtocolError, from_dict
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import TAG, decode, encode
from npc_sdk.wire.host_core import HostCore
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits
from npc_sdk.wire.outputs import Output, Send
from npc_sdk.wire.peer import Peer
from npc_sdk.wire.peer_outputs import Connect, Item, Lost, Over, PeerOutput, Stopped, ToHost

FOLDER = Path(__file__).parents[2] / "bindings" / "vectors"
MESSAGES = json.loads((FOLDER / "messages.json").read_text(encoding="utf-8"))
EXCHANGES = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in FOLDER.glob("exchange-*.json")}

Step = dict[str, Any]


def frames_of(vector: Step) -> list[bytes]:
    return [bytes.fromhex(frame) for frame in vector["frames"]]


def names(vectors: list[Step]) -> list[str]:
    return [vector["name"] for vector in vectors]


def plain(message: m.Message) -> Any:
    return message.model_dump(mode="json", exclude_none=True)


def test_the_files_are_current() -> None:
    command = [sys.executable, str(FOLDER / "make_vectors.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_limits_are_those_that_the_vectors_were_made_with() -> None:
    assert Limits.from_dict(MESSAGES["limits"]) == DEFAULT_LIMITS
    assert MESSAGES["protocol"] == m.PROTOCOL


@pytest.mark.parametrize("vector", MESSAGES["accept"], ids=names(MESSAGES["accept"]))
def test_what_must_be_accepted(vector: Step) -> None:
    message = decode(frames_of(vector), DEFAULT_LIMITS, vector["direction"])
    assert plain(message) == vector["message"]
    assert decode(encode(message), DEFAULT_LIMITS, vector["direction"]) == message


@pytest.mark.parametrize("vector", MESSAGES["refuse"], ids=names(MESSAGES["refuse"]))
def test_what_must_be_refused(vector: Step) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(frames_of(vector), DEFAULT_LIMITS, vector["direction"])
    assert caught.value.code == vector["code"]
    for name in ("id", "type"):
        assert caught.value.details.get(name) == vector.get(name)


def test_every_refusal_of_the_decoder_has_a_vector() -> None:
    codes = {vector["code"] for vector in MESSAGES["refuse"]}
    by_size = {"too_large", "too_many_values"}
    assert codes | by_size == {
        *by_size,
        "bad_encoding",
        "bad_frames",
        "bad_message",
        "bad_tag",
        "too_deep",
        "unknown_type",
        "wrong_channel",
        "wrong_version",
    }


@pytest.fixture
def exchange_module(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(FOLDER))
    import exchange

    return exchange


class HostSide:
    """Plays the steps of an exchange to a host's core, and compares what it sends to the byte.

    Args:
        make_core: Returns the host after so many restarts.
    """

    def __init__(self, make_core: Any) -> None:
        self.make_core = make_core
        self.core: HostCore = make_core(0)
        self.restarts = self.connection = self.lost = 0
        self.now_ms = 0.0
        self.session = ""
        self.sent: deque[tuple[str, list[str]]] = deque()

    def play(self, step: Step) -> None:
        """Do one step."""
        kind = step["step"]
        if kind == "client" and "is_lost" not in step:
            route = self.connection.to_bytes(2, "big")
            self.take(self.core.receive(step["channel"], route, frames_of(step), self.now_ms))
        elif kind == "host":
            assert self.sent.popleft() == (step["channel"], step["frames"])
        elif kind == "runtime":
            self.runtime(step)
        elif kind == "time":
            self.now_ms = step["now_ms"]
            self.take(self.core.tick(self.now_ms))
        elif kind == "lost":
            self.lost = step["count"]
        elif kind in ("connection", "restart"):
            self.connection += 1
            if kind == "restart":
                self.restarts += 1
                self.core = self.make_core(self.restarts)

    def runtime(self, step: Step) -> None:
        """Have the runtime tell something."""
        core, session, id = self.core, self.session, step.get("id", 0)
        if "emit" in step:
            body = m.Event.model_validate({"id": id, "seq": 0, "event": step["emit"]}).event
            self.take(core.emit(session, id, body, self.now_ms))
        elif "finish" in step:
            result = m.End.model_validate({"id": id, "seq": 0, "result": step["finish"]}).result
            self.take(core.finish(session, id, result, self.now_ms))
        elif "fail" in step:
            self.take(core.fail(session, id, from_dict(step["fail"]), self.now_ms))
        else:
            self.take(core.notify(None, step["notify"]["kind"], step["notify"]["data"], self.now_ms))

    def take(self, outputs: list[Output]) -> None:
        """Keep what the core sends."""
        for output in outputs:
            if not isinstance(output, Send):
                self.session = getattr(output, "session", self.session)
            elif self.lost:
                self.lost -= 1
            else:
                self.sent.append((output.channel, [frame.hex() for frame in output.frames]))


class ClientSide:
    """Plays the steps of an exchange to a client's core, and compares what it sends and tells.

    Args:
        peer: The client.
    """

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.now_ms = 0.0
        self.sent: deque[Step] = deque()
        self.take(peer.start(0.0))

    def play(self, step: Step) -> None:
        """Do one step."""
        kind = step["step"]
        if kind == "host":
            self.take(self.peer.receive(step["channel"], frames_of(step), self.now_ms))
        elif kind == "game":
            self.game(step)
        elif kind == "time":
            self.now_ms = step["now_ms"]
            self.take(self.peer.tick(self.now_ms))
        elif kind in ("told", "client") and "by_hand" not in step:
            self.expect({key: value for key, value in step.items() if key != "is_lost"})
        elif kind == "connection" and step["by"] == "client":
            self.expect({"step": "connection"})

    def expect(self, step: Step) -> None:
        """Compare a step with the next of its kind."""
        found = next(one for one in self.sent if one["step"] == step["step"])
        self.sent.remove(found)
        assert found == step

    def game(self, step: Step) -> None:
        """Have the game ask something."""
        if "ask" in step:
            ask = step["ask"]
            body = encode_plain(ask)
            request = decode([TAG, body], DEFAULT_LIMITS, "to_host")
            assert isinstance(request, m.Request)
            self.take(self.peer.ask(request, self.now_ms))
        elif "cancel" in step:
            self.take(self.peer.cancel(step["cancel"], self.now_ms))
        else:
            self.take(self.peer.close(self.now_ms, forget=step["close"]))

    def take(self, outputs: list[PeerOutput]) -> None:
        """Keep what the core sends and tells."""
        self.sent.extend(step for output in outputs if (step := client_step(output)) is not None)


def encode_plain(data: Step) -> bytes:
    import msgpack

    packed: bytes = msgpack.packb(data)
    return packed


def client_step(output: PeerOutput) -> Step | None:
    """Return an output as it stands in an exchange."""
    if isinstance(output, ToHost):
        direction = "to_host" if output.channel == "requests" else "to_host_control"
        message = decode(output.frames, DEFAULT_LIMITS, direction)  # type: ignore[arg-type]
        frames = [frame.hex() for frame in output.frames]
        return {"step": "client", "channel": output.channel, "frames": frames, "message": plain(message)}
    if isinstance(output, Connect):
        return {"step": "connection"}
    if isinstance(output, Item):
        event = output.event.model_dump(mode="json", exclude_none=True)
        return {"step": "told", "what": "item", "id": output.id, "event": event}
    if isinstance(output, Over):
        over = {"step": "told", "what": "over", "id": output.id, "is_local": output.is_local}
        return over if output.error is None else {**over, "code": output.error.code}
    if isinstance(output, (Lost, Stopped)):
        return {"step": "told", "what": type(output).__name__.lower(), "code": output.failure.code}
    return None


@pytest.mark.parametrize("name", sorted(EXCHANGES))
def test_the_host_answers_as_written(name: str, exchange_module: Any) -> None:
    token = EXCHANGES[name]["token"]
    side = HostSide(lambda number: exchange_module.make_core(number, token))
    for step in EXCHANGES[name]["steps"]:
        side.play(step)
    assert not side.sent


@pytest.mark.parametrize("name", sorted(EXCHANGES))
def test_the_client_speaks_as_written(name: str, exchange_module: Any) -> None:
    side = ClientSide(exchange_module.make_peer())
    for step in EXCHANGES[name]["steps"]:
        side.play(step)
    assert not side.sent


def test_there_is_an_exchange_for_every_diagram() -> None:
    assert set(EXCHANGES) >= {
        f"exchange-{name}"
        for name in ("normal", "action", "interrupted", "deadline", "engine-restart", "reconnect", "host-restarted")
    }
