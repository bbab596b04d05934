"""The engine process may die, hang, or never come up; its host ends every request once and never waits for ever."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from reference import WAIT_S, Listener, Reference, Reply, Talk, config

from npc_sdk.engine.child_process import engine_command
from npc_sdk.engine.engine import EngineStats
from npc_sdk.engine.process import CRASHES, ProcessEngine
from npc_sdk.engine.request import (
    Boundary,
    Ended,
    EngineDown,
    EngineUp,
    Failed,
    PrefixKind,
    Reconfigured,
    Request,
    Sampling,
    Suspended,
)
from npc_sdk.errors import BackendError, CapacityError, EngineCrashError, ModelError, NpcError, StateError
from npc_sdk.models.header import read_header

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses signals")

LONG = 40


@pytest.fixture(scope="module")
def reference(tiny_hybrid_path: Path) -> Iterator[Reference]:
    reference = Reference(tiny_hybrid_path)
    yield reference
    reference.close()


@pytest.fixture(scope="module")
def attention_reference(tiny_attention_path: Path) -> Iterator[Reference]:
    reference = Reference(tiny_attention_path)
    yield reference
    reference.close()


def long_replies(reference: Reference) -> list[Reply]:
    """Return long replies without a near tie, to prompts that share their beginning."""
    shared = reference.words(3, 40)
    return [reference.clear_reply(shared, LONG, seed) for seed in range(4)]


@pytest.fixture(scope="module")
def replies(reference: Reference) -> list[Reply]:
    return long_replies(reference)


@contextmanager
def talking(path: Path, *, stall_timeout_s: float = 60.0, **fields: object) -> Iterator[Talk]:
    talk = Talk(ProcessEngine(config(path, **fields), stall_timeout_s=stall_timeout_s))
    try:
        yield talk
    finally:
        talk.close()


def kill(talk: Talk, number: int = signal.SIGKILL) -> None:
    os.kill(talk.engine.info.process_id, number)


def parked_folder(talk: Talk) -> Path:
    assert isinstance(talk.engine, ProcessEngine)
    folder = talk.engine._config.parked_folder
    assert folder is not None
    return Path(folder)


def eventually(holds: Callable[[], bool], timeout_s: float = WAIT_S) -> None:
    limit = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.01)


def ups(talk: Talk) -> int:
    return sum(isinstance(news, EngineUp) for news in talk.heard.news)


class KillsAt(Listener):
    """Kills the process from the reader's own thread, when a reply has so many tokens."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at
        self.engine: ProcessEngine | None = None

    def _take(self, event: object) -> None:
        super()._take(event)  # type: ignore[arg-type]
        if self.engine is not None and any(len(tokens) >= self.at for tokens in self.tokens.values()):
            engine, self.engine = self.engine, None
            os.kill(engine.info.process_id, signal.SIGKILL)


def test_it_talks_and_counts(tiny_hybrid_path: Path, tiny_attention_path: Path) -> None:
    with talking(tiny_hybrid_path) as talk:
        info = talk.engine.info
        assert info.is_hybrid and info.state_bytes > 0 and info.process_id != os.getpid()
        request = talk.submit("a", Reply((50, 51, 52), tuple(range(30)), 1.0))
        cost = talk.heard.ended(request).cost
        assert cost.tokens_read == 3
        eventually(lambda: talk.engine.stats().read_tokens == 3)
        assert isinstance(talk.engine.stats(), EngineStats)
        assert len(talk.engine.tokenizer.encode("hello", special=False)) > 0


