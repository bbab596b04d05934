"""What crosses the pipe comes out as it went in."""

from __future__ import annotations

import io
import string
from dataclasses import replace
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine import codec
from npc_sdk.engine.engine import EngineConfig, EngineInfo, EngineStats
from npc_sdk.engine.request import (
    Boundary,
    Constraint,
    Ended,
    EngineCost,
    EngineDown,
    EngineUp,
    Failed,
    PrefixKind,
    Priority,
    Reconfigured,
    Request,
    Sampling,
    Scored,
    Suspended,
    Thinking,
    TokensOut,
)
from npc_sdk.errors import BackendError, CapacityError, NpcError, PromptError, ProtocolError

TOKENS = st.lists(st.integers(0, 2**31 - 1), max_size=20).map(tuple)
TEXT = st.text(max_size=20)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
REQUESTS = st.builds(
    Request,
    id=st.integers(0, 2**63),
    sequence=TEXT,
    kind=st.sampled_from(["generate", "score", "read"]),
    tokens=TOKENS,
    boundaries=st.lists(st.builds(Boundary, st.integers(1, 100), st.sampled_from(PrefixKind)), max_size=3).map(tuple),
    priority=st.sampled_from(Priority),
    deadline_ms=st.none() | NUMBER,
    max_tokens=st.integers(0, 1000),
    sampling=st.builds(Sampling, temperature=NUMBER, top_k=st.integers(0, 100), seed=st.integers(0, 2**32 - 1)),
    stop=st.lists(TEXT, max_size=3).map(tuple),
    constraint=st.none() | st.builds(Constraint, trigger=TEXT, grammar=TEXT, fast_forward=st.booleans()),
    thinking=st.none() | st.builds(Thinking, budget=st.none() | st.integers(0, 99), end=TEXT, forced=TOKENS),
    labels=TOKENS,
    generated=TOKENS,
)
COSTS = st.builds(EngineCost, queue_ms=NUMBER, tokens_read=st.integers(0, 99), state_from=st.sampled_from(["slot"]))
CONFIGS = st.builds(
    EngineConfig,
    model_path=TEXT,
    slots=st.integers(1, 9),
    parked_folder=st.none() | TEXT,
    device=st.sampled_from([None, "GPU-5ae1"]),
)
REASONS = st.sampled_from(["stop", "length", "cancelled", "deadline", "read", "scored"])


def through_the_pipe(message: list[Any]) -> list[Any]:
    stream = io.BytesIO()
    codec.write_frame(stream, message)
    stream.seek(0)
    result = codec.read_frame(stream)
    assert result is not None and stream.read() == b""
    return result


@given(REQUESTS)
@settings(max_examples=100, deadline=None)
def test_requests(request: Request) -> None:
    assert codec.unpack_request(through_the_pipe(["submit", codec.pack_request(request)])[1]) == request


@given(
    st.one_of(
        st.builds(TokensOut, st.integers(0, 99), TOKENS, st.binary(max_size=30)),
        st.builds(Scored, st.integers(0, 99), st.lists(NUMBER, max_size=5).map(tuple)),
        st.builds(Ended, st.integers(0, 99), REASONS, COSTS),
        st.builds(EngineUp, st.integers(0, 99)),
        st.builds(
            Reconfigured, config=CONFIGS, parked_bytes=st.integers(0, 9), park_ms=NUMBER, is_suspended=st.booleans()
        ),
        st.builds(Suspended, parked_bytes=st.integers(0, 9), change_ms=NUMBER),
    )
)
@settings(max_examples=100, deadline=None)
def test_events(event: TokensOut | Scored | Ended | EngineUp) -> None:
    assert codec.unpack_event(through_the_pipe(codec.pack_event(event))) == event


@pytest.mark.parametrize(
    "error", [PromptError("Why.", "What.", code="x", tokens=3), CapacityError("No."), NpcError("?")]
)
def test_errors_keep_their_class_code_and_details(error: NpcError) -> None:
    failed = codec.unpack_event(through_the_pipe(codec.pack_event(Failed(7, error, EngineCost(read_ms=1.5)))))
    assert isinstance(failed, Failed) and failed.cost == EngineCost(read_ms=1.5)
    assert type(failed.error) is type(error)
    assert failed.error.to_dict() == error.to_dict()
    down = codec.unpack_event(through_the_pipe(codec.pack_event(EngineDown(error, True))))
    assert isinstance(down, EngineDown) and down.is_final and down.error.to_dict() == error.to_dict()


