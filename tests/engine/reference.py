"""What a model says when it is asked alone, in a fresh context, one token after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from npc_sdk.engine.constraint import GrammarCompiler
from npc_sdk.engine.core import load_tokenizer
from npc_sdk.engine.engine import Engine, EngineConfig
from npc_sdk.engine.llama import LlamaContext, LlamaModel, LlamaTokenizer
from npc_sdk.engine.request import (
    Ended,
    EngineDown,
    EngineUp,
    Event,
    Failed,
    Reconfigured,
    Request,
    Scored,
    Suspended,
    TokensOut,
)

MARGIN = 0.04
"""llama.cpp's kernels differ by batch shape: logits of the same tokens were measured to differ by up to 0.009
(hybrid and attention-only, f16 weights). Where the best two are nearer than this, either is right."""
QUANTIZED_MARGIN = 0.25
"""With 8-bit weights the activations are rounded too, and differently by batch shape: up to 0.065 was measured."""

WAIT_S = 30.0


def config(path: Path, **fields: object) -> EngineConfig:
    """Return a small engine of one thread."""
    plain = EngineConfig(
        model_path=str(path), slots=4, cells=1024, quantum=32, threads=1, gpu_layers=0, parked_bytes=64 << 20
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


@dataclass
class Reply:
    """What a prompt leads to, and how clearly."""

    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    margin: float


class Reference:
    """A model of its own, asked one prompt at a time.

    Args:
        path: The model file.
        margin: How far the best token of a clear reply must be ahead.
    """

    def __init__(self, path: Path, *, margin: float = MARGIN) -> None:
        self.path = path
        self.margin = margin
        self._model = LlamaModel(path)
        self.tokenizer: LlamaTokenizer = load_tokenizer(str(path))
        self._context = LlamaContext(self._model, config(path, slots=1, quantum=512))
        self.grammars = GrammarCompiler(self.tokenizer)
        self._plain = [
            token
            for token in range(40, self.tokenizer.vocabulary_size)
            if token not in self.tokenizer.special_tokens() | self.tokenizer.end_tokens
        ]

    def close(self) -> None:
        self._context.close()
        self._model.close()

    def words(self, seed: int, count: int) -> tuple[int, ...]:
        """Return random plain tokens."""
        generator = np.random.default_rng(seed)
        return tuple(int(token) for token in generator.choice(self._plain, count))

    def logits(self, tokens: tuple[int, ...]) -> NDArray[np.float32]:
        """Return the logits after a prompt that is read in one piece."""
        self._context.remove(0)
        assert self._context.decode([(0, list(tokens), 0, True)]) == 0
        return self._context.logits(1)[0].copy()

    def state_bytes(self, tokens: int) -> int:
        """Return the bytes of the state of a sequence of so many tokens."""
        self.logits(self.words(0, tokens))
        return self._context.state_bytes(0)

    def reply(self, prompt: tuple[int, ...], count: int, grammar: str | None = None) -> Reply:
        """Return the best tokens after a prompt; with a grammar until its end."""
        matcher = None if grammar is None else self.grammars.matcher(grammar)
        logits = self.logits(prompt)
        tokens: list[int] = []
        margin = float("inf")
        while len(tokens) < count and not (matcher is not None and matcher.is_complete):
            if matcher is not None:
                matcher.mask(logits)
            best = np.partition(logits, -2)[-2:]
            margin = min(margin, float(best[1] - best[0]))
            token = int(logits.argmax())
            if token in self.tokenizer.end_tokens:
                break
            if matcher is not None:
                matcher.consume(token)
            assert self._context.decode([(0, [token], len(prompt) + len(tokens), True)]) == 0
            tokens.append(token)
            logits = self._context.logits(1)[0].copy()
        return Reply(prompt, tuple(tokens), margin)

    def clear_reply(self, history: tuple[int, ...], count: int, seed: int, grammar: str | None = None) -> Reply:
        """Return a prompt that continues a history with random words, and whose reply has no near ties."""
        for attempt in range(300):
            reply = self.reply(history + self.words(seed * 1000 + attempt, 6), count, grammar)
            if reply.margin >= self.margin and (grammar is not None or len(reply.tokens) == count):
                return reply
        raise AssertionError("every prompt leads to a near tie")


class Listener:
    """Takes an engine's events and lets a test wait for them; every wait has a limit."""

    def __init__(self) -> None:
        self.tokens: dict[int, tuple[int, ...]] = {}
        self.data: dict[int, bytes] = {}
        self.scores: dict[int, tuple[float, ...]] = {}
        self.ends: dict[int, Ended | Failed] = {}
        self.news: list[EngineDown | EngineUp] = []
        self.changes: list[Reconfigured | Suspended] = []
        self.faults: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._changed:
            self._take(event)
            self._changed.notify_all()

    def _take(self, event: Event) -> None:
        if isinstance(event, (EngineDown, EngineUp)):
            self.news.append(event)
            return
        if isinstance(event, (Reconfigured, Suspended)):
            self.changes.append(event)
            return
        if event.id in self.ends:
            self.faults.append(f"{event} after the end")
        if isinstance(event, TokensOut):
            self.tokens[event.id] = self.tokens.get(event.id, ()) + event.tokens
            self.data[event.id] = self.data.get(event.id, b"") + event.data
        elif isinstance(event, Scored):
            self.scores[event.id] = event.log_probabilities
        else:
            self.ends[event.id] = event

    def wait_until(self, happened: object, timeout_s: float = WAIT_S) -> None:
        with self._changed:
            assert self._changed.wait_for(happened, timeout_s), "it did not happen in time"  # type: ignore[arg-type]
        assert not self.faults

    def end(self, request_id: int, timeout_s: float = WAIT_S) -> Ended | Failed:
        self.wait_until(lambda: request_id in self.ends, timeout_s)
        return self.ends[request_id]

    def changed(self, count: int = 1, timeout_s: float = WAIT_S) -> Reconfigured | Suspended:
        """Wait for so many changes in all; returns the last."""
        self.wait_until(lambda: len(self.changes) >= count, timeout_s)
        return self.changes[count - 1]

    def ended(self, request_id: int) -> Ended:
        end = self.end(request_id)
        assert isinstance(end, Ended), end
        return end