@pytest.mark.parametrize("at", [1, 20])
@pytest.mark.parametrize("model", ["reference", "attention_reference"])
def test_a_killed_engine_goes_on_where_it_was(model: str, at: int, request: pytest.FixtureRequest) -> None:
    """Token for token what an undisturbed run gives; the prompts have no near ties (see ``reference.MARGIN``)."""
    reference: Reference = request.getfixturevalue(model)
    replies = long_replies(reference)
    engine = ProcessEngine(config(reference.path))
    heard = KillsAt(at)
    engine.start(heard, timeout_s=WAIT_S)
    try:
        heard.engine = engine
        for index, reply in enumerate(replies):
            engine.submit(Request(id=index, sequence=f"c{index}", tokens=reply.prompt, max_tokens=LONG))
        for index, reply in enumerate(replies):
            heard.ended(index)
            assert heard.tokens[index] == reply.tokens
        heard.wait_until(lambda: len(heard.news) == 2)
    finally:
        engine.close()
    down, up = heard.news
    assert isinstance(down, EngineDown) and isinstance(down.error, EngineCrashError) and not down.is_final
    assert up == EngineUp(1) and engine.stats().restarts in {0, 1}


def test_parked_characters_survive_a_crash(reference: Reference, replies: list[Reply]) -> None:
    with talking(reference.path) as talk:
        talk.ask("a", replies[0])
        talk.engine.park("a")
        eventually(lambda: any(path.suffix == ".state" for path in parked_folder(talk).iterdir()))
        kill(talk)
        eventually(lambda: ups(talk) == 1)
        history = replies[0].prompt + replies[0].tokens
        again = reference.clear_reply(history, 8, seed=99)
        cost = talk.ask("a", again).cost
        assert cost.state_from == "memory" and cost.tokens_read <= 6 + 1


def test_a_repeat_penalty_goes_on_after_a_crash(reference: Reference) -> None:
    """What was said before the crash is penalised after it too."""
    prompt = reference.words(4, 20)
    sampling = Sampling(repeat_penalty=1.8)
    with talking(reference.path) as talk:
        whole = talk.submit("a", Reply(prompt, (0,) * 12, 1.0), sampling=sampling)
        talk.heard.ended(whole)
        said = talk.heard.tokens[whole]
        rest = talk.submit("b", Reply(prompt, (0,) * 12, 1.0), sampling=sampling, generated=said[:6])
        talk.heard.ended(rest)
        assert talk.heard.tokens[rest][0] == said[6]


def test_a_request_that_lives_through_two_crashes_fails_and_others_go_on(reference: Reference) -> None:
    with talking(reference.path, cells=4096, quantum=1) as talk:
        request = talk.submit("a", Reply(reference.words(1, 3500), (0,) * 500, 1.0))
        for crash in (1, 2):
            eventually(lambda crash=crash: ups(talk) == crash - 1)  # type: ignore[misc]
            kill(talk)
            talk.heard.wait_until(
                lambda crash=crash: sum(isinstance(news, EngineDown) for news in talk.heard.news) == crash
            )
        end = talk.heard.end(request)
        assert isinstance(end, Failed) and isinstance(end.error, EngineCrashError)
        assert "SIGKILL" in end.error.cause
        talk.ask("b", reference.clear_reply(reference.words(2, 20), 5, seed=1))


def test_a_crash_loop_is_final_and_nothing_hangs(reference: Reference) -> None:
    with talking(reference.path, cells=4096, quantum=1) as talk:
        for crash in range(1, CRASHES + 1):
            talk.submit(f"c{crash}", Reply(reference.words(1, 3500), (0,) * 500, 1.0))
            eventually(lambda crash=crash: ups(talk) == crash - 1)  # type: ignore[misc]
            kill(talk)
            talk.heard.wait_until(
                lambda crash=crash: sum(isinstance(news, EngineDown) for news in talk.heard.news) == crash
            )
        for request in range(1, CRASHES + 1):
            end = talk.heard.end(request)
            assert isinstance(end, Failed) and isinstance(end.error, EngineCrashError)
        last = talk.heard.news[-1]
        assert isinstance(last, EngineDown) and last.is_final and last.error.code == "engine_crash_loop"
        late = talk.submit("late", Reply((50,), (0,), 1.0))
        end = talk.heard.end(late)
        assert isinstance(end, Failed) and end.error.code == "engine_crash_loop"
        talk.engine.cancel(late)
        talk.engine.park("late")
        talk.engine.forget("late")


