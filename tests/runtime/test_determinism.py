"""The same seed and the same words give the same turn; what others do at the same time changes nothing.

What the runtime asks for is compared request by request. That llama.cpp gives the same answer to the same request,
however it is batched, is for the engine's own tests: its kernels differ a little by batch shape.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from npc_sdk.engine.engine import Engine, EngineConfig
from npc_sdk.engine.process import ProcessEngine
from npc_sdk.engine.request import Request
from npc_sdk.engine.thread import ThreadEngine
from npc_sdk.persona import Limits, Persona
from npc_sdk.runtime import Npc, Runtime
from npc_sdk.testing import FakeEngine

LINES = ("Hello there.", "What about the bridge?", "Tell me more.")


def asked(engine: FakeEngine, name: str) -> list[tuple[object, ...]]:
    """Return what the engine was asked for a character, as text: ids of requests and words depend on who came first."""

    def plain(request: Request) -> tuple[object, ...]:
        prompt = engine.tokenizer.decode(request.tokens)
        return prompt, request.sampling, request.max_tokens, request.kind, request.boundaries

    own = [request for request in engine.requests if request.sequence == name and request.kind == "generate"]
    return [plain(request) for request in own]


def talk(npc: Npc) -> list[str]:
    return [npc.say(line).result().text for line in LINES]


def run(persona: Persona, others: int, **settings: object) -> list[tuple[object, ...]]:
    engine = FakeEngine(lambda prompt: f"I have heard {len(prompt)} letters.")
    with Runtime(engine=engine, **settings) as runtime:
        guard = runtime.spawn(persona, name="guard")
        rest = [runtime.spawn(persona) for _ in range(others)]
        with ThreadPoolExecutor(max(1, others)) as pool:
            talks = [pool.submit(talk, npc) for npc in rest]
            talk(guard)
            for done in talks:
                assert len(done.result(30)) == len(LINES)
        return asked(engine, "guard")


@pytest.mark.parametrize("greedy", [False, True])
def test_a_turn_does_not_depend_on_others(persona: Persona, greedy: bool) -> None:
    alone = run(persona, 0, seed=5, greedy=greedy)
    assert len(alone) == len(LINES)
    assert run(persona, 8, seed=5, greedy=greedy) == alone
    assert run(persona, 0, seed=6, greedy=greedy) != alone


def test_turns_of_one_character_are_drawn_apart(persona: Persona) -> None:
    seeds = [sampling.seed for _, sampling, *_ in run(persona, 0, seed=5)]  # type: ignore[attr-defined]
    assert len(set(seeds)) == len(seeds)


def test_fresh_characters_never_speak_alike_by_accident(persona: Persona) -> None:
    seeds = set()
    for _ in range(2):
        engine = FakeEngine()
        with Runtime(engine=engine) as runtime:
            for _ in range(2):
                runtime.spawn(persona).say("Hello.").result()
        seeds |= {request.sampling.seed for request in engine.requests if request.kind == "generate"}
    assert len(seeds) == 4


@pytest.mark.parametrize("greedy", [False, True])
def test_the_same_on_every_engine(tiny_hybrid_path: Path, greedy: bool) -> None:
    persona = Persona(name="Bron", role="the gate guard", limits=Limits(tokens=24, sentences=9))
    config = EngineConfig(model_path=str(tiny_hybrid_path), slots=2, cells=2048, threads=1)

    def spoken(make: Callable[[EngineConfig], Engine]) -> list[str]:
        with Runtime(engine=make(config), seed=5, greedy=greedy) as runtime:
            return talk(runtime.spawn(persona))

    first = spoken(ThreadEngine)
    assert all(first)
    assert spoken(ThreadEngine) == spoken(ProcessEngine) == first
