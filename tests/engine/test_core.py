"""A loaded engine run by hand: its commands, its folders, and its end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest
from reference import config

from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import Grant, PacingConfig
from npc_sdk.engine.core import EngineCore, load_tokenizer
from npc_sdk.engine.request import Ended, Event, Failed, Reconfigured, Request
from npc_sdk.errors import CapacityError, ModelError, NpcError


@pytest.fixture
def core(tiny_hybrid_path: Path) -> Iterator[EngineCore]:
    core = EngineCore(config(tiny_hybrid_path))
    yield core
    core.close()
    core.close()


def run(core: EngineCore, *commands: tuple[object, ...]) -> list[Event]:
    """Post commands and run until the engine is told to close, when nothing is left to do."""
    events: list[Event] = []
    for command in commands:
        core.post(command)  # type: ignore[arg-type]

    def emit(happened: list[Event]) -> None:
        events.extend(happened)
        if core.loop.is_idle:
            core.post(("close",))

    killer = threading.Timer(30, core.post, [("close",)])
    killer.start()
    core.run(emit)
    killer.cancel()
    return events


def request(number: int, **fields: object) -> tuple[object, ...]:
    made = Request(id=number, sequence=f"a{number}", tokens=(50, 51, 52), max_tokens=4, **fields)  # type: ignore[arg-type]
    return "submit", made, perf_counter()


def test_commands_are_obeyed_in_order(core: EngineCore) -> None:
    events = run(core, request(1), request(2), ("cancel", 2), ("quantum", 0), ("park", "a1"), ("forget", "a9"))
    ends = {event.id: event.reason for event in events if isinstance(event, Ended)}
    assert ends[2] == "cancelled" and ends[1] in {"length", "stop"}
    assert core.loop.quantum == 1


def test_closing_ends_what_runs(core: EngineCore) -> None:
    events = run(core, request(1), ("close",))
    assert [event.reason for event in events if isinstance(event, Ended)] == ["cancelled"]


def test_failing_ends_what_runs_and_what_was_not_taken_in(core: EngineCore) -> None:
    core.loop.submit(Request(id=1, sequence="a", tokens=(50,)))
    core.post(request(2))  # type: ignore[arg-type]
    core.post(("park", "a"))
    events = core.fail(NpcError("x", code="y"))
    assert [(event.id, event.error.code) for event in events if isinstance(event, Failed)] == [(1, "y"), (2, "y")]
    assert core.loop.is_idle


def test_the_next_engine_takes_over_the_folder(tiny_hybrid_path: Path, tmp_path: Path) -> None:
    settings = config(tiny_hybrid_path, parked_folder=str(tmp_path / "parked"), disk_folder=str(tmp_path / "disk"))
    first = EngineCore(settings)
    run(first, request(1))
    first.loop.park("a1")
    first.close()
    second = EngineCore(settings)
    assert second.loop.stats().parked == 1
    second.close()
    other = EngineCore(config(tiny_hybrid_path, parked_folder=str(tmp_path / "parked"), kv_type="q8_0"))
    assert other.loop.stats().parked == 0, "states of another cache type are of no use"
    other.close()


def test_progress_is_reported(tiny_hybrid_path: Path) -> None:
    shares: list[float] = []
    EngineCore(config(tiny_hybrid_path), on_progress=shares.append).close()
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_a_core_that_cannot_be_made_frees_its_model(
    tiny_hybrid_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from npc_sdk.engine import core as module

    closed: list[str] = []
    for name in ("LlamaContext", "LlamaModel"):
        original = getattr(module, name)
        changed = type(name, (original,), {"close": lambda self, n=name, o=original: (closed.append(n), o.close(self))})
        monkeypatch.setattr(module, name, changed)
    (tmp_path / "file").touch()
    with pytest.raises(CapacityError):
        EngineCore(config(tiny_hybrid_path, parked_folder=str(tmp_path / "file" / "x")))
    assert closed == ["LlamaContext", "LlamaModel"]


def test_the_tokenizer_loads_alone(tiny_hybrid_path: Path, core: EngineCore) -> None:
    tokenizer = load_tokenizer(str(tiny_hybrid_path))
    assert tokenizer.fingerprint == core.info.fingerprint
    assert tokenizer.vocabulary_size == core.tokenizer_size


def reconfigured(events: list[Event]) -> list[Reconfigured]:
    return [event for event in events if isinstance(event, Reconfigured)]


def test_sizes_change_in_place(core: EngineCore) -> None:
    before = core.info
    events = run(core, ("change", replace(core.config, slots=2, cells=512, quantum=8, parked_folder="/nowhere")))
    (event,) = reconfigured(events)
    assert event.error is None and event.config == core.config and core.config.parked_folder is None
    assert (core.info.slots, core.info.cells, core.loop.quantum) == (2, 512, 8)
    assert core.info.process_id == before.process_id and core.info.state_bytes == before.state_bytes
    assert event.context_bytes_before == before.context_bytes > event.context_bytes_after == core.info.context_bytes
    assert 0 <= event.park_ms <= event.change_ms and event.load_ms == 0


def test_what_needs_no_other_context_keeps_the_one_there_is(core: EngineCore, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    context = core._context
    assert context is not None
    monkeypatch.setattr(context, "set_threads", threads.append)
    settings = replace(core.config, threads=3, parked_bytes=5)
    run(core, ("change", settings), ("change", settings))
    assert core._context is context and threads == [3] and core.config == settings


def test_of_several_wishes_the_last_counts(core: EngineCore) -> None:
    changes = [("change", replace(core.config, slots=slots)) for slots in (1, 2, 3)]
    events = run(core, *changes)
    assert [event.config.slots for event in reconfigured(events)] == [3]


def test_sizes_that_do_not_fit_leave_what_was(core: EngineCore) -> None:
    before = core.config
    events = run(core, request(1), ("change", replace(before, cells=2**31 - 256)))
    (event,) = reconfigured(events)
    assert isinstance(event.error, CapacityError) and event.config == core.config == before
    assert event.context_bytes_before == event.context_bytes_after
    assert [event.reason for event in events if isinstance(event, Ended)] in (["length"], ["stop"])


def test_a_context_that_llama_cpp_refuses_leaves_what_was(core: EngineCore) -> None:
    """A quantized cache needs fused attention."""
    events = run(core, request(1), ("change", replace(core.config, kv_type="q8_0", flash_attention=False)))
    (event,) = reconfigured(events)
    assert isinstance(event.error, CapacityError) and core.config.kv_type == "f16"
    assert any(isinstance(event, Ended) for event in events)


def test_when_nothing_can_be_made_any_more_it_breaks_off(core: EngineCore, monkeypatch: pytest.MonkeyPatch) -> None:
    from npc_sdk.engine import core as module

    def refuse(*arguments: object, **fields: object) -> None:
        raise CapacityError("No.", code="none_left")

    monkeypatch.setattr(module, "LlamaContext", refuse)
    core.loop.submit(Request(id=1, sequence="a", tokens=(50,)))
    with pytest.raises(CapacityError):
        run(core, ("change", replace(core.config, slots=2)))
    events = core.fail(CapacityError("No."))
    assert [type(event) for event in events] == [Failed]


def test_another_model_or_none_is_left_to_the_owner(core: EngineCore) -> None:
    for wish in ("suspend", replace(core.config, gpu_layers=7)):
        core.post(request(1))  # type: ignore[arg-type]
        core.post(("change", wish))  # type: ignore[arg-type]
        assert core.run(lambda events: None) == "leave" and core.wanted == wish
        ((left, _),) = core.leave()
        assert left.id == 1 and core.loop.is_idle
        core.wanted = None


def test_a_model_that_is_none_is_refused_before_anything_is_given_up(core: EngineCore, tmp_path: Path) -> None:
    (event,) = reconfigured(run(core, ("change", replace(core.config, model_path=str(tmp_path / "none")))))
    assert isinstance(event.error, ModelError) and core.config.model_path != str(tmp_path / "none")


def test_the_next_engine_inherits_what_is_of_use(tiny_hybrid_path: Path) -> None:
    first = EngineCore(config(tiny_hybrid_path))
    run(first, request(1))
    first.leave()
    first.close()
    assert first.parked_bytes > 0
    second = EngineCore(config(tiny_hybrid_path, slots=2), inherits=first)
    assert second.parked_bytes == first.parked_bytes
    second.leave()
    second.close()
    third = EngineCore(config(tiny_hybrid_path, kv_type="q8_0"), inherits=second)
    assert third.parked_bytes == 0, "states of another cache type are of no use"
    third.close()


def test_pacing_follows_the_quantum_until_it_is_told(core: EngineCore) -> None:
    def grant(commands: list[tuple[object, ...]]) -> int:
        while not core._commands.empty():  # what was left when it was told to close
            core._commands.get()
        run(core, *commands, request(1))
        return core._pacer.grant(1e9, speakers=0, readers=1).quantum

    assert grant([]) == core.config.quantum
    assert grant([("quantum", 500)]) == 500
    assert grant([("change", replace(core.config, quantum=9))]) == 9
    assert grant([("pace", PacingConfig(quantum_max=5, quantum_min=2))]) == 5
    assert core._pacer._config.device == "cpu", "where the calls run is the engine's to know"


def test_hints_pace_the_calls(tiny_hybrid_path: Path) -> None:
    """A game whose frames are far too late gets its share back; the requests still end."""
    core = EngineCore(config(tiny_hybrid_path))
    hint = FrameHint(target_ms=4.0, measured_ms=40.0, mode="combat")
    for _ in range(30):
        core.post(("frame", hint, perf_counter()))
    events = run(core, request(1))
    assert any(isinstance(event, Ended) for event in events)
    assert core.loop.stats().quantum > 0
    core.close()


def test_there_are_signs_of_life_while_the_pace_lets_it_rest(core: EngineCore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core._pacer, "grant", lambda now_ms, **_: Grant(quantum=0, wait_ms=30.0))
    core.post(request(1))  # type: ignore[arg-type]
    seen: list[int] = []
    killer = threading.Timer(0.5, core.post, [("close",)])
    killer.start()
    core.run(lambda events: seen.append(len(events)))
    assert 3 <= len(seen) <= 20


def test_a_cancel_is_not_delayed_by_a_rest(core: EngineCore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core._pacer, "grant", lambda now_ms, **_: Grant(quantum=0, wait_ms=60_000.0))
    core.post(request(1))  # type: ignore[arg-type]
    killer = threading.Timer(0.1, core.post, [("cancel", 1)])
    killer.start()
    started = perf_counter()
    events = []

    def emit(happened: list[Event]) -> None:
        events.extend(happened)
        if happened:
            core.post(("close",))

    core.run(emit)
    assert [event.reason for event in events if isinstance(event, Ended)] == ["cancelled"]
    assert perf_counter() - started < 5
