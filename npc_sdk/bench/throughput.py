"""Figures 1 and 7: a step of the engine against bare llama.cpp calls of the same shape, and what is our own in it."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from npc_sdk.bench.grammar import fixed_grammar
from npc_sdk.bench.harness import Row, Setup, middle, plain_tokens
from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine.core import EngineCore
from npc_sdk.engine.llama import LlamaContext
from npc_sdk.engine.request import Constraint, Request
from npc_sdk.errors import BackendError

LIMITS = {"4b-shaped": 0.97, "mid": 0.92}
_PROMPT = 16


def measure_throughput(setup: Setup) -> list[Row]:
    """Decode with 1, 4, 8 and 16 characters: the engine's steps and bare calls in turn, on one model."""
    models = ["mid", "starter"] if setup.quick else ["4b-shaped", "mid", "starter"]
    rows = []
    for model in models:
        for characters in (1, 4, 8, 16):
            rows.append(_compare(setup, model, characters))
            setup.report(f"figure 1: {model}, {characters}: {rows[-1].value:.3f}")
    return rows


def _compare(setup: Setup, model: str, characters: int) -> Row:
    steps, blocks = {"4b-shaped": (6, 7), "mid": (24, 9), "starter": (100, 9)}[model]
    if setup.quick:
        blocks = 3
    most = steps * (blocks + 2)
    core = EngineCore(setup.config(model, slots=16, cells=16 * (_PROMPT + most + 8)))
    core.pace(PacingConfig(is_on=False))
    bare = BareLoop(core, characters)
    speak(core, characters, max_tokens=most)
    bare.steps(steps)
    ours, theirs = [], []
    for _ in range(blocks):
        theirs.append(bare.steps(steps))
        ours.append(timed_steps(core, steps))
    ratio = middle([b / o for o, b in zip(ours, theirs, strict=True)])
    per_second = characters * steps / middle(ours)
    bare.close()
    core.loop.close()
    core.close()
    return Row(
        figure=1,
        case=f"{model}, {characters} characters",
        name="decoding speed / bare loop",
        value=ratio,
        limit=LIMITS.get(model),
        is_at_least=True,
        detail=f"{per_second:.1f} tokens/s, bare {characters * steps / middle(theirs):.1f}",
    )


class BareLoop:
    """Greedy decoding of some sequences with nothing around it."""

    def __init__(self, core: EngineCore, characters: int) -> None:
        self._context = LlamaContext(core.model, core.config)
        self._characters = characters
        self._length = _PROMPT
        for index in range(characters):
            self._context.decode([(index, list(plain_tokens(index, _PROMPT)), 0, True)])
        self._tokens = [[token] for token in plain_tokens(99, characters)]

    def steps(self, count: int) -> float:
        """Run so many calls and return the seconds."""
        started = perf_counter()
        for _ in range(count):
            rows = [(index, tokens, self._length, True) for index, tokens in enumerate(self._tokens)]
            self._context.decode(rows)
            best = self._context.logits(self._characters).argmax(axis=1)
            self._tokens = [[int(token)] for token in best]
            self._length += 1
        return perf_counter() - started

    def close(self) -> None:
        """Free the context."""
        self._context.close()


def speak(core: EngineCore, characters: int, *, max_tokens: int, grammar: str = "") -> None:
    """Let so many characters begin to speak, and step until all of them do."""
    constraint = Constraint(trigger="", grammar=grammar) if grammar else None
    for index in range(characters):
        core.loop.submit(
            Request(
                id=index + 1,
                sequence=f"character {index}",
                tokens=plain_tokens(index, _PROMPT),
                max_tokens=max_tokens,
                constraint=constraint,
                ignore_end=True,
            )
        )
    begun: set[int] = set()
    while core.loop.step():
        begun |= {getattr(event, "id", 0) for event in core.loop.take_events()}
        if len(begun) == characters:
            return
    raise BackendError(f"Only {len(begun)} of {characters} characters began to speak.", code="bench_stuck")


def timed_steps(core: EngineCore, count: int) -> float:
    """Run so many steps and return the seconds."""
    started = perf_counter()
    for _ in range(count):
        core.loop.step()
        core.loop.take_events()
    return perf_counter() - started


def measure_overhead(setup: Setup) -> list[Row]:
    """Time of a step with 16 rows that is spent outside llama.cpp, free and constrained."""
    rows = []
    for model, limit in (("starter", 2.0), ("mid", 4.0)):
        core = EngineCore(setup.config(model, slots=16, cells=4096))
        core.pace(PacingConfig(is_on=False))
        free = _own_ms(core, setup, grammar="")
        masked = _own_ms(core, setup, grammar=fixed_grammar())
        core.close()
        tokens = core.tokenizer_size
        rows.append(_overhead_row(f"{model} ({tokens} tokens), 16 free", free, limit))
        rows.append(_overhead_row(f"{model} ({tokens} tokens), 16 constrained", masked, 2 * limit))
        setup.report(f"figure 7: {model}: free {free:.2f} ms, constrained {masked:.2f} ms")
    return rows


def _own_ms(core: EngineCore, setup: Setup, *, grammar: str) -> float:
    steps = 40 if setup.quick else 120
    speak(core, 16, max_tokens=steps + 20, grammar=grammar)
    own = []
    for _ in range(steps):
        core.loop.step()
        core.loop.take_events()
        own.append(core.loop.last_own_ms)
    core.loop.close()
    core.loop.take_events()
    return float(np.median(own))


def _overhead_row(case: str, value: float, limit: float) -> Row:
    return Row(figure=7, case=case, name="own time of a step (ms)", value=value, limit=limit)