class ActsAt(Listener):
    """Does something on the engine's own thread when replies have come so far; on a thread engine always there.

    Args:
        acts: By number of tokens of the longest reply, what to do.
    """

    def __init__(self, acts: dict[int, Callable[[], None]] | None = None) -> None:
        super().__init__()
        self.acts = dict(acts or {})

    def __call__(self, event: Event) -> None:
        super().__call__(event)
        longest = max(map(len, self.tokens.values()), default=0)
        for at in [at for at in self.acts if longest >= at]:
            self.acts.pop(at)()


class Talk:
    """An engine that runs, and what is said with it."""

    def __init__(self, engine: Engine, heard: Listener | None = None) -> None:
        self.engine = engine
        self.heard = heard or Listener()
        self._last = 0
        engine.start(self.heard, timeout_s=WAIT_S)

    def submit(self, sequence: str, reply: Reply, **fields: object) -> int:
        self._last += 1
        request = Request(id=self._last, sequence=sequence, tokens=reply.prompt, max_tokens=len(reply.tokens))
        self.engine.submit(replace(request, **fields))  # type: ignore[arg-type]
        return self._last

    def ask(self, sequence: str, reply: Reply, **fields: object) -> Ended:
        """Ask, wait, and compare with the reply alone."""
        request_id = self.submit(sequence, reply, **fields)
        end = self.heard.ended(request_id)
        assert self.heard.tokens.get(request_id, ()) == reply.tokens
        return end

    def check(self, requests: dict[int, Reply]) -> None:
        for request_id, reply in requests.items():
            self.heard.ended(request_id)
            assert self.heard.tokens.get(request_id, ()) == reply.tokens

    def close(self) -> None:
        self.engine.close(timeout_s=WAIT_S)
        assert not self.heard.faults


def talking(engine: Engine) -> Iterator[Talk]:
    """Start an engine for a fixture and stop it afterwards."""
    talk = Talk(engine)
    try:
        yield talk
    finally:
        talk.close()
