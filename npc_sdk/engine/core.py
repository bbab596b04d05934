"""A loaded engine: the loop over llama.cpp, its commands, and the run until it is told to close or to leave."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Literal, TypeAlias

from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import Pacer, PacingConfig
from npc_sdk.engine.config import EngineConfig, Wish, change_between, placed_like, thread_count, unusable
from npc_sdk.engine.constraint import GrammarCompiler
from npc_sdk.engine.engine import EngineInfo, EngineStats
from npc_sdk.engine.fit import require_room
from npc_sdk.engine.llama import (
    LlamaContext,
    LlamaModel,
    LlamaTokenizer,
    backend_devices,
    library_version,
    needs_new_context,
)
from npc_sdk.engine.loop import EngineLoop
from npc_sdk.engine.memory import SequenceMemory
from npc_sdk.engine.prefix_cache import PrefixCache
from npc_sdk.engine.request import EngineCost, Event, Failed, Reconfigured, Request
from npc_sdk.engine.step_log import EngineCall, StepLog
from npc_sdk.engine.stores import make_cache, state_key
from npc_sdk.errors import CapacityError, NpcError
from npc_sdk.models.header import read_header
from npc_sdk.models.identity import fingerprint

Command: TypeAlias = (
    tuple[Literal["submit"], Request, float]
    | tuple[Literal["cancel"], int]
    | tuple[Literal["park"], str]
    | tuple[Literal["forget"], str]
    | tuple[Literal["quantum"], int]
    | tuple[Literal["change"], Wish]
    | tuple[Literal["frame"], FrameHint, float]
    | tuple[Literal["pace"], PacingConfig]
    | tuple[Literal["watch"]]
    | tuple[Literal["close"]]
)
Commands: TypeAlias = "queue.SimpleQueue[Command]"

_IDLE_WAIT_S = 0.25
_BLOCKED_WAIT_S = 0.01
_STATS_EVERY_S = 0.1


def load_tokenizer(model_path: str) -> LlamaTokenizer:
    """Load the vocabulary of a model file without its weights."""
    model = LlamaModel(model_path, vocabulary_only=True)
    return LlamaTokenizer(model, fingerprint(model_path))


class EngineCore:
    """Model, context and loop; made, run and closed by one thread.

    Only :meth:`post` may be called from other threads.

    Args:
        config: How to set it up.
        on_progress: Called with the share of the model that is loaded.
        commands: Where commands come from; default a queue of its own.
        inherits: An engine that was closed after :meth:`leave`; its parked states are taken over where they
            are of use.

    Attributes:
        wanted: What the engine was told to become when :meth:`run` returned ``leave``.

    Raises:
        ModelError: The file cannot be used.
        CapacityError: There is not enough memory.
    """

    def __init__(
        self,
        config: EngineConfig,
        *,
        on_progress: Callable[[float], None] | None = None,
        commands: Commands | None = None,
        inherits: EngineCore | None = None,
    ) -> None:
        started = perf_counter()
        read_header(config.model_path).require_usable()
        _require_room(config)
        self._commands: Commands = commands or queue.SimpleQueue()
        self.config = config
        self.wanted: Wish | None = None
        self.model = LlamaModel(
            config.model_path, gpu_layers=config.gpu_layers, use_mmap=config.use_mmap, on_progress=on_progress
        )
        self._context: LlamaContext | None = None
        try:
            self.tokenizer = LlamaTokenizer(self.model, fingerprint(config.model_path))
            context = self._context = LlamaContext(self.model, config)
            self._cache = self._first_cache(config, inherits)
            self._pacing: PacingConfig | None = inherits._pacing if inherits is not None else None
            self._pacer = Pacer(self._pacing_of(config.quantum))
            self.loop = self._make_loop(context, config)
            if inherits is not None and inherits.loop.step_log is not None:
                self.watch_calls()
            _warm_up(context)
        except BaseException:
            self.close()
            raise
        self.stats = EngineStats()
        self.info = self._describe(context, config, (perf_counter() - started) * 1000)

    def _make_loop(self, context: LlamaContext, config: EngineConfig) -> EngineLoop:
        return EngineLoop(
            context,
            SequenceMemory(context, self._cache),
            GrammarCompiler(self.tokenizer),
            pieces=self.tokenizer.pieces(),
            end_tokens=self.tokenizer.end_tokens,
            quantum=config.quantum,
            pace=self._pacer,
        )

    def _first_cache(self, config: EngineConfig, inherits: EngineCore | None) -> PrefixCache:
        self._cache_key = state_key(config, self.tokenizer.fingerprint, library_version())
        if inherits is None:
            return make_cache(config, self._cache_key)
        if inherits._cache_key != self._cache_key:
            inherits._cache.clear()
            return make_cache(config, self._cache_key)
        inherits._cache.resize(config.parked_bytes, config.disk_bytes)
        return inherits._cache

    def _describe(self, context: LlamaContext, config: EngineConfig, load_ms: float) -> EngineInfo:
        return EngineInfo(
            model_name=self.model.metadata("general.name") or os.path.basename(config.model_path),
            fingerprint=self.tokenizer.fingerprint,
            slots=context.slots,
            cells=context.cells,
            max_sequence_tokens=self._longest(context),
            is_hybrid=context.is_hybrid,
            gpu_layers=0 if is_on_cpu(config) else config.gpu_layers,
            backend=backend_devices(),
            state_bytes=context.recurrent_bytes(),
            process_id=os.getpid(),
            load_ms=load_ms,
            context_bytes=context.context_bytes,
            device_bytes=context.device_bytes + self.model.device_bytes,
        )

    def _longest(self, context: LlamaContext) -> int:
        return min(context.cells, max(self.model.trained_context, 256))

    @property
    def tokenizer_size(self) -> int:
        """Number of tokens in the vocabulary."""
        return self.tokenizer.vocabulary_size

    def post(self, command: Command) -> None:
        """Hand over a command; safe from any thread."""
        if command[0] == "cancel":
            self.loop.abort_reading(command[1])
        self._commands.put(command)

    def run(self, emit: Callable[[list[Event]], None]) -> Literal["close", "leave"]:
        """Work until told to close, or to become what takes another engine (see ``wanted``).

        Args:
            emit: Called with what happened in each step; at times with nothing, as a sign of life.

        Returns:
            ``close`` when every request was ended, ``leave`` when :meth:`leave` must follow.
        """
        worked = True
        published = 0.0
        while True:
            if not self._drain(0.0 if worked else self._wait()):
                self.loop.close()
                emit(self.loop.take_events())
                return "close"
            if self.wanted is not None and not self._change():
                emit(self.loop.take_events())
                return "leave"
            worked = self.loop.step()
            events = self.loop.take_events()
            now = perf_counter()
            is_due = now - published > _STATS_EVERY_S
            before = self.stats
            if is_due or not (worked or self.loop.is_resting):
                self.stats = self.loop.stats(context_bytes=self.info.context_bytes)
            # What takes long has no events, but whoever waits must see life, and at its end the last figures.
            if events or (is_due and not self.loop.is_idle) or self.stats != before:
                emit(events)
            published = now if is_due else published

    def _wait(self) -> float:
        rest_s = self.loop.rest_s
        if rest_s is not None:
            return min(rest_s, _IDLE_WAIT_S)
        return _IDLE_WAIT_S if self.loop.is_idle else _BLOCKED_WAIT_S

    def _drain(self, timeout_s: float) -> bool:
        """Take in all commands, waiting for the first; False when told to close."""
        try:
            command = self._commands.get(timeout=timeout_s) if timeout_s else self._commands.get_nowait()
            while True:
                if command[0] == "close":
                    return False
                self._apply(command)
                command = self._commands.get_nowait()
        except queue.Empty:
            return True

    def _apply(self, command: Command) -> None:
        if command[0] == "submit":
            self.loop.submit(command[1], command[2])
        elif command[0] == "cancel":
            self.loop.cancel(command[1])
        elif command[0] == "park":
            self.loop.park(command[1])
        elif command[0] == "forget":
            self.loop.forget(command[1])
        elif command[0] == "quantum":
            self.loop.quantum = max(1, command[1])
            self._repace()
        elif command[0] == "change":
            self.wanted = command[1]
        elif command[0] == "frame":
            self._pacer.hint(command[1], command[2] * 1000)
            self.loop.repace()
        elif command[0] == "pace":
            self.pace(command[1])
        elif command[0] == "watch":
            self.watch_calls()

    # Pacing

    def pace(self, config: PacingConfig) -> None:
        """Change how calls are paced; for the engine's own thread."""
        self._pacing = config
        self._repace()

    def _repace(self) -> None:
        self._pacer.configure(self._pacing_of(self.loop.quantum))
        self.loop.repace()

    def _pacing_of(self, quantum: int) -> PacingConfig:
        """Return the pacing to follow: what was asked for, else as much at once as the engine may."""
        asked = self._pacing
        if asked is None:
            asked = PacingConfig(quantum_min=min(quantum, 16), quantum_max=min(quantum, 1 << 20))
        return replace(asked, device="cpu" if is_on_cpu(self.config) else "gpu")

    # Changes

    def _change(self) -> bool:
        """Become what is wanted; False when that takes another engine."""
        config = self.wanted
        if config is None or config == "suspend":
            return False
        began, before, park_ms = perf_counter(), self.info, 0.0
        error = unusable(config, self.config)
        if error is None and change_between(self.config, config) == "model":
            return False
        self.wanted = None
        config = placed_like(config, self.config)
        if error is None and needs_new_context(self.config, config):
            self._leave_context(is_of_use=self._key(config) == self._cache_key)
            park_ms = (perf_counter() - began) * 1000
            error = self._enter_context(config)
        if error is None:
            self._settle(config)
        self.loop.tell(
            Reconfigured(
                config=self.config,
                wanted=config if error is not None else None,
                error=error,
                parked_bytes=self._cache.used_bytes,
                park_ms=park_ms,
                change_ms=(perf_counter() - began) * 1000,
                context_bytes_before=before.context_bytes,
                context_bytes_after=self.info.context_bytes,
                device_bytes_before=before.device_bytes,
                device_bytes_after=self.info.device_bytes,
            )
        )
        return True

    def _key(self, config: EngineConfig) -> str:
        return state_key(config, self.tokenizer.fingerprint, library_version())

    def _leave_context(self, *, is_of_use: bool) -> None:
        """Park what is live, if its bytes are of use afterwards, and free the context: two have no room."""
        self.loop.suspend(keep=is_of_use)
        if self._context is not None:
            self._context.close()

    def _enter_context(self, config: EngineConfig) -> CapacityError | None:
        """Make a context, or the old one again; returns why it is the old one.

        Raises:
            CapacityError: Not even that can be made any more.
        """
        try:
            self._attach(config)
            return None
        except CapacityError as error:
            failure = error
        self._attach(self.config)
        return failure

    def _attach(self, config: EngineConfig) -> None:
        _require_room(config)
        can_split = self._context.can_split_state if self._context is not None else None
        context = LlamaContext(self.model, config, can_split_state=can_split)
        key = self._key(config)
        try:
            if key != self._cache_key:
                self._cache.clear()
                self._cache, self._cache_key = make_cache(config, key), key
        except CapacityError:
            context.close()
            raise
        self._context = context
        self.loop.attach(context, SequenceMemory(context, self._cache), quantum=config.quantum)

    def _settle(self, config: EngineConfig) -> None:
        """Take on what needs no other context, and note what holds now."""
        self.config = config
        self.loop.quantum = config.quantum
        self._cache.resize(config.parked_bytes, config.disk_bytes)
        self._repace()
        context = self._context
        if context is None:
            return
        context.set_threads(thread_count(config))
        self.info = replace(
            self.info,
            slots=context.slots,
            cells=context.cells,
            max_sequence_tokens=self._longest(context),
            context_bytes=context.context_bytes,
            device_bytes=context.device_bytes + self.model.device_bytes,
        )

    # The end

    def leave(self) -> list[tuple[Request, float]]:
        """Park everything, after :meth:`run` returned ``leave``.

        Returns:
            The requests that did not end, as they must be run again, and when they came.
        """
        self.loop.suspend(keep=True)
        return self.loop.hand_over()

    def forget_parked(self, sequence: str) -> None:
        """Drop the parked states of a sequence, after :meth:`leave`."""
        self._cache.forget(sequence)

    def remember_pacing(self, config: PacingConfig) -> None:
        """Note the pacing for the engine that inherits."""
        self._pacing = config

    def watch_calls(self) -> None:
        """Take note of each call of llama.cpp from now on, also in the engine that inherits."""
        self.loop.step_log = self.loop.step_log or StepLog()

    def take_calls(self) -> list[EngineCall]:
        """Return the calls since the last time; none while nobody watches."""
        log = self.loop.step_log
        return log.take(perf_counter()) if log else []

    @property
    def parked_bytes(self) -> int:
        """Bytes of the states in host memory."""
        return self._cache.used_bytes

    def fail(self, error: NpcError) -> list[Event]:
        """End every request with an error, those not taken in yet too, after :meth:`run` broke off."""
        self.loop.fail(error)
        events = self.loop.take_events()
        while not self._commands.empty():
            command = self._commands.get_nowait()
            if command[0] == "submit":
                events.append(Failed(command[1].id, error, EngineCost()))
        return events

    def close(self) -> None:
        """Free the context and the model; parked states in a folder stay."""
        if self._context is not None:
            self._context.close()
        self.model.close()


def _warm_up(context: LlamaContext) -> None:
    """Run one token, so that the first character does not pay for lazy set-up."""
    context.decode([(0, [0], 0, True)])
    context.logits(1)
    context.remove(0)


def is_on_cpu(config: EngineConfig) -> bool:
    """Tell whether an engine that is set up like this computes on the CPU alone."""
    return config.gpu_layers == 0 or backend_devices() == "CPU"


def _require_room(config: EngineConfig) -> None:
    if is_on_cpu(config):
        require_room(config)  # the card's memory is the budget's business