def test_a_change_that_failed_keeps_its_error() -> None:
    event = Reconfigured(config=EngineConfig(model_path="x"), error=CapacityError("No.", code="x", bytes=3))
    back = codec.unpack_event(through_the_pipe(codec.pack_event(event)))
    assert isinstance(back, Reconfigured) and back.config == event.config and back.error is not None
    assert isinstance(back.error, CapacityError) and back.error.details == {"bytes": 3}


@given(st.floats(1, 1000), st.none() | st.floats(0.1, 9000), st.sampled_from(["menu", "combat"]))
def test_hints(target_ms: float, measured_ms: float | None, mode: Any) -> None:
    hint = FrameHint(target_ms=target_ms, measured_ms=measured_ms, mode=mode)
    assert codec.unpack_hint(through_the_pipe(["frame", codec.pack_hint(hint)])[1]) == hint


def test_pacing() -> None:
    pacing = PacingConfig(device="cpu", floor_tokens_per_s=3.0, quantum_max=7)
    assert codec.unpack_pacing(through_the_pipe(["pace", codec.pack_pacing(pacing)])[1]) == pacing


def test_settings_and_figures() -> None:
    config = EngineConfig(model_path="a.gguf", slots=9, parked_folder="x")
    info = EngineInfo(
        model_name="m", fingerprint="f", slots=1, cells=2, max_sequence_tokens=3, is_hybrid=True, load_ms=1.5
    )
    stats = replace(EngineStats(), steps=7, own_ms=0.25)
    assert codec.unpack_config(through_the_pipe(["x", codec.pack_config(config)])[1]) == config
    assert codec.unpack_info(through_the_pipe(["x", codec.pack_info(info)])[1]) == info
    assert codec.unpack_stats(through_the_pipe(["x", codec.pack_stats(stats)])[1]) == stats


def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(ProtocolError) as caught:
        codec.unpack_event(["sung", 1])
    assert caught.value.code == "unknown_event"


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_rubbish_is_a_typed_error_or_the_end(data: bytes) -> None:
    try:
        message = codec.read_frame(io.BytesIO(data))
    except ProtocolError as error:
        assert error.code in {"frame_too_large", "bad_frame"}
    else:
        assert message is None or isinstance(message[0], str)


@pytest.mark.parametrize(
    "body", [msgpack.packb({"a": 1}), msgpack.packb([]), msgpack.packb([1]), b"\xc1", b"\x91" * 4000]
)
def test_a_whole_frame_without_a_message_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        codec.read_frame(io.BytesIO(len(body).to_bytes(4, "little") + body))
    assert caught.value.code == "bad_frame"


def test_a_frame_that_claims_gigabytes_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProtocolError) as caught:
        codec.read_frame(io.BytesIO(b"\xff\xff\xff\xff" + b"x" * 10))
    assert caught.value.code == "frame_too_large"


def test_a_torn_frame_is_the_end() -> None:
    stream = io.BytesIO()
    codec.write_frame(stream, ["cancel", 3])
    for length in range(len(stream.getvalue())):
        assert codec.read_frame(io.BytesIO(stream.getvalue()[:length])) is None


class Dripping(io.BytesIO):
    """Gives one byte at a time, as a pipe may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(1, size if size is not None else 1))


def test_a_frame_may_come_in_pieces() -> None:
    stream = Dripping()
    codec.write_frame(stream, ["cancel", string.ascii_letters])
    stream.seek(0)
    assert codec.read_frame(stream) == ["cancel", string.ascii_letters]


def test_errors_of_one_class_are_found_by_name() -> None:
    packed = codec.pack_event(Failed(1, BackendError("x", code="decode_failed"), EngineCost()))
    assert isinstance(codec.unpack_event(packed).error, BackendError)  # type: ignore[union-attr]
