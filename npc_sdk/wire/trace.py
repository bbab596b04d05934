"""Draws what a host does on one time axis: game frames, turns, requests to the engine, and calls of llama.cpp."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgpack

from npc_sdk.engine.request import Ended, EngineCost, EngineDown, EngineUp, Event, Failed, Request
from npc_sdk.engine.step_log import EngineCall
from npc_sdk.errors import NpcError
from npc_sdk.wire.lanes import Lane, Lanes
from npc_sdk.wire.outputs import Channel
from npc_sdk.wire.tap import HostFacts, HostTap
from npc_sdk.wire.trace_file import MOST_BYTES, TraceEvent, TraceFile

GAME, CHARACTERS, ENGINE = 1, 2, 3
GROUPS: Final = {GAME: "game frames", CHARACTERS: "characters", ENGINE: "engine"}
CALLS_TID: Final = 1
MOST_ROUTES: Final = 4096
MOST_SPANS: Final = 16_384
MOST_LANES: Final = 4096
_LONGEST_MS: Final = 600_000.0
_SPANS: Final = {"npc.say": "turn", "npc.decide": "decision", "npc.spawn": "spawn"}
_COUNTERS: Final = {"talking": ("talking",), "waiting": ("stats", "waiting"), "tokens/s": ("recent", "tokens_per_s")}


@dataclass(slots=True)
class _Span:
    """Something that has begun."""

    key: Hashable
    lane: Lane
    name: str
    begun_us: float
    args: dict[str, Any]
    has_spoken: bool = False


class Trace(HostTap):
    """Writes a trace for Perfetto; every method may be called from any thread.

    Args:
        file: Where.
        most_bytes: Size of one file; see :class:`~npc_sdk.wire.trace_file.TraceFile`.

    Raises:
        CapacityError: The file cannot be written (``file_unusable``).
    """

    def __init__(self, file: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._lock = threading.Lock()
        self._facts: HostFacts | None = None
        self._zero_ms = 0.0
        self._sessions: dict[bytes, str] = {}
        self._frames_end_us: dict[int, float] = {}
        self._game_tids: dict[str, int] = {}
        self._calls_end_us = 0.0
        self._turns: dict[Hashable, _Span] = {}
        self._requests: dict[int, _Span] = {}
        self._characters = Lanes(CHARACTERS)
        self._engine = Lanes(ENGINE, first=CALLS_TID + 1)
        self._file = TraceFile(file, preamble=self._preamble, on_failure=self._failed, most_bytes=most_bytes)

    @property
    def wants_calls(self) -> bool:
        """Always: they are a track."""
        return True

    def begin(self, facts: HostFacts) -> None:
        """Begin to count the time."""
        with self._lock:
            self._facts = facts
            self._zero_ms = facts.now_ms()
            self._instant(self._now_us(), ENGINE, CALLS_TID, "host started", {}, scope="g")

    def close(self) -> None:
        """Complete the file."""
        with self._lock:
            self._file.close()

    # Messages

    def received(self, channel: Channel, route: bytes, frames: Sequence[bytes], now_ms: float) -> None:
        """Begin a span, or draw a frame."""
        message = _read(frames)
        with self._lock:
            session = self._sessions.get(route)
            if session is None:
                return
            kind = _text(message, "type")
            if channel == "control" and kind == "frame":
                self._frame(session, message, self._us(now_ms))
            elif channel == "requests" and kind in _SPANS:
                self._begin_turn(session, message, self._us(now_ms))

    def sent(self, channel: Channel, route: bytes, frames: Sequence[bytes], now_ms: float) -> None:
        """End a span, or mark what happens in it."""
        message = _read(frames)
        with self._lock:
            at_us = self._us(now_ms)
            kind = message.get("type")
            if kind in ("welcome", "attached"):
                self._bind(route, str(message.get("session")))
            elif kind == "event":
                self._mark(self._sessions.get(route, ""), message, at_us)
            elif kind in ("end", "error"):
                self._end_turn((self._sessions.get(route, ""), message.get("id")), message, at_us)
            elif kind == "session.ended":
                self._end_session(self._sessions.pop(route, ""), at_us)

    def _bind(self, route: bytes, session: str) -> None:
        self._sessions[route] = session
        if len(self._sessions) > MOST_ROUTES:
            # The oldest connection; nobody has that many at once.
            del self._sessions[next(iter(self._sessions))]

    def _frame(self, session: str, message: Mapping[str, Any], at_us: float) -> None:
        measured_ms, target_ms = _milliseconds(message, "measured_ms"), _milliseconds(message, "target_ms")
        if measured_ms is None:
            return
        if session not in self._game_tids:
            self._game_tids[session] = len(self._game_tids) + 1
            self._file.add(_game_track(self._game_tids[session]))
        tid = self._game_tids[session]
        begun_us = max(at_us - measured_ms * 1000.0, self._frames_end_us.get(tid, 0.0), 0.0)
        self._frames_end_us[tid] = max(begun_us, at_us)
        args = {"measured_ms": measured_ms, "target_ms": target_ms, "mode": _text(message, "mode")[:32]}
        self._complete(begun_us, max(0.0, at_us - begun_us), GAME, tid, "frame", args)

    def _begin_turn(self, session: str, message: Mapping[str, Any], at_us: float) -> None:
        id = message.get("id")
        if not isinstance(id, int) or (session, id) in self._turns or len(self._turns) >= MOST_SPANS:
            return
        name = _SPANS[message["type"]]
        who = (_text(message, "npc") or _text(message, "name"))[:80]
        key: Hashable = (session, who) if len(self._characters.all) < MOST_LANES else None
        lane, is_new = self._characters.take(key, who or "spawning")
        if is_new:
            self._file.add(_named("thread_name", lane.name, lane.pid, lane.tid))
        args = {"session": session, "id": id}
        span = _Span(key, lane, name, at_us, args)
        self._file.add(_begun(span))
        self._turns[session, id] = span

    def _mark(self, session: str, message: Mapping[str, Any], at_us: float) -> None:
        span = self._turns.get((session, message.get("id")))
        event = message.get("event") or {}
        if span is None:
            return
        if event.get("kind") == "action":
            self._instant(at_us, span.lane.pid, span.lane.tid, f"action {event.get('name')}", {})
        elif event.get("kind") == "speech" and not span.has_spoken:
            span.has_spoken = True
            self._instant(at_us, span.lane.pid, span.lane.tid, "first words", {})

    def _end_turn(self, key: Hashable, message: Mapping[str, Any], at_us: float) -> None:
        span = self._turns.get(key)
        if span is None:
            return
        outcome = message.get("result") or message.get("error") or {}
        args = {name: outcome[name] for name in ("source", "why", "calls", "code") if name in outcome}
        self._end(span, at_us, args)
        del self._turns[key]
        self._characters.give_back(span.key, span.lane)

    def _end_session(self, session: str, at_us: float) -> None:
        for key, span in list(self._turns.items()):
            if span.args["session"] == session:
                self._end_turn(key, {"error": {"code": "session.ended"}}, at_us)

    # The engine

    def asked(self, request: Request) -> None:
        """Begin a request's span."""
        with self._lock:
            lane, is_new = self._engine.take("requests", "requests")
            if is_new:
                self._file.add(_named("thread_name", f"requests {lane.tid - CALLS_TID}", lane.pid, lane.tid))
            args = {"id": request.id, "npc": request.sequence.partition(":")[2] or request.sequence}
            args |= {"prompt_tokens": len(request.tokens), "priority": request.priority.name.lower()}
            span = _Span("requests", lane, request.kind, self._now_us(), args)
            self._file.add(_begun(span))
            self._requests[request.id] = span

    def told(self, event: Event) -> None:
        """End a request's span."""
        with self._lock:
            at_us = self._now_us()
            if isinstance(event, (Ended, Failed)):
                self._end_request(event, at_us)
            elif isinstance(event, EngineDown):
                self._instant(at_us, ENGINE, CALLS_TID, "engine down", {"code": event.error.code}, scope="g")
            elif isinstance(event, EngineUp):
                self._instant(at_us, ENGINE, CALLS_TID, "engine up", {"restarts": event.restarts}, scope="g")

    def _end_request(self, event: Ended | Failed, at_us: float) -> None:
        span = self._requests.get(event.id)
        if span is None:
            return
        for name, begun_us, spent_us in _phases(event.cost, span.begun_us, at_us):
            self._complete(begun_us, spent_us, span.lane.pid, span.lane.tid, name, {})
        cost = event.cost
        args = {"cached": cost.tokens_cached, "read": cost.tokens_read, "sampled": cost.tokens_sampled}
        args |= {"forced": cost.tokens_forced}
        self._end(span, at_us, {**args, "why": event.reason if isinstance(event, Ended) else event.error.code})
        del self._requests[event.id]
        self._engine.give_back(span.key, span.lane)

    def called(self, calls: Sequence[EngineCall]) -> None:
        """Draw calls of llama.cpp."""
        with self._lock:
            now_us = self._now_us()
            for call in calls:
                ended_us = max(now_us - call.age_ms * 1000.0, self._calls_end_us)
                begun_us = max(ended_us - call.spent_ms * 1000.0, self._calls_end_us)
                self._calls_end_us = ended_us
                name = "read" if call.is_reading else "speak"
                args = {"tokens": call.tokens, "rows": call.rows}
                self._complete(begun_us, ended_us - begun_us, ENGINE, CALLS_TID, name, args)

    # Figures

    def published(self, kind: str, data: Mapping[str, Any], now_ms: float) -> None:
        """Draw counters and news."""
        with self._lock:
            at_us = self._us(now_ms)
            if kind == "status":
                for name, path in _COUNTERS.items():
                    value = _found(data, path)
                    if value is not None:
                        self._file.add(_event("C", at_us, ENGINE, CALLS_TID, name, {"value": value}))
                self._file.flush()
            elif kind == "news":
                self._instant(at_us, CHARACTERS, 0, str(data.get("event")), {}, scope="g")

    # Writing; the lock is held. What has begun is known from its first event until after its last one, since each
    # may be the one with which a new file begins.

    def _preamble(self) -> Iterator[TraceEvent]:
        """Yield what every file begins with: names, and what had begun before."""
        for pid, name in GROUPS.items():
            yield _named("process_name", name, pid, 0)
            yield {**_event("M", 0.0, pid, 0, "process_sort_index"), "args": {"sort_index": pid}}
        yield _named("thread_name", "llama.cpp", ENGINE, CALLS_TID)
        for tid in self._game_tids.values():
            yield _game_track(tid)
        for lane in (*self._characters.all, *self._engine.all):
            yield _named("thread_name", lane.name, lane.pid, lane.tid)
        for span in (*self._turns.values(), *self._requests.values()):
            yield _begun(span)

    def _complete(
        self, begun_us: float, spent_us: float, pid: int, tid: int, name: str, args: Mapping[str, Any]
    ) -> None:
        self._file.add({**_event("X", begun_us, pid, tid, name, args), "dur": round(spent_us, 3)})

    def _instant(
        self, at_us: float, pid: int, tid: int, name: str, args: Mapping[str, Any], *, scope: str = "t"
    ) -> None:
        self._file.add({**_event("i", at_us, pid, tid, name, args), "s": scope})

    def _end(self, span: _Span, at_us: float, args: Mapping[str, Any]) -> None:
        self._file.add(_event("E", max(at_us, span.begun_us), span.lane.pid, span.lane.tid, span.name, args))

    def _us(self, now_ms: float) -> float:
        return max(0.0, (now_ms - self._zero_ms) * 1000.0)

    def _now_us(self) -> float:
        return 0.0 if self._facts is None else self._us(self._facts.now_ms())

    def _failed(self, error: NpcError) -> None:
        if self._facts is not None:
            self._facts.report("trace_failed", {"error": error.to_dict()})


