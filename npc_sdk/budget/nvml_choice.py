"""Which NVIDIA device is meant."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from npc_sdk.budget.nvml_device import NvmlDevice
from npc_sdk.budget.probe import Device, NoReading

MOST_FREE = "most-free"
VISIBLE_VARIABLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDevice:
    """A device that the driver shows.

    Args:
        device: What it is.
        handle: What the binding knows it by.
        free_bytes: Its free memory; None when the driver does not say.
    """

    device: Device
    handle: Any
    free_bytes: int | None


def list_devices(library: Any) -> list[FoundDevice]:
    """Return every card that can compute; for a partitioned one (MIG) its instances instead.

    Raises:
        Exception: What the binding raises, when it shows none for that reason.
    """
    driver = _driver_version(library)
    found: list[FoundDevice] = []
    lost: Exception | None = None
    for index in range(int(library.nvmlDeviceGetCount())):
        try:
            handle = library.nvmlDeviceGetHandleByIndex(index)
            found += _parts(library, handle, index, driver)
        except Exception as error:
            # One lost card must not hide the others.
            lost = error
    if lost is not None and not found:
        raise lost
    return found


def _parts(library: Any, handle: Any, index: int, driver: str) -> list[FoundDevice]:
    if not _is_partitioned(library, handle):
        return [_found(library, handle, index, driver, is_instance=False)]
    found = []
    for place in range(int(library.nvmlDeviceGetMaxMigDeviceCount(handle))):
        try:
            instance = library.nvmlDeviceGetMigDeviceHandleByIndex(handle, place)
            found.append(_found(library, instance, index, driver, is_instance=True))
        except library.NVMLError_NotFound:
            continue
    return found


def _found(library: Any, handle: Any, index: int, driver: str, *, is_instance: bool) -> FoundDevice:
    device = Device(
        name=_text(library.nvmlDeviceGetName(handle)),
        kind="instance" if is_instance else "card",
        uuid=_text(library.nvmlDeviceGetUUID(handle)),
        index=index,
        driver=driver,
    )
    return FoundDevice(device=device, handle=handle, free_bytes=_free_bytes(library, handle))


def _is_partitioned(library: Any, handle: Any) -> bool:
    try:
        return bool(library.nvmlDeviceGetMigMode(handle)[0])
    except Exception:
        # Most cards do not know the question.
        return False


def _free_bytes(library: Any, handle: Any) -> int | None:
    try:
        total, free, _ = NvmlDevice(library, handle).memory()
    except Exception:
        return None
    return free if 0 <= free <= total else None


def _driver_version(library: Any) -> str:
    try:
        return _text(library.nvmlSystemGetDriverVersion())
    except Exception:
        return ""


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def choose_device(
    found: Sequence[FoundDevice], selector: str, environment: Mapping[str, str] = os.environ
) -> FoundDevice | NoReading:
    """Return the device that a selector means.

    Args:
        found: What there is.
        selector: ``most-free``, the driver's number, or the beginning of a UUID.
        environment: Where ``CUDA_VISIBLE_DEVICES`` may hide devices from ``most-free``.
    """
    if not found:
        return NoReading(code="no_device", reason="NVIDIA's driver runs, and shows no device that can compute.")
    if selector == MOST_FREE:
        visible = _visible(found, environment.get(VISIBLE_VARIABLE))
        if not visible:
            return NoReading(
                code="no_device",
                reason=f"{VISIBLE_VARIABLE} hides every device.",
                next_step=f"Unset {VISIBLE_VARIABLE}, or name a device.",
            )
        return _most_free(visible)
    named = [one for one in found if _is_named(one.device, selector)]
    if named:
        return _most_free(named)
    there = ", ".join(f"{one.device.index} ({one.device.name}, {one.device.uuid})" for one in found)
    return NoReading(code="no_device", reason=f"There is no device {selector}.", next_step=f"There are: {there}.")


def _most_free(found: Sequence[FoundDevice]) -> FoundDevice:
    return max(found, key=lambda one: -1 if one.free_bytes is None else one.free_bytes)


def _is_named(device: Device, selector: str) -> bool:
    if selector.isdigit():
        return device.index == int(selector)
    return device.uuid.lower().startswith(selector.lower())


def _visible(found: Sequence[FoundDevice], listed: str | None) -> list[FoundDevice]:
    """Return what CUDA would show; like CUDA, it stops at the first entry that means nothing."""
    if listed is None:
        return list(found)
    visible: list[FoundDevice] = []
    for entry in (part.strip() for part in listed.split(",")):
        named = [one for one in found if entry and _is_named(one.device, entry)]
        if not named:
            break
        visible += [one for one in named if one not in visible]
    return visible
