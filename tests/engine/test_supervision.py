"""Whatever is asked of an engine and whatever becomes of its processes, each request ends once and nothing hangs.

The process is a stand-in without a model, so that thousands of its lives pass in seconds.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Listener

from npc_sdk.engine import codec, process, supervision
from npc_sdk.engine.engine import EngineConfig, EngineInfo
from npc_sdk.engine.process import ProcessEngine
from npc_sdk.engine.request import (
    Ended,
    EngineCost,
    EngineDown,
    EngineUp,
    Event,
    Failed,
    Reconfigured,
    Request,
    Suspended,
    TokensOut,
)
from npc_sdk.errors import CapacityError, EngineCrashError, ModelError

WAIT_S = 20.0
REFUSED_LAYERS, DYING_LAYERS, TOO_MANY_SLOTS = 13, 14, 99


class StandIn:
    """Follows ``ChildProcess``: answers the commands of the host from memory.

    A request of sequence ``slow`` gives one token and goes on for ever; others end at once.
    """

    lives: list[StandIn]
    is_slow_to_load = False
    never_leaves = False

    def __init__(self, config: EngineConfig) -> None:
        self.config = config
        self.frames: queue.SimpleQueue[list[Any] | None] = queue.SimpleQueue()
        self.sent: list[list[Any]] = []
        self.child = self
        self.is_dead = False
        self.pid = 1
        self.lives.append(self)
        if config.gpu_layers == REFUSED_LAYERS:
            self.frames.put(["refused", ModelError("No.", code="refused").to_dict()])
        elif config.gpu_layers == DYING_LAYERS:
            self.kill()
        elif not self.is_slow_to_load:
            self.frames.put(["ready", codec.pack_info(self.info())])

    def info(self) -> EngineInfo:
        sizes = {"slots": self.config.slots, "cells": self.config.cells}
        return EngineInfo(
            model_name="x",
            fingerprint=Path(self.config.model_path).name,
            max_sequence_tokens=9,
            is_hybrid=True,
            context_bytes=self.config.cells,
            **sizes,
        )

    def send(self, message: list[Any]) -> None:
        self.sent.append(message)
        if not self.is_dead:
            getattr(self, f"on_{message[0]}", lambda *_: None)(*message[1:])

    def on_submit(self, data: dict[str, Any], age_ms: float = 0.0) -> None:
        assert age_ms >= 0
        request = codec.unpack_request(data)
        self.tell(TokensOut(request.id, (len(request.generated),), b"x"))
        if request.sequence != "slow":
            self.tell(Ended(request.id, "stop", EngineCost()))

    def on_cancel(self, request_id: int) -> None:
        self.tell(Ended(request_id, "cancelled", EngineCost()))

    def on_reconfigure(self, data: dict[str, Any]) -> None:
        wanted = codec.unpack_config(data)
        error = CapacityError("No.", code="too_many") if wanted.slots == TOO_MANY_SLOTS else None
        self.config = self.config if error else wanted
        event = codec.pack_event(Reconfigured(config=self.config, error=error))
        self.frames.put(["events", [event], None, codec.pack_info(self.info())])

    def on_leave(self) -> None:
        if not self.never_leaves:
            self.frames.put(["left", 1.0, 77])
            self.kill()

    def on_close(self) -> None:
        self.kill()

    def tell(self, *events: Event) -> None:
        self.frames.put(["events", [codec.pack_event(event) for event in events], None, None])

    def read(self) -> list[Any] | None:
        return self.frames.get()

    def kill(self) -> None:
        self.is_dead = True
        self.frames.put(None)

    def wait(self) -> int:
        return 0

    def crash(self) -> EngineCrashError:
        return EngineCrashError("The stand-in is gone.")

    def close_pipes(self) -> None:
        pass


class Stage:
    """A process engine over stand-ins."""

    def __init__(self, path: Path) -> None:
        self.base = EngineConfig(model_path=str(path), parked_folder="/nowhere")
        self.engine = ProcessEngine(self.base)
        self.heard = Listener()
        self.asked = 0
        self.engine.start(self.heard, timeout_s=WAIT_S)

    @property
    def last(self) -> StandIn:
        return StandIn.lives[-1]

    def submit(self, sequence: str = "slow", **fields: Any) -> int:
        self.asked += 1
        self.engine.submit(Request(id=self.asked, sequence=sequence, tokens=(1,), **fields))
        return self.asked

    def close(self) -> None:
        started = time.monotonic()
        self.engine.close(timeout_s=5)
        assert time.monotonic() - started < 5
        assert not self.heard.faults
        assert set(self.heard.ends) == set(range(1, self.asked + 1)), "a request did not end"
        assert self.engine._thread is not None
        self.engine._thread.join(5)
        assert not self.engine._thread.is_alive()
        assert all(life.is_dead for life in StandIn.lives)


@pytest.fixture
def stage(tiny_hybrid_path: Path, stand_ins: None) -> Iterator[Stage]:
    stage = Stage(tiny_hybrid_path)
    yield stage
    stage.close()


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    use_stand_ins(monkeypatch)


def use_stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (process, supervision):
        monkeypatch.setattr(module, "ChildProcess", StandIn)
    monkeypatch.setattr(StandIn, "lives", [], raising=False)
    monkeypatch.setattr(StandIn, "is_slow_to_load", False)
    monkeypatch.setattr(StandIn, "never_leaves", False)


def eventually(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.002)


def test_sizes_stay_in_the_process_and_layers_take_another(stage: Stage) -> None:
    request = stage.submit()
    stage.engine.reconfigure(replace(stage.base, slots=2))
    first = stage.heard.changed()
    assert isinstance(first, Reconfigured) and first.error is None and first.config.slots == 2
    assert len(StandIn.lives) == 1 and stage.engine.info.slots == 2
    stage.engine.reconfigure(replace(stage.base, gpu_layers=3, cells=64))
    second = stage.heard.changed(2)
    assert isinstance(second, Reconfigured) and second.error is None and second.config.gpu_layers == 3
    assert second.park_ms == 1.0 and second.parked_bytes == 77
    assert (second.context_bytes_before, second.context_bytes_after) == (stage.base.cells, 64)
    assert len(StandIn.lives) == 2 and not stage.heard.news and stage.engine.stats().restarts == 0
    stage.heard.wait_until(lambda: len(stage.heard.tokens[request]) == 2)
    assert stage.heard.tokens[request] == (0, 1), "it was not run again from where it was"


def test_of_several_wishes_the_last_counts(stage: Stage) -> None:
    for layers in (3, 4, 5):
        stage.engine.reconfigure(replace(stage.base, gpu_layers=layers))
    eventually(lambda: stage.engine._config.gpu_layers == 5)
    stage.heard.wait_until(lambda: any(event.config.gpu_layers == 5 for event in stage.heard.changes))  # type: ignore[union-attr]


def test_a_wish_while_it_loads_takes_its_place(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StandIn, "is_slow_to_load", True)
    stage.engine.reconfigure(replace(stage.base, gpu_layers=3))
    eventually(lambda: len(StandIn.lives) == 2)
    loading = stage.last
    monkeypatch.setattr(StandIn, "is_slow_to_load", False)
    stage.engine.reconfigure(replace(stage.base, gpu_layers=4))
    event = stage.heard.changed()
    assert isinstance(event, Reconfigured) and event.config.gpu_layers == 4 and event.error is None
    assert loading.is_dead and len(StandIn.lives) == 3 and not stage.heard.news


@pytest.mark.parametrize("layers", [REFUSED_LAYERS, DYING_LAYERS])
def test_what_cannot_be_loaded_brings_the_old_back(stage: Stage, layers: int) -> None:
    request = stage.submit()
    stage.engine.reconfigure(replace(stage.base, gpu_layers=layers))
    event = stage.heard.changed()
    assert isinstance(event, Reconfigured) and event.error is not None and not event.is_suspended
    assert event.config.gpu_layers == stage.base.gpu_layers == stage.last.config.gpu_layers
    assert not stage.heard.news and request not in stage.heard.ends


def test_when_the_old_does_not_come_back_either_it_is_a_crash(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.submit()
    monkeypatch.setattr(StandIn, "is_slow_to_load", True)
    stage.engine.reconfigure(replace(stage.base, gpu_layers=REFUSED_LAYERS))
    for lives in (3, 4, 5):
        eventually(lambda lives=lives: len(StandIn.lives) >= lives)  # type: ignore[misc]
        stage.last.kill()
    stage.heard.wait_until(lambda: bool(stage.heard.news) and stage.heard.news[-1].is_final)  # type: ignore[union-attr]
    assert not stage.heard.changes
    late = stage.submit()
    assert isinstance(stage.heard.end(late), Failed)
    stage.engine.reconfigure(stage.base)
    event = stage.heard.changed()
    assert isinstance(event, Reconfigured) and event.error is not None and event.error.code == "engine_crash_loop"


def test_a_crash_in_a_change_of_sizes_leaves_what_was(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    request = stage.submit()
    stage.heard.wait_until(lambda: request in stage.heard.tokens)
    monkeypatch.setattr(StandIn, "on_reconfigure", lambda self, data: self.kill())
    stage.engine.reconfigure(replace(stage.base, slots=2))
    event = stage.heard.changed()
    assert isinstance(event, Reconfigured) and isinstance(event.error, EngineCrashError)
    assert event.config.slots == stage.base.slots == stage.last.config.slots
    assert [type(news) for news in stage.heard.news] == [EngineDown, EngineUp]
    stage.heard.wait_until(lambda: stage.heard.tokens[request] == (0, 1))


def test_sizes_that_do_not_fit_leave_what_was(stage: Stage) -> None:
    stage.engine.reconfigure(replace(stage.base, slots=TOO_MANY_SLOTS))
    event = stage.heard.changed()
    assert isinstance(event, Reconfigured) and event.error is not None and event.config.slots == stage.base.slots
    assert stage.engine._config.slots == stage.base.slots


def test_a_process_that_does_not_leave_is_killed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "LEAVE_LIMIT_S", 0.1)
    monkeypatch.setattr(StandIn, "never_leaves", True)
    request = stage.submit()
    stage.engine.reconfigure(replace(stage.base, gpu_layers=3))
    event = stage.heard.changed()
    assert isinstance(event, Reconfigured) and event.error is None and not stage.heard.news
    stage.heard.wait_until(lambda: stage.heard.tokens[request] == (0, 1))


def test_suspended_there_is_no_process_and_everything_waits(stage: Stage) -> None:
    running = stage.submit()
    stage.engine.suspend()
    event = stage.heard.changed()
    assert isinstance(event, Suspended) and event.parked_bytes == 77
    assert event.context_bytes_before == stage.base.cells
    assert stage.last.is_dead and stage.engine.stats().context_bytes == 0
    waiting, quick = stage.submit(), stage.submit("quick")
    late, dropped, forgotten = stage.submit(deadline_ms=30), stage.submit(), stage.submit("f")
    stage.engine.cancel(dropped)
    stage.engine.forget("f")
    stage.engine.park("slow")
    stage.engine.set_quantum(5)
    assert [stage.heard.ended(each).reason for each in (late, dropped, forgotten)] == [
        "deadline",
        "cancelled",
        "cancelled",
    ]
    assert {running, waiting, quick}.isdisjoint(stage.heard.ends)
    stage.engine.suspend()
    assert isinstance(stage.heard.changed(2), Suspended)
    stage.engine.reconfigure(replace(stage.base, slots=2))
    event = stage.heard.changed(3)
    assert isinstance(event, Reconfigured) and event.error is None and event.context_bytes_before == 0
    assert stage.heard.ended(quick).reason == "stop" and not stage.heard.news
    assert ["forget", "f"] in stage.last.sent


def test_what_cannot_be_brought_back_stays_suspended(stage: Stage) -> None:
    request = stage.submit()
    stage.engine.suspend()
    stage.engine.reconfigure(replace(stage.base, gpu_layers=REFUSED_LAYERS))
    stage.heard.wait_until(lambda: any(isinstance(event, Reconfigured) for event in stage.heard.changes))
    event = stage.heard.changes[-1]
    assert isinstance(event, Reconfigured) and event.error is not None
    if not event.is_suspended:  # the wish came before it had left: then it goes back to what ran
        return
    count = len(stage.heard.changes)
    stage.engine.reconfigure(stage.base)
    event = stage.heard.changed(count + 1)
    assert isinstance(event, Reconfigured) and event.error is None
    stage.heard.wait_until(lambda: len(stage.heard.tokens[request]) == 2)


def test_suspending_while_it_loads_does_not_wait_for_the_load(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StandIn, "is_slow_to_load", True)
    stage.engine.reconfigure(replace(stage.base, gpu_layers=3))
    eventually(lambda: len(StandIn.lives) == 2)
    stage.engine.suspend()
    assert isinstance(stage.heard.changed(), Suspended) and stage.last.is_dead


def test_deadlines_run_while_it_loads(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StandIn, "is_slow_to_load", True)
    request = stage.submit(deadline_ms=60)
    stage.engine.reconfigure(replace(stage.base, gpu_layers=3))
    assert stage.heard.ended(request).reason == "deadline"


def test_another_models_tokens_are_of_no_use(stage: Stage, tiny_attention_path: Path) -> None:
    request = stage.submit()
    stage.engine.reconfigure(replace(stage.base, model_path=str(tiny_attention_path)))
    end = stage.heard.end(request)
    assert isinstance(end, Failed) and end.error.code == "model_changed"
    assert stage.heard.changed().error is None  # type: ignore[union-attr]


def test_a_file_that_is_no_model_is_refused_before_anything_is_given_up(stage: Stage, tmp_path: Path) -> None:
    stage.engine.reconfigure(replace(stage.base, model_path=str(tmp_path / "none.gguf")))
    event = stage.heard.changed()
    assert isinstance(event, Reconfigured) and isinstance(event.error, ModelError)
    assert len(StandIn.lives) == 1 and not stage.last.is_dead


def test_the_pace_and_the_quantum_reach_the_next_process(stage: Stage) -> None:
    from npc_sdk.budget.frame import FrameHint
    from npc_sdk.budget.pacing import PacingConfig

    hint, pacing = FrameHint(target_ms=16.0), PacingConfig(floor_tokens_per_s=2.0)
    held, released = threading.Event(), threading.Event()

    def hold() -> None:
        with stage.engine._lock:
            held.set()
            released.wait(WAIT_S)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(WAIT_S)
    stage.engine.frame(hint)  # while a process is being started, the game does not wait for that
    frame = ["frame", codec.pack_hint(hint)]
    assert frame not in stage.last.sent
    released.set()
    holder.join()
    while frame not in stage.last.sent:
        stage.engine.frame(hint)
    stage.engine.pace(pacing)
    assert stage.last.sent[-2:] == [frame, ["pace", codec.pack_pacing(pacing)]]
    stage.engine.reconfigure(replace(stage.base, gpu_layers=3))
    stage.engine.set_quantum(7)
    stage.heard.changed()
    assert ["pace", codec.pack_pacing(pacing)] in stage.last.sent and ["quantum", 7] in stage.last.sent
    assert stage.engine._config.quantum == 7


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.sampled_from(["slow", "quick"]), st.none() | st.integers(0, 30)),
        st.tuples(st.just("cancel"), st.integers(1, 12)),
        st.tuples(st.just("forget"), st.sampled_from(["slow", "quick"])),
        st.tuples(
            st.just("reconfigure"),
            st.sampled_from([1, 2, TOO_MANY_SLOTS]),
            st.sampled_from([-1, -1, 3, REFUSED_LAYERS, DYING_LAYERS]),
        ),
        st.tuples(st.just("suspend")),
        st.tuples(st.just("kill")),
        st.tuples(st.just("pause"), st.sampled_from([0.0, 0.002])),
    ),
    max_size=25,
)


@given(OPERATIONS)
@settings(max_examples=60, deadline=None)
def test_in_any_order_every_request_ends_once_and_the_last_wish_holds(
    tiny_hybrid_path: Path, operations: list[tuple[Any, ...]]
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_stand_ins(monkeypatch)
        monkeypatch.setattr(supervision, "CRASH_WINDOW_S", 0.0)  # no number of crashes is too many here
        stage = Stage(tiny_hybrid_path)
        try:
            for name, *values in operations:
                perform(stage, name, values)
            stage.engine.reconfigure(replace(stage.base, slots=3, gpu_layers=5))
            stage.heard.wait_until(lambda: holds(stage, slots=3, gpu_layers=5))
            quick = stage.submit("quick")
            assert stage.heard.ended(quick).reason == "stop"
        finally:
            stage.close()
        changes = [event for event in stage.heard.changes if isinstance(event, Reconfigured)]
        assert changes[-1].error is None


def perform(stage: Stage, name: str, values: list[Any]) -> None:
    if name == "submit":
        stage.submit(values[0], deadline_ms=values[1])
    elif name == "cancel":
        stage.engine.cancel(values[0])
    elif name == "forget":
        stage.engine.forget(values[0])
    elif name == "reconfigure":
        stage.engine.reconfigure(replace(stage.base, slots=values[0], gpu_layers=values[1]))
    elif name == "suspend":
        stage.engine.suspend()
    elif name == "kill":
        stage.last.kill()
    else:
        time.sleep(values[0])


def holds(stage: Stage, **fields: int) -> bool:
    last = stage.heard.changes[-1] if stage.heard.changes else None
    return isinstance(last, Reconfigured) and all(getattr(last.config, name) == fields[name] for name in fields)


@pytest.mark.parametrize("moment", ["suspended", "leaving", "loading"])
def test_it_closes_at_any_moment(
    tiny_hybrid_path: Path, stand_ins: None, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    stage = Stage(tiny_hybrid_path)
    stage.submit()
    monkeypatch.setattr(StandIn, "is_slow_to_load", True)
    monkeypatch.setattr(StandIn, "never_leaves", moment == "leaving")
    if moment == "suspended":
        stage.engine.suspend()
        stage.heard.changed()
    else:
        stage.engine.reconfigure(replace(stage.base, gpu_layers=3))
        eventually(lambda: stage.engine._phase == moment)
    stage.close()
    stage.engine.reconfigure(stage.base)
    event = stage.heard.changes[-1]
    assert isinstance(event, Reconfigured) and event.error is not None and event.error.code == "engine_closed"
    stage.engine.suspend()


def test_before_the_start_it_only_replaces_the_configuration(tiny_hybrid_path: Path, stand_ins: None) -> None:
    from npc_sdk.errors import StateError

    engine = ProcessEngine(EngineConfig(model_path="x"))
    with pytest.raises(StateError):
        engine.suspend()
    heard = Listener()
    engine.reconfigure(EngineConfig(model_path=str(tiny_hybrid_path), slots=7))
    engine.start(heard, timeout_s=WAIT_S)
    assert engine.info.slots == 7 and not heard.changes
    engine.close()


def test_a_wish_during_the_first_load_follows_it(
    tiny_hybrid_path: Path, stand_ins: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StandIn, "is_slow_to_load", True)
    base = EngineConfig(model_path=str(tiny_hybrid_path))
    engine, heard = ProcessEngine(base), Listener()
    starting = threading.Thread(target=engine.start, args=(heard,), kwargs={"timeout_s": WAIT_S})
    starting.start()
    eventually(lambda: engine._thread is not None)
    engine.reconfigure(replace(base, slots=2))
    StandIn.lives[0].frames.put(["ready", codec.pack_info(StandIn.lives[0].info())])
    starting.join(WAIT_S)
    event = heard.changed()
    assert isinstance(event, Reconfigured) and event.config.slots == 2 and len(StandIn.lives) == 1
    engine.close()
