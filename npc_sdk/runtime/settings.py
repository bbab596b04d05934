"""What a runtime is set up with: an argument beats the environment, that beats a file, that beats the default."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from npc_sdk.budget.choose import size_bytes
from npc_sdk.engine.engine import EngineConfig
from npc_sdk.errors import RequestError
from npc_sdk.runtime.defaults import cells_for, slots_for, threads_for

ENVIRONMENT_PREFIX = "NPC_"
VRAM_AUTO, VRAM_OFF = "auto", "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeSettings:
    """How a runtime is set up; 0 for ``slots``, ``cells`` and ``threads`` takes what suits the machine.

    Args:
        slots: Characters whose state is live at once.
        cells: Tokens that all live characters together can hold.
        threads: CPU threads of the engine.
        quantum: Most prompt tokens read in one step of the engine.
        gpu_layers: Layers on the GPU; negative puts all there, 0 none.
        parked_bytes: Host memory for the states of characters that lost their slot.
        deadline_ms: Deadline of a turn or a decision for which the game names none.
        action_timeout_ms: Longest wait for the result of an action that a turn waits for.
        max_action_rounds: How often a character may go on after actions in one turn.
        auto_heard: Whether all that was delivered counts as heard unless the game says otherwise.
        greedy: Whether every character always takes the likeliest token; for tests.
        seed: Start of all random numbers; None draws one.
        warm: Whether prompts are read ahead: of a character at its spawn, of a turn after its end.
        max_text_bytes: Longest text of a player, a situation or an observation, in UTF-8.
        observation_ttl_ms: How long an observation stays in the prompt when the game does not say.
        max_observations: Most observations of one character; the oldest go first.
        start_timeout_s: Longest wait for the engine to work.
        vram: What the model may take at most: bytes, a size such as ``4GiB``, ``auto`` (what is free), or
            ``off`` for no plan at all, so that the sizes above hold whatever happens.
        reserve_mib: MiB that the game wants free.
        device: Whose memory is looked at: ``auto``, ``most-free``, a number or a UUID of an NVIDIA device, ``unified``,
            ``host``, or a size such as ``64MiB`` that game and model share and nobody else watches.
        smaller_model: A model to fall back on when memory gets short: a name from the catalog, or a file.
        governor_period_ms: How often the budget is looked at.
        floor_tokens_per_s: Tokens that all characters together get in a second while anybody speaks, even if
            frames are late for it; 0 puts every frame first, but on a CPU the model keeps half of the time all
            the same.
        background: Whether the engine process stands back where it computes on the CPU, so that the game gets a
            core first.

    Raises:
        RequestError: A value has the wrong type or is out of range (``bad_setting``).
    """

    slots: int = 0
    cells: int = 0
    threads: int = 0
    quantum: int = 128
    gpu_layers: int = -1
    parked_bytes: int = 1 << 30
    deadline_ms: float = 30_000.0
    action_timeout_ms: float = 5_000.0
    max_action_rounds: int = 4
    auto_heard: bool = True
    greedy: bool = False
    seed: int | None = None
    warm: bool = True
    max_text_bytes: int = 8192
    observation_ttl_ms: float = 60_000.0
    max_observations: int = 16
    start_timeout_s: float = 120.0
    vram: int | str = "auto"
    reserve_mib: int = 0
    device: str = "auto"
    smaller_model: str | None = None
    governor_period_ms: float = 200.0
    floor_tokens_per_s: float = 0.0
    background: bool = True

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is None and name == "seed":
                continue
            _check_range(name, value, low, high)
        for name in _FLAGS:
            if not isinstance(getattr(self, name), bool):
                raise _bad_value(name, getattr(self, name), "true or false")
        if self.smaller_model is not None and not (isinstance(self.smaller_model, str) and self.smaller_model):
            raise _bad_value("smaller_model", self.smaller_model, "a model's name or file")
        if not (isinstance(self.device, str) and self.device.strip()):
            raise _bad_value("device", self.device, "auto, a device, or a size such as 64MiB")
        _ = self.vram_bytes

    @property
    def is_planned(self) -> bool:
        """Whether plans are made at all."""
        return self.vram != VRAM_OFF

    @property
    def vram_bytes(self) -> int | None:
        """What the model may take at most; None when only what is free limits it.

        Raises:
            RequestError: ``vram`` is no size (``bad_setting``).
        """
        if self.vram in (VRAM_AUTO, VRAM_OFF):
            return None
        with suppress(RequestError):
            if isinstance(self.vram, str):
                return int(self.vram) if self.vram.isdecimal() and int(self.vram) > 0 else size_bytes(self.vram)
            if not isinstance(self.vram, bool) and isinstance(self.vram, int) and self.vram > 0:
                return self.vram
        raise _bad_value("vram", self.vram, "auto, off, bytes, or a size such as 4GiB")

    def for_machine(self) -> RuntimeSettings:
        """Return the settings with every 0 replaced by what suits this machine."""
        slots = self.slots or slots_for(os.cpu_count() or 1)
        return replace(
            self,
            slots=slots,
            cells=self.cells or cells_for(slots),
            threads=self.threads or threads_for(os.cpu_count() or 1),
        )

    def engine_config(self, model_path: str, *, parked_folder: str | None = None) -> EngineConfig:
        """Return what an engine for this model is set up with."""
        chosen = self.for_machine()
        return EngineConfig(
            model_path=model_path,
            slots=chosen.slots,
            cells=chosen.cells,
            quantum=chosen.quantum,
            gpu_layers=chosen.gpu_layers,
            threads=chosen.threads,
            parked_bytes=chosen.parked_bytes,
            parked_folder=parked_folder,
            background=chosen.background,
        )

    @classmethod
    def load(
        cls,
        file: str | Path | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        table: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> RuntimeSettings:
        """Put settings together from all places.

        Args:
            file: A TOML file with settings by name; None reads none.
            table: Settings that were read from a part of another file; they count as that of a file.
            environment: Variables such as ``NPC_SLOTS``; None takes those of this process.
            **arguments: Settings by name; None means not given.

        Raises:
            RequestError: A name is unknown (``unknown_setting``), a value cannot be used
                (``bad_setting``), or the file cannot be read (``bad_settings_file``).
        """
        values = _from_file(Path(file)) if file is not None else {}
        _check_names(table or {}, "in a table")
        values.update(table or {})
        values.update(_from_environment(os.environ if environment is None else environment))
        given = {name: value for name, value in arguments.items() if value is not None}
        _check_names(given, "argument")
        values.update(given)
        return cls(**values)


_RANGES: dict[str, tuple[float, float]] = {
    "slots": (0, 256),
    "cells": (0, 1 << 24),
    "threads": (0, 1024),
    "quantum": (1, 1 << 16),
    "gpu_layers": (-1, 1 << 16),
    "parked_bytes": (0, 1 << 44),
    "deadline_ms": (1, 3_600_000),
    "action_timeout_ms": (0, 3_600_000),
    "max_action_rounds": (0, 64),
    "seed": (0, (1 << 64) - 1),
    "max_text_bytes": (1, 1 << 20),
    "observation_ttl_ms": (1, 1e12),
    "max_observations": (0, 1024),
    "start_timeout_s": (0.001, 86_400),
    "reserve_mib": (0, 1 << 30),
    "governor_period_ms": (10, 60_000),
    "floor_tokens_per_s": (0, 1e6),
}
_FLAGS = ("auto_heard", "background", "greedy", "warm")
_TEXTS = ("vram", "device", "smaller_model")
_REALS = (
    "deadline_ms",
    "action_timeout_ms",
    "observation_ttl_ms",
    "start_timeout_s",
    "governor_period_ms",
    "floor_tokens_per_s",
)


def _names() -> tuple[str, ...]:
    return tuple(field.name for field in fields(RuntimeSettings))


def _bad_value(name: str, value: object, wanted: str) -> RequestError:
    return RequestError(
        f"The setting {name} is {value!r}.", f"Use {wanted}.", code="bad_setting", setting=name, wanted=wanted
    )


def _check_range(name: str, value: object, low: float, high: float) -> None:
    kinds = (int, float) if name in _REALS else (int,)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        raise _bad_value(name, value, f"a number from {low:g} to {high:g}")


def _check_names(values: Mapping[str, object], place: str) -> None:
    for name in values:
        if name in _names():
            continue
        near = difflib.get_close_matches(name, _names(), n=1)
        raise RequestError(
            f"There is no setting {name!r} ({place}).",
            f"Did you mean {near[0]!r}?" if near else f"Settings are: {', '.join(_names())}.",
            code="unknown_setting",
            setting=name,
        )


def _from_file(file: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]
    try:
        values: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(
            f"The settings file {file} cannot be read: {error}.",
            "Write it as TOML, such as: slots = 4",
            code="bad_settings_file",
            file=str(file),
        ) from error
    _check_names(values, f"in {file}")
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        name = variable[len(ENVIRONMENT_PREFIX) :].lower()
        if name in _names():
            values[name] = _parsed(name, text)
        elif difflib.get_close_matches(name, _names(), n=1, cutoff=0.85):
            # Other variables with this prefix are not ours; a slip of the pen is.
            _check_names({name: text}, f"in the environment as {variable}")
    return values


def _parsed(name: str, text: str) -> Any:
    if name in _FLAGS:
        if text.lower() not in ("0", "1", "true", "false"):
            raise _bad_value(name, text, "1, 0, true or false")
        return text.lower() in ("1", "true")
    if name in _TEXTS:
        return text
    try:
        return float(text) if name in _REALS else int(text)
    except ValueError:
        raise _bad_value(name, text, "a number") from None