def test_commands_while_the_engine_is_down_are_kept(reference: Reference, replies: list[Reply]) -> None:
    """Requests of that time run once, cancelled ones end as cancelled, and nothing runs twice."""
    with talking(reference.path, cells=4096, quantum=1) as talk:
        reading = talk.submit("r", Reply(reference.words(1, 3500), (0,) * 400, 1.0))
        forgotten = talk.submit("f", Reply(reference.words(1, 3000), (0,) * 400, 1.0))
        kill(talk)
        talk.heard.wait_until(lambda: len(talk.heard.news) >= 1)
        asked = [talk.submit(f"c{index}", reply) for index, reply in enumerate(replies)]
        dropped = talk.submit("d", replies[0])
        talk.engine.cancel(dropped)
        talk.engine.cancel(reading)
        talk.engine.forget("f")
        talk.check(dict(zip(asked, replies, strict=True)))
        assert talk.heard.ended(dropped).reason == talk.heard.ended(reading).reason == "cancelled"
        assert talk.heard.ended(forgotten).reason == "cancelled"
        assert all(isinstance(end, Ended) for end in talk.heard.ends.values())


def test_a_cancel_that_the_crash_swallowed_still_counts(reference: Reference) -> None:
    with talking(reference.path, cells=4096, quantum=1) as talk:
        request = talk.submit("a", Reply(reference.words(1, 3500), (0,) * 400, 1.0))
        kill(talk, signal.SIGSTOP)
        talk.engine.cancel(request)
        kill(talk)
        assert talk.heard.ended(request).reason == "cancelled"


def test_a_deadline_goes_on_through_a_crash(reference: Reference) -> None:
    with talking(reference.path, cells=4096, quantum=1) as talk:
        started = time.monotonic()
        request = talk.submit("a", Reply(reference.words(1, 3500), (0,) * 500, 1.0), deadline_ms=300)
        kill(talk)
        assert talk.heard.ended(request).reason == "deadline"
        assert time.monotonic() - started < 10


def test_a_stuck_process_is_restarted(reference: Reference) -> None:
    with talking(reference.path, stall_timeout_s=0.5) as talk:
        kill(talk, signal.SIGSTOP)
        reply = reference.clear_reply(reference.words(2, 20), 5, seed=1)
        talk.ask("a", reply)
        assert ups(talk) == 1


def test_a_stuck_process_does_not_hold_up_who_writes_to_it(reference: Reference) -> None:
    """The pipe is full: the writer waits, until the watch ends the process."""
    with talking(reference.path, stall_timeout_s=0.7, cells=4096) as talk:
        kill(talk, signal.SIGSTOP)
        requests = [
            talk.submit(f"a{index}", Reply(reference.words(index, 3000), (0,), 1.0), deadline_ms=900)
            for index in range(12)
        ]
        for request in requests:
            talk.heard.ended(request)
        eventually(lambda: ups(talk) == 1)


def test_closing_a_stuck_process_takes_no_longer_than_told(reference: Reference) -> None:
    talk = Talk(ProcessEngine(config(reference.path)))
    request = talk.submit("a", Reply((50, 51), (0,) * 300, 1.0))
    kill(talk, signal.SIGSTOP)
    started = time.monotonic()
    talk.engine.close(timeout_s=0.3)
    assert time.monotonic() - started < 8
    talk.heard.end(request)


def test_close_ends_everything_once(reference: Reference) -> None:
    talk = Talk(ProcessEngine(config(reference.path, cells=4096, quantum=1)))
    folder = parked_folder(talk)
    requests = [talk.submit(f"a{n}", Reply(reference.words(n, 900), (0,) * 100, 1.0)) for n in range(6)]
    assert folder.is_dir()
    process_id = talk.engine.info.process_id
    talk.engine.close()
    talk.engine.close()
    assert {talk.heard.end(request, 0.1).reason for request in requests} <= {"cancelled", "length", "stop"}  # type: ignore[union-attr]
    assert not talk.heard.faults and not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)
    late = talk.submit("late", Reply((50,), (0,), 1.0))
    end = talk.heard.end(late, 0.1)
    assert isinstance(end, Failed) and end.error.code == "engine_closed"


