"""A loaded engine: the loop over llama.cpp, its commands, and the run until it is told to close."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Literal, TypeAlias

from npc_sdk.engine.constraint import GrammarCompiler
from npc_sdk.engine.engine import EngineConfig, EngineInfo, EngineStats
from npc_sdk.engine.fit import require_room
from npc_sdk.engine.llama import LlamaContext, LlamaModel, LlamaTokenizer, backend_devices, library_version
from npc_sdk.engine.loop import EngineLoop
from npc_sdk.engine.memory import SequenceMemory
from npc_sdk.engine.prefix_cache import PrefixCache
from npc_sdk.engine.request import EngineCost, Event, Failed, Request
from npc_sdk.engine.state import FolderStore, MemoryStore, StateStore
from npc_sdk.errors import NpcError
from npc_sdk.models.header import read_header
from npc_sdk.models.identity import fingerprint

Command: TypeAlias = (
    tuple[Literal["submit"], Request, float]
    | tuple[Literal["cancel"], int]
    | tuple[Literal["park"], str]
    | tuple[Literal["forget"], str]
    | tuple[Literal["quantum"], int]
    | tuple[Literal["close"]]
)

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

    Raises:
        ModelError: The file cannot be used.
        CapacityError: There is not enough memory.
    """

    def __init__(self, config: EngineConfig, *, on_progress: Callable[[float], None] | None = None) -> None:
        started = perf_counter()
        read_header(config.model_path).require_usable()
        if config.gpu_layers == 0 or backend_devices() == "CPU":
            require_room(config)  # the card's memory is the budget's business
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        config = replace(config, threads=config.threads or max(1, (os.cpu_count() or 2) // 2))
        self.config = config
        self.model = LlamaModel(
            config.model_path, gpu_layers=config.gpu_layers, use_mmap=config.use_mmap, on_progress=on_progress
        )
        self._context: LlamaContext | None = None
        try:
            self.tokenizer = LlamaTokenizer(self.model, fingerprint(config.model_path))
            context = self._context = LlamaContext(self.model, config)
            self.loop = self._make_loop(context, config)
            _warm_up(context)
        except BaseException:
            self.close()
            raise
        self.stats = EngineStats()
        self.info = self._describe(context, config, (perf_counter() - started) * 1000)

    def _make_loop(self, context: LlamaContext, config: EngineConfig) -> EngineLoop:
        return EngineLoop(
            context,
            SequenceMemory(context, self._make_cache(config)),
            GrammarCompiler(self.tokenizer),
            pieces=self.tokenizer.pieces(),
            end_tokens=self.tokenizer.end_tokens,
            quantum=config.quantum,
        )

    def _make_cache(self, config: EngineConfig) -> PrefixCache:
        model_key = f"{self.tokenizer.fingerprint}/{library_version()}/{config.kv_type}/{config.flash_attention:d}"
        store: StateStore = MemoryStore()
        if config.parked_folder is not None:
            store = FolderStore(config.parked_folder, model_key, tier="memory")
        disk = None
        if config.disk_folder is not None:
            disk = FolderStore(config.disk_folder, model_key, tier="disk")
        cache = PrefixCache(store, config.parked_bytes, disk=disk, disk_bytes=config.disk_bytes)
        for folder in (store, disk):
            if isinstance(folder, FolderStore):
                for state in folder.found():
                    cache.insert(state)
        return cache

    def _describe(self, context: LlamaContext, config: EngineConfig, load_ms: float) -> EngineInfo:
        return EngineInfo(
            model_name=self.model.metadata("general.name") or os.path.basename(config.model_path),
            fingerprint=self.tokenizer.fingerprint,
            slots=context.slots,
            cells=context.cells,
            max_sequence_tokens=min(context.cells, max(self.model.trained_context, 256)),
            is_hybrid=context.is_hybrid,
            gpu_layers=0 if backend_devices() == "CPU" else config.gpu_layers,
            backend=backend_devices(),
            state_bytes=context.recurrent_bytes(),
            process_id=os.getpid(),
            load_ms=load_ms,
        )

    @property
    def tokenizer_size(self) -> int:
        """Number of tokens in the vocabulary."""
        return self.tokenizer.vocabulary_size

    def post(self, command: Command) -> None:
        """Hand over a command; safe from any thread."""
        if command[0] == "cancel":
            self.loop.abort_reading(command[1])
        self._commands.put(command)

    def run(self, emit: Callable[[list[Event]], None]) -> None:
        """Work until told to close.

        Args:
            emit: Called with what happened in each step; at times with nothing, as a sign of life.
        """
        worked = True
        published = 0.0
        while True:
            if not self._drain(0.0 if worked else self._wait()):
                break
            worked = self.loop.step()
            events = self.loop.take_events()
            now = perf_counter()
            is_due = now - published > _STATS_EVERY_S
            before = self.stats
            if not worked or is_due:
                self.stats, published = self.loop.stats(), now
            # A long reading has no events, but whoever waits must see life, and at its end the last figures.
            if events or (worked and is_due) or self.stats != before:
                emit(events)
        self.loop.close()
        emit(self.loop.take_events())

    def _wait(self) -> float:
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
