"""The engine in a thread of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from reference import WAIT_S, Listener, Reference, Reply, Talk, config, talking

from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine.engine import EngineConfig
from npc_sdk.engine.request import EngineDown, Failed, Reconfigured, Request, Suspended
from npc_sdk.engine.thread import ThreadEngine
from npc_sdk.errors import BackendError, CapacityError, ModelError, NpcError, StateError


@pytest.fixture(scope="module", params=["hybrid", "attention"])
def reference(request: pytest.FixtureRequest, tiny_hybrid_path: Path, tiny_attention_path: Path) -> Iterator[Reference]:
    reference = Reference(tiny_hybrid_path if request.param == "hybrid" else tiny_attention_path)
    yield reference
    reference.close()


@pytest.fixture
def talk(tiny_hybrid_path: Path) -> Iterator[Talk]:
    yield from talking(ThreadEngine(config(tiny_hybrid_path)))


def test_cancelling_a_long_reading_is_quick_and_leaves_nothing_wrong(reference: Reference) -> None:
    """One call reads the whole prompt: only an abort inside it leaves a part unread."""
    engine = ThreadEngine(config(reference.path, cells=8192, quantum=3000))
    for talk in talking(engine):
        long = reference.words(1, 3000)
        reply = reference.clear_reply(long[:20], 8, seed=1)
        started = time.monotonic()
        whole = talk.submit("whole", Reply(long, (), 1.0), kind="read")
        talk.heard.ended(whole)
        whole_s = time.monotonic() - started
        request = talk.submit("a", Reply(reference.words(2, 3000), (0,) * 5, 1.0))
        time.sleep(min(0.05, whole_s / 4))
        talk.engine.cancel(request)
        assert talk.heard.ended(request).reason == "cancelled"
        assert talk.heard.ended(request).cost.tokens_read < 3000
        talk.ask("a", reply)
        talk.ask("whole", reply)


def test_others_go_on_while_a_reading_is_cancelled(reference: Reference) -> None:
    replies = [reference.clear_reply(reference.words(9, 20), 40, seed) for seed in range(2)]
    for talk in talking(ThreadEngine(config(reference.path, cells=8192, quantum=512))):
        for round_number in range(4):
            speaking = {talk.submit(f"s{index}", reply): reply for index, reply in enumerate(replies)}
            request = talk.submit("r", Reply(reference.words(round_number, 5000), (0,) * 5, 1.0))
            time.sleep(0.004 * round_number)
            talk.engine.cancel(request)
            assert talk.heard.ended(request).reason == "cancelled"
            talk.check(speaking)


def test_info_and_stats(talk: Talk, tiny_hybrid_path: Path) -> None:
    info = talk.engine.info
    assert info.slots == 4 and info.cells == 1024 and info.is_hybrid and info.load_ms > 0
    talk.heard.ended(talk.submit("a", Reply((50, 51, 52), (0,) * 4, 1.0)))
    talk.engine.park("a")
    limit = time.monotonic() + WAIT_S
    while talk.engine.stats().parked != 1:
        assert time.monotonic() < limit
        time.sleep(0.01)
    stats = talk.engine.stats()
    assert stats.read_tokens == 3 and stats.live == 0 and stats.waiting == 0 and stats.parked_bytes > 0
    assert stats.restarts == 0 and 0 < stats.own_ms <= stats.step_ms


def test_the_quantum_changes_while_it_runs(talk: Talk) -> None:
    for quantum in (-5, 1, 10_000):
        talk.engine.set_quantum(quantum)
        request = talk.submit(f"q{quantum}", Reply(tuple(range(50, 250)), (0,) * 3, 1.0))
        assert talk.heard.ended(request).cost.tokens_read == 200


def test_forgotten_characters_are_read_again(talk: Talk) -> None:
    reply = Reply(tuple(range(50, 90)), (0,) * 3, 1.0)
    talk.heard.ended(talk.submit("a", reply))
    talk.engine.forget("a")
    assert talk.heard.ended(talk.submit("a", reply)).cost.tokens_cached == 0


def test_a_closed_engine_ends_what_runs_and_refuses_what_comes(tiny_hybrid_path: Path) -> None:
    talk = Talk(ThreadEngine(config(tiny_hybrid_path, cells=8192)))
    requests = [talk.submit(f"a{n}", Reply(tuple(range(50, 3000)), (0,) * 500, 1.0)) for n in range(5)]
    talk.engine.close()
    talk.engine.close()
    assert [talk.heard.end(request, 0.1).reason for request in requests] == ["cancelled"] * 5  # type: ignore[union-attr]
    late = talk.heard.end(talk.submit("late", Reply((50,), (0,), 1.0)), 0.1)
    assert isinstance(late, Failed) and late.error.code == "engine_closed"
    talk.engine.cancel(1)


def test_before_start_and_twice_started_are_typed(talk: Talk, tiny_hybrid_path: Path) -> None:
    engine = ThreadEngine(config(tiny_hybrid_path))
    with pytest.raises(StateError):
        engine.submit(Request(id=1, sequence="a"))
    with pytest.raises(StateError):
        _ = engine.info
    engine.close()
    with pytest.raises(StateError):
        talk.engine.start(talk.heard)


def test_the_tokenizer_works_before_the_start(tiny_hybrid_path: Path) -> None:
    tokenizer = ThreadEngine(config(tiny_hybrid_path)).tokenizer
    assert b"".join(tokenizer.piece(token) for token in tokenizer.encode("a guard", special=False)) == b"a guard"


def refused(path: Path, **fields: object) -> NpcError:
    with pytest.raises(NpcError) as caught:
        ThreadEngine(config(path, **fields)).start(Listener(), timeout_s=WAIT_S)
    return caught.value


def test_files_that_are_no_model_are_refused(tmp_path: Path, tiny_hybrid_path: Path) -> None:
    content = tiny_hybrid_path.read_bytes()
    files = {
        "header.gguf": content[:200_000],
        "weights.gguf": content[:-100_000],
        "magic.gguf": content[:4],
        "other.gguf": b"PK\x03\x04" + bytes(9000),
        "empty.gguf": b"",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        assert isinstance(refused(tmp_path / name), ModelError), name
    for path in (tmp_path, tmp_path / "missing.gguf"):
        assert isinstance(refused(path), ModelError)


def test_an_unknown_architecture_is_refused(tmp_path: Path, tiny_attention_path: Path) -> None:
    content = tiny_attention_path.read_bytes()
    (tmp_path / "x.gguf").write_bytes(content.replace(b"llama", b"lhama"))
    assert isinstance(refused(tmp_path / "x.gguf"), ModelError)


def test_a_context_that_cannot_fit_is_refused(tiny_attention_path: Path) -> None:
    error = refused(tiny_attention_path, cells=2**31 - 256)
    assert isinstance(error, CapacityError) and error.code == "context_does_not_fit"


def test_an_unusable_folder_is_refused(tiny_hybrid_path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    error = refused(tiny_hybrid_path, parked_folder=str(tmp_path / "file" / "x"))
    assert isinstance(error, CapacityError) and error.code == "bad_state_folder"


def test_whatever_stops_the_start_is_told(tiny_hybrid_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(config: EngineConfig) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("npc_sdk.engine.core.require_room", broken)
    assert isinstance(refused(tiny_hybrid_path), BackendError)


def test_whatever_stops_the_engine_ends_every_request(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(loop: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr("npc_sdk.engine.loop.EngineLoop.step", broken)
    end = talk.heard.end(talk.submit("a", Reply((50,), (0,), 1.0)))
    assert isinstance(end, Failed) and end.error.code == "engine_failed"
    talk.heard.wait_until(lambda: talk.heard.news)
    (down,) = talk.heard.news
    assert isinstance(down, EngineDown) and down.is_final
    late = talk.heard.end(talk.submit("b", Reply((50,), (0,), 1.0)))
    assert isinstance(late, Failed) and late.error.code == "engine_failed"


def changed(talk: Talk, count: int = 1) -> Reconfigured:
    event = talk.heard.changed(count)
    assert isinstance(event, Reconfigured)
    return event


def test_suspended_requests_wait_and_end_as_they_should(talk: Talk, tiny_hybrid_path: Path) -> None:
    plain = Reply((50, 51, 52), (0,) * 4, 1.0)
    talk.engine.suspend()
    event = talk.heard.changed()
    assert isinstance(event, Suspended) and event.context_bytes_before > 0
    assert talk.engine.info.context_bytes == talk.engine.stats().context_bytes == 0
    waiting, dropped, forgotten = (talk.submit(name, plain) for name in "wdf")
    late = talk.submit("l", plain, deadline_ms=30)
    talk.engine.cancel(dropped)
    talk.engine.forget("f")
    talk.engine.set_quantum(9)
    talk.engine.pace(PacingConfig(quantum_max=7, quantum_min=2))
    talk.engine.frame(FrameHint(target_ms=16.0))
    assert [talk.heard.ended(each).reason for each in (dropped, forgotten, late)] == [
        "cancelled",
        "cancelled",
        "deadline",
    ]
    talk.engine.suspend()
    assert isinstance(talk.heard.changed(2), Suspended) and waiting not in talk.heard.ends
    talk.engine.reconfigure(config(tiny_hybrid_path, cells=2**31 - 256))
    event = changed(talk, 3)
    assert event.error is not None and event.is_suspended
    assert isinstance(talk.heard.changed(4), Suspended)
    talk.engine.reconfigure(config(tiny_hybrid_path, slots=2))
    assert changed(talk, 5).error is None and talk.engine.info.slots == 2
    talk.heard.ended(waiting)
    assert talk.engine._running()._pacing == PacingConfig(quantum_max=7, quantum_min=2)  # type: ignore[attr-defined]


def test_it_closes_while_it_is_suspended(tiny_hybrid_path: Path) -> None:
    talk = Talk(ThreadEngine(config(tiny_hybrid_path)))
    talk.engine.suspend()
    talk.heard.changed()
    request = talk.submit("a", Reply((50, 51), (0,) * 4, 1.0))
    talk.close()
    assert talk.heard.ended(request).reason == "cancelled"
    talk.engine.reconfigure(config(tiny_hybrid_path))
    event = changed(talk, 2)
    assert event.error is not None and event.error.code == "engine_closed"


def test_another_model_is_loaded_in_place(tiny_hybrid_path: Path, tiny_attention_path: Path) -> None:
    reference = Reference(tiny_attention_path)
    for talk in talking(ThreadEngine(config(tiny_hybrid_path, cells=8192, quantum=8))):
        first = talk.engine.tokenizer.fingerprint
        request = talk.submit("a", Reply(tuple(range(50, 3000)), (0,) * 5, 1.0))
        talk.engine.reconfigure(config(tiny_attention_path))
        end = talk.heard.end(request)
        assert isinstance(end, Failed) and end.error.code == "model_changed"
        assert changed(talk).error is None and not talk.engine.info.is_hybrid
        assert talk.engine.tokenizer.fingerprint == talk.engine.info.fingerprint != first
        talk.ask("a", reference.clear_reply(reference.words(2, 20), 5, seed=1))
    reference.close()


def test_layers_that_cannot_be_loaded_bring_the_old_back(talk: Talk, tmp_path: Path, tiny_hybrid_path: Path) -> None:
    """The other file has a good header and no weights: the model in use was already given up for it."""
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(tiny_hybrid_path.read_bytes()[:-100_000])
    request = talk.submit("a", Reply(tuple(range(50, 300)), (0,) * 40, 1.0))
    talk.engine.reconfigure(config(cut))
    event = changed(talk)
    assert isinstance(event.error, ModelError) and event.config.model_path == str(tiny_hybrid_path)
    talk.heard.ended(request)


def test_when_the_old_cannot_be_loaded_either_it_is_down(tmp_path: Path, tiny_hybrid_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_hybrid_path.read_bytes())
    talk = Talk(ThreadEngine(config(path)))
    request = talk.submit("a", Reply(tuple(range(50, 900)), (0,) * 100, 1.0))
    path.unlink()
    talk.engine.reconfigure(config(path, gpu_layers=3))
    end = talk.heard.end(request)
    assert isinstance(end, Failed) and isinstance(end.error, ModelError)
    (down,) = talk.heard.news
    assert isinstance(down, EngineDown) and down.is_final
    talk.engine.reconfigure(config(path))
    assert changed(talk).error is not None
    talk.close()


def test_before_the_start_a_change_only_replaces_the_configuration(tiny_hybrid_path: Path) -> None:
    engine = ThreadEngine(config(tiny_hybrid_path))
    with pytest.raises(StateError):
        engine.suspend()
    engine.frame(FrameHint(target_ms=16.0))
    engine.reconfigure(config(tiny_hybrid_path, slots=2))
    for talk in talking(engine):
        assert engine.info.slots == 2 and not talk.heard.changes


def test_a_change_during_the_load_follows_it(tiny_hybrid_path: Path) -> None:
    engine, heard = ThreadEngine(config(tiny_hybrid_path)), Listener()
    starting = threading.Thread(target=engine.start, args=(heard,))
    starting.start()
    while engine._thread is None:
        time.sleep(0)
    engine.reconfigure(config(tiny_hybrid_path, slots=2))
    starting.join(WAIT_S)
    event = heard.changed()
    assert isinstance(event, Reconfigured) and event.error is None and engine.info.slots == 2
    engine.close()
