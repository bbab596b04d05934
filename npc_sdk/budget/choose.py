"""Which probe suits this machine, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from npc_sdk.budget.configured import ConfiguredProbe
from npc_sdk.budget.host import HostProbe
from npc_sdk.budget.nvml import NvmlProbe
from npc_sdk.budget.nvml_choice import MOST_FREE
from npc_sdk.budget.probe import Device, MemoryReading, NoReading, NowMs, Probe, monotonic_ms
from npc_sdk.budget.unified import UnifiedMemoryProbe, is_unified_name, unified_machine
from npc_sdk.errors import RequestError

AUTO = "auto"
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(KiB|MiB|GiB|TiB|kB|MB|GB|TB)", re.IGNORECASE | re.ASCII)
_UNITS = {"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40} | {
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
}
_UUID = re.compile(r"(GPU|MIG)-[0-9A-Za-z/-]+", re.IGNORECASE)
_SELECTORS = "auto, most-free, a number such as 0, a UUID such as GPU-5ae1, unified, host, or a size such as 6GiB"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeChoice:
    """A probe and why it is this one.

    Args:
        probe: What was chosen.
        reason: Why, one sentence.
        passed_over: What better ways of looking said instead.
        devices: Every device that NVIDIA's driver shows.
    """

    probe: Probe
    reason: str
    passed_over: tuple[NoReading, ...] = ()
    devices: tuple[Device, ...] = ()


def choose_probe(selector: str = AUTO, *, now_ms: NowMs = monotonic_ms) -> Probe:
    """Return the probe for a device; see :func:`explain_choice`.

    Raises:
        RequestError: The selector means nothing (``bad_device``, ``bad_size``).
    """
    return explain_choice(selector, now_ms=now_ms).probe


def explain_choice(
    selector: str = AUTO,
    *,
    now_ms: NowMs = monotonic_ms,
    library: Any = None,
    machine: Callable[[], str] = unified_machine,
) -> ProbeChoice:
    """Return the probe for a device, and why it is this one.

    Args:
        selector: ``auto``; ``most-free``, a number or a UUID for an NVIDIA device; ``unified`` for memory that the
            GPU shares with the system; ``host`` for the CPU; or a size, for devices that no driver tells us about.
        now_ms: The clock of its readings.
        library: The binding to NVIDIA's driver, for tests.
        machine: Names this machine when its GPU shares the system's memory, for tests.

    Raises:
        RequestError: The selector means nothing (``bad_device``, ``bad_size``).
    """
    word = selector.strip().lower()
    if word == AUTO:
        return _automatic(now_ms, library, machine())
    if word == "host":
        return ProbeChoice(probe=HostProbe(now_ms=now_ms), reason="The system's memory was asked for.")
    if word == "unified":
        nvml = NvmlProbe(library=library, now_ms=now_ms)
        probe = UnifiedMemoryProbe(machine() or "unified memory", nvml=nvml, now_ms=now_ms)
        return ProbeChoice(probe=probe, reason="Memory that the GPU shares with the system was asked for.")
    if word == MOST_FREE or re.fullmatch(r"[0-9]{1,3}", word) or _UUID.fullmatch(word):
        nvml = NvmlProbe(selector.strip(), library=library, now_ms=now_ms)
        return ProbeChoice(probe=nvml, reason=f"The device {selector.strip()} was asked for.", devices=_devices(nvml))
    if word[:1].isdigit():
        configured = ConfiguredProbe(size_bytes(selector), now_ms=now_ms)
        return ProbeChoice(probe=configured, reason="The budget was given by hand.")
    raise RequestError(f"{selector!r} names no device.", f"Give {_SELECTORS}.", code="bad_device")


def size_bytes(text: str) -> int:
    """Return the bytes that a size such as ``6GiB`` means.

    Raises:
        RequestError: It is none (``bad_size``).
    """
    size = _SIZE.fullmatch(text.strip())
    if size is None or float(size[1]) <= 0:
        raise RequestError(f"{text!r} is no size.", "Give a number and a unit, such as 6GiB.", code="bad_size")
    return max(1, int(float(size[1]) * _UNITS[size[2].lower()]))


def _automatic(now_ms: NowMs, library: Any, machine: str) -> ProbeChoice:
    nvml = NvmlProbe(library=library, now_ms=now_ms)
    seen = nvml.read()
    devices = _devices(nvml)
    name = nvml.device.name if nvml.device is not None else ""
    is_silent = isinstance(seen, NoReading)
    if is_unified_name(name) or (machine and is_silent):
        # Boards that share memory answer with an error, with zeros, or with a part of what there is.
        probe = UnifiedMemoryProbe(machine or name, nvml=nvml, now_ms=now_ms)
        reason = "Its GPU shares the system's memory, so the system is asked."
        return ProbeChoice(probe=probe, reason=reason, passed_over=_said(seen), devices=devices)
    if is_silent:
        nvml.close()
        reason = "No device with memory of its own can be watched, so the model is planned for the CPU."
        return ProbeChoice(probe=HostProbe(now_ms=now_ms), reason=reason, passed_over=_said(seen), devices=devices)
    reason = "Its driver tells how much memory is free."
    if len(devices) > 1:
        reason = f"It has the most free memory of {len(devices)} devices."
    return ProbeChoice(probe=nvml, reason=reason, devices=devices)


def _said(seen: MemoryReading | NoReading) -> tuple[NoReading, ...]:
    return (seen,) if isinstance(seen, NoReading) else ()


def _devices(nvml: NvmlProbe) -> tuple[Device, ...]:
    found = nvml.devices()
    return () if isinstance(found, NoReading) else found
