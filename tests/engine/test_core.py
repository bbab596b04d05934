"""A loaded engine run by hand: its commands, its folders, and its end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest
from reference import config

from npc_sdk.engine.core import EngineCore, load_tokenizer
from npc_sdk.engine.request import Ended, Event, Failed, Request
from npc_sdk.errors import CapacityError, NpcError


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