def test_closing_during_a_restart_leaves_no_process(reference: Reference) -> None:
    for delay_s in (0.0, 0.05):
        talk = Talk(ProcessEngine(config(reference.path)))
        request = talk.submit("a", Reply(reference.words(1, 900), (0,) * 100, 1.0))
        kill(talk)
        time.sleep(delay_s)
        engine = talk.engine
        assert isinstance(engine, ProcessEngine)
        engine.close()
        talk.heard.end(request, 0.1)
        assert engine._thread is not None
        eventually(lambda engine=engine: not engine._thread.is_alive())  # type: ignore[misc, union-attr]
        children = subprocess.run(
            ["ps", "--ppid", str(os.getpid()), "-o", "args="], capture_output=True, text=True, timeout=20
        ).stdout
        assert "npc_sdk.engine" not in children


def test_before_start_and_twice_started_are_typed(reference: Reference) -> None:
    engine = ProcessEngine(config(reference.path))
    heard = Listener()
    with pytest.raises(StateError):
        _ = engine.info
    engine.close()
    engine = ProcessEngine(config(reference.path))
    engine.start(heard, timeout_s=WAIT_S)
    try:
        with pytest.raises(StateError):
            engine.start(heard)
        engine.cancel(77)
        engine.park("nobody")
        engine.forget("nobody")
        engine.set_quantum(3)
    finally:
        engine.close()


def refused(path: Path, **fields: object) -> NpcError:
    heard = Listener()
    engine = ProcessEngine(config(path, **fields))
    started = time.monotonic()
    with pytest.raises(NpcError) as caught:
        engine.start(heard, timeout_s=WAIT_S)
    assert time.monotonic() - started < 20
    assert not heard.news
    own = engine._own_folder
    assert own is None or not own.exists()
    engine.close()
    return caught.value


def test_files_that_are_no_model_are_refused(tmp_path: Path, tiny_hybrid_path: Path) -> None:
    truncated, foreign = tmp_path / "truncated.gguf", tmp_path / "foreign.gguf"
    truncated.write_bytes(tiny_hybrid_path.read_bytes()[:200_000])
    foreign.write_bytes(b"PK\x03\x04" + bytes(10_000))
    for path in (tmp_path / "missing.gguf", truncated, foreign):
        error = refused(path)
        assert isinstance(error, ModelError), (path, error)
        assert error.code and error.cause