def _phases(cost: EngineCost, begun_us: float, ended_us: float) -> Iterator[tuple[str, float, float]]:
    """Yield the parts of a request's time, one after the other and inside its span."""
    at_us = begun_us
    for name, ms in (("wait", cost.queue_ms), ("read", cost.read_ms), ("speak", cost.decode_ms)):
        spent_us = min(ms * 1000.0, ended_us - at_us)
        if spent_us > 0:
            yield name, at_us, spent_us
            at_us += spent_us


def _event(
    ph: str, at_us: float, pid: int, tid: int, name: str, args: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    event = {"ph": ph, "ts": round(at_us, 3), "pid": pid, "tid": tid, "name": name, "cat": GROUPS[pid]}
    return event if args is None else {**event, "args": dict(args)}


def _begun(span: _Span) -> TraceEvent:
    return _event("B", span.begun_us, span.lane.pid, span.lane.tid, span.name, span.args)


def _named(what: str, name: str, pid: int, tid: int) -> TraceEvent:
    return _event("M", 0.0, pid, tid, what, {"name": name})


def _game_track(tid: int) -> TraceEvent:
    return _named("thread_name", f"frames of game {tid}", GAME, tid)


def _found(data: Mapping[str, Any], path: Sequence[str]) -> float | None:
    value: Any = data
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, (int, float)) else None


def _text(message: Mapping[str, Any], name: str) -> str:
    value = message.get(name)
    return value if isinstance(value, str) else ""


def _milliseconds(message: Mapping[str, Any], name: str) -> float | None:
    value = message.get(name)
    return float(value) if isinstance(value, (int, float)) and 0 <= value <= _LONGEST_MS else None


def _read(frames: Sequence[bytes]) -> Mapping[str, Any]:
    """Return the message that frames hold, as far as it is one."""
    try:
        message = msgpack.unpackb(frames[-1], raw=False) if frames else None
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException):
        message = None
    return message if isinstance(message, dict) else {}