def test_weights_that_are_cut_off_are_refused(tmp_path: Path, tiny_hybrid_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(tiny_hybrid_path.read_bytes()[:-100_000])
    assert isinstance(refused(path), ModelError)


@pytest.mark.parametrize("name", [b"none", b"xyzw"])
def test_a_model_without_a_tokenizer_is_refused(tmp_path: Path, tiny_attention_path: Path, name: bytes) -> None:
    """The kind of tokenizer is changed in place: to none at all, and to one that llama.cpp does not know."""
    content = tiny_attention_path.read_bytes()
    key = b"tokenizer.ggml.model"
    place = content.index(key) + len(key) + 4 + 8
    assert content[place : place + 4] == b"gpt2"
    path = tmp_path / "mute.gguf"
    path.write_bytes(content[:place] + name + content[place + 4 :])
    error = refused(path)
    assert isinstance(error, ModelError)
    assert error.code == ("model_no_tokenizer" if name == b"none" else "model_load_failed")


def test_a_context_that_cannot_fit_is_refused_before_it_is_made(tiny_attention_path: Path) -> None:
    """So large that no machine has it; nothing of it may be allocated."""
    error = refused(tiny_attention_path, cells=2**31 - 256)
    assert isinstance(error, CapacityError) and error.code == "context_does_not_fit"


@pytest.mark.parametrize(
    "command",
    ["/nowhere/npc-engine", "'", "  ", "true", "echo hello", "yes"],
)
def test_an_engine_command_that_is_none_is_typed(
    tiny_hybrid_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("NPC_ENGINE_COMMAND", command)
    assert isinstance(refused(tiny_hybrid_path), BackendError)


def test_a_process_that_never_speaks_runs_into_the_timeout(
    tiny_hybrid_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NPC_ENGINE_COMMAND", "sleep 60")
    engine = ProcessEngine(config(tiny_hybrid_path))
    started = time.monotonic()
    with pytest.raises(BackendError) as caught:
        engine.start(Listener(), timeout_s=0.3)
    assert caught.value.code == "engine_start_timeout"
    assert time.monotonic() - started < 10
    engine.close()


def test_a_model_that_vanishes_ends_in_a_crash_loop(tmp_path: Path, tiny_hybrid_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_hybrid_path.read_bytes())
    with talking(path) as talk:
        request = talk.submit("a", Reply(tuple(range(50, 900)), (0,) * 100, 1.0))
        path.unlink()
        kill(talk)
        talk.heard.end(request)
        eventually(lambda: any(isinstance(news, EngineDown) and news.is_final for news in talk.heard.news))
        late = talk.submit("b", Reply((50,), (0,), 1.0))
        assert isinstance(talk.heard.end(late), Failed)


def test_the_command_of_this_interpreter_and_of_a_frozen_game(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NPC_ENGINE_COMMAND", raising=False)
    assert engine_command() == [sys.executable, "-m", "npc_sdk.engine"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert engine_command() == [sys.executable, "--npc-engine"]
    monkeypatch.setenv("NPC_ENGINE_COMMAND", "a 'b c'")
    assert engine_command() == ["a", "b c"]


PARENT = """
    import sys, time
    from npc_sdk.engine import EngineConfig, ProcessEngine, Request

    def main():
        config = EngineConfig(model_path=sys.argv[1], slots=2, cells=4096, quantum=1, threads=1, parked_bytes=1 << 24)
        engine = ProcessEngine(config)
        engine.start(lambda event: None, timeout_s=30)
        if sys.argv[2] == "busy":
            engine.submit(Request(id=1, sequence="a", tokens=tuple(range(50, 3000)), max_tokens=1000))
        print(engine.info.process_id, engine._config.parked_folder, flush=True)
        time.sleep(60)

    main()
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_an_engine_whose_game_was_killed_ends_and_cleans_up(tiny_hybrid_path: Path, tmp_path: Path, state: str) -> None:
    """Started from a folder with a module that hides one of the standard library."""
    (tmp_path / "queue.py").write_text("raise ImportError('this is the game's own queue')".replace("game's", "game"))
    script = tmp_path / "scripts" / "game.py"
    script.parent.mkdir()
    script.write_text(textwrap.dedent(PARENT))
    root = str(Path(__file__).resolve().parents[2])
    game = subprocess.Popen(
        [sys.executable, str(script), str(tiny_hybrid_path), state],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        text=True,
    )
    try:
        assert game.stdout is not None
        process_id, folder = game.stdout.readline().split()
        assert Path(folder).is_dir()
    finally:
        game.kill()
        game.wait(10)
        game.stdout.close()  # type: ignore[union-attr]
    eventually(lambda: not is_running(int(process_id)))
    assert not Path(folder).exists()


def is_running(process_id: int) -> bool:
    """Tell whether a process works; one that nobody has waited for yet does not."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process_id}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def test_boundaries_cross_the_pipe(reference: Reference) -> None:
    prompt = reference.words(6, 30)
    first, second = (reference.clear_reply(prompt, 4, seed) for seed in (1, 2))
    kept = (Boundary(len(prompt), PrefixKind.PERSONA),)
    with talking(reference.path) as talk:
        talk.ask("a", first, boundaries=kept)
        assert talk.ask("b", second, boundaries=kept).cost.tokens_cached == len(prompt)


def test_a_file_on_which_llama_cpp_aborts_takes_only_the_engine_process(tiny_hybrid_path: Path, tmp_path: Path) -> None:
    header = read_header(tiny_hybrid_path, arrays=["tokenizer.ggml.tokens"])
    tokens = header.metadata["tokenizer.ggml.tokens"].values  # type: ignore[union-attr]
    assert tokens is not None
    words = [str(token).encode() for token in tokens[-400:]]
    one, other = next((a, b) for a in words for b in words if a != b and len(a) == len(b))
    length = struct.pack("<Q", len(one))
    path = tmp_path / "twice.gguf"
    path.write_bytes(tiny_hybrid_path.read_bytes().replace(length + one, length + other, 1))
    engine = ProcessEngine(config(path))
    with pytest.raises((EngineCrashError, ModelError)):
        engine.start(lambda event: None, timeout_s=60)
    engine.close()


def asked(talk: Talk, replies: list[Reply]) -> dict[int, Reply]:
    """Ask all, and wait until somebody has begun to speak."""
    requests = {talk.submit(f"c{index}", reply): reply for index, reply in enumerate(replies)}
    talk.heard.wait_until(lambda: bool(talk.heard.tokens))
    return requests


def changed(talk: Talk, count: int = 1) -> Reconfigured:
    event = talk.heard.changed(count)
    assert isinstance(event, Reconfigured)
    return event


CHANGES: dict[str, dict[str, object]] = {
    "slots": {"slots": 2},
    "cells": {"cells": 512},
    "quantum": {"quantum": 5},
    "cache type": {"kv_type": "f32"},
    "layers": {"gpu_layers": 2},
    "mapping": {"use_mmap": False},
}


@pytest.mark.parametrize("change", CHANGES)
def test_requests_go_on_through_a_change(reference: Reference, replies: list[Reply], change: str) -> None:
    with talking(reference.path) as talk:
        base = config(reference.path)
        process_id = talk.engine.info.process_id
        requests = asked(talk, replies)
        talk.engine.reconfigure(replace(base, **CHANGES[change]))  # type: ignore[arg-type]
        talk.check(requests)
        event = changed(talk)
        assert event.error is None and not talk.heard.news
        is_new = change in ("layers", "mapping")
        assert (talk.engine.info.process_id != process_id) == is_new == (event.load_ms > 0)
        assert talk.engine.stats().restarts == 0
        again = reference.clear_reply(replies[0].prompt + replies[0].tokens, 8, seed=5)
        assert talk.ask("c0", again).cost.tokens_read <= 6 + 1


def test_parked_characters_survive_a_planned_restart(reference: Reference, replies: list[Reply]) -> None:
    with talking(reference.path) as talk:
        talk.ask("parked", replies[0])
        talk.engine.park("parked")
        talk.ask("idle", replies[1])
        talk.engine.reconfigure(replace(config(reference.path), gpu_layers=2))
        event = changed(talk)
        assert event.error is None and event.parked_bytes > 0 and event.park_ms > 0
        for name, reply in (("parked", replies[0]), ("idle", replies[1])):
            again = reference.clear_reply(reply.prompt + reply.tokens, 8, seed=99)
            cost = talk.ask(name, again).cost
            assert cost.state_from == "memory" and cost.tokens_read <= 6 + 1


def test_suspended_there_is_no_process(reference: Reference, replies: list[Reply]) -> None:
    with talking(reference.path) as talk:
        process_id = talk.engine.info.process_id
        requests = asked(talk, replies)
        talk.engine.suspend()
        event = talk.heard.changed()
        assert isinstance(event, Suspended) and event.parked_bytes > 0 and event.context_bytes_before > 0
        assert not is_running(process_id)
        requests[talk.submit("late", replies[0])] = replies[0]
        hopeless = talk.submit("hopeless", replies[1], deadline_ms=50)
        assert talk.heard.ended(hopeless).reason == "deadline"
        talk.engine.reconfigure(config(reference.path, slots=2))
        talk.check(requests)
        assert changed(talk, 2).error is None and talk.engine.info.slots == 2 and not talk.heard.news
        assert talk.heard.ended(1).cost.total_ms >= talk.heard.ended(hopeless).cost.total_ms, "its time began anew"


@pytest.mark.parametrize("change", ["slots", "layers"])
def test_a_kill_in_a_change_ends_in_a_working_engine(reference: Reference, replies: list[Reply], change: str) -> None:
    """The process is stopped before it hears of the change, and dies when it should be in the middle of it."""
    with talking(reference.path) as talk:
        requests = asked(talk, replies)
        kill(talk, signal.SIGSTOP)
        talk.engine.reconfigure(replace(config(reference.path), **CHANGES[change]))  # type: ignore[arg-type]
        kill(talk)
        event = changed(talk)
        assert (event.error is not None) == (change == "slots"), "only sizes were this process's to change"
        talk.check(requests)


def test_a_kill_while_it_loads_brings_the_old_back(reference: Reference, replies: list[Reply]) -> None:
    with talking(reference.path) as talk:
        engine = talk.engine
        assert isinstance(engine, ProcessEngine)
        requests = asked(talk, replies)
        before = engine.info.process_id
        engine.reconfigure(config(reference.path, gpu_layers=2))

        def kill_the_next() -> bool:
            process = engine._process
            if process is None or process.child.pid == before:
                return False
            process.child.kill()
            return True

        eventually(kill_the_next)
        event = changed(talk)
        assert isinstance(event.error, EngineCrashError) and event.config.gpu_layers == 0
        talk.check(requests)
        assert not talk.heard.news


@pytest.mark.parametrize("change", ["slots", "layers"])
def test_a_process_that_is_stuck_in_a_change_is_killed(
    reference: Reference, replies: list[Reply], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from npc_sdk.engine import supervision

    monkeypatch.setattr(supervision, "LEAVE_LIMIT_S", 0.5)
    with talking(reference.path, stall_timeout_s=0.5) as talk:
        requests = asked(talk, replies)
        talk.heard.ended(next(iter(requests)))
        kill(talk, signal.SIGSTOP)
        talk.engine.reconfigure(replace(config(reference.path), **CHANGES[change]))  # type: ignore[arg-type]
        changed(talk)
        talk.check(requests)


def test_another_model_has_another_vocabulary(
    tiny_hybrid_path: Path, tiny_attention_path: Path, attention_reference: Reference
) -> None:
    with talking(tiny_hybrid_path) as talk:
        first = talk.engine.tokenizer.fingerprint
        request = talk.submit("a", Reply(tuple(range(50, 900)), (0,) * 100, 1.0))
        talk.engine.reconfigure(config(tiny_attention_path))
        end = talk.heard.end(request)
        assert isinstance(end, Failed) and end.error.code == "model_changed"
        assert changed(talk).error is None
        assert talk.engine.tokenizer.fingerprint == talk.engine.info.fingerprint != first
        talk.ask("a", attention_reference.clear_reply(attention_reference.words(2, 20), 5, seed=1))


def test_a_model_that_vanished_meanwhile_ends_the_engine_and_nothing_hangs(
    tmp_path: Path, tiny_hybrid_path: Path
) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_hybrid_path.read_bytes())
    with talking(path) as talk:
        request = talk.submit("a", Reply(tuple(range(50, 900)), (0,) * 100, 1.0))
        path.unlink()
        talk.engine.reconfigure(config(path, gpu_layers=2))
        assert isinstance(talk.heard.end(request), Failed)
        eventually(lambda: any(isinstance(news, EngineDown) and news.is_final for news in talk.heard.news))
