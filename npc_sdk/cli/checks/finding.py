"""What the doctor can find, and how bad each of it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

Severity = Literal["ok", "note", "warning", "error"]
Area = Literal["program", "device", "backend", "processor", "model", "port", "folder"]


class Kind(NamedTuple):
    """What a code stands for."""

    area: Area
    severity: Severity
    meaning: str


KINDS: Mapping[str, Kind] = {
    "program_found": Kind("program", "ok", "versions of this package, of Python and of the system"),
    "device_found": Kind("device", "ok", "a card whose memory its driver tells"),
    "device_unified": Kind("device", "ok", "a GPU that shares the system's memory, which is watched instead"),
    "device_configured": Kind("device", "ok", "the budget was given by hand; nobody watches the device"),
    "device_host": Kind("device", "note", "no GPU can be watched; the model is planned for the CPU"),
    "device_partly_seen": Kind("device", "note", "the driver does not tell everything about the device"),
    "device_throttled": Kind("device", "note", "the device runs slower than it could"),
    "memory_low": Kind("device", "warning", "less than 1 GiB of the device is free"),
    "card_unwatched": Kind("device", "note", "an AMD or Intel card, whose memory nobody tells"),
    "card_without_driver": Kind("device", "error", "an NVIDIA card without NVIDIA's driver"),
    "driver_missing": Kind("device", "note", "NVIDIA's driver is not installed, and no card of theirs was seen"),
    "driver_not_loaded": Kind("device", "error", "NVIDIA's driver is installed, but not running"),
    "driver_mismatch": Kind("device", "error", "NVIDIA's driver was updated, and the old one still runs"),
    "driver_failed": Kind("device", "error", "NVIDIA's driver failed"),
    "binding_missing": Kind("device", "error", "the package nvidia-ml-py cannot be loaded"),
    "device_lost": Kind("device", "error", "the card has fallen off the bus, or needs a reset"),
    "no_device": Kind("device", "error", "the named device is not there, or none is shown"),
    "no_permission": Kind("device", "error", "the driver does not tell this user; often a partitioned card (MIG)"),
    "not_supported": Kind("device", "warning", "the driver does not tell the memory of the device"),
    "system_silent": Kind("device", "error", "the system does not tell its memory"),
    "backend_found": Kind("backend", "ok", "llama-cpp-python, and what it was built for"),
    "backend_missing": Kind("backend", "error", "llama-cpp-python is not installed"),
    "backend_broken": Kind("backend", "error", "llama-cpp-python cannot be loaded"),
    "backend_crashes": Kind("backend", "error", "llama-cpp-python ends the process that loads it"),
    "backend_silent": Kind("backend", "error", "llama-cpp-python does not answer in time"),
    "backend_other_version": Kind("backend", "warning", "another llama-cpp-python than the one this package is for"),
    "gpu_used": Kind("backend", "ok", "llama-cpp-python sees the GPU"),
    "gpu_unused": Kind("backend", "error", "a GPU is there, and llama-cpp-python was built without it"),
    "gpu_not_seen": Kind("backend", "error", "llama-cpp-python was built for the GPU, and does not see it"),
    "processor_found": Kind("processor", "ok", "cores, threads for the model, and what llama.cpp makes use of"),
    "processor_unused": Kind("processor", "warning", "llama.cpp was built without something that this CPU has"),
    "model_found": Kind("model", "ok", "the model file and its size"),
    "model_is_starter": Kind("model", "note", "the tiny model of the package, which knows little"),
    "model_is_random": Kind("model", "note", "random weights, for measuring only"),
    "model_unusable": Kind("model", "error", "the model cannot be found or used"),
    "model_above_memory": Kind("model", "note", "the model is larger than what is free on the device"),
    "port_free": Kind("port", "ok", "a host can listen on this machine"),
    "port_taken": Kind("port", "error", "something listens on the port already"),
    "port_blocked": Kind("port", "error", "the system does not let a host listen"),
    "folder_found": Kind("folder", "ok", "a folder that can be written to"),
    "folder_unusable": Kind("folder", "error", "a folder that cannot be made or written to"),
    "disk_low": Kind("folder", "warning", "less than 4 GiB are free where models are kept"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found.

    Args:
        code: Stable name; a key of :data:`KINDS`.
        found: What, in words.
        mend: What to do about it; may be empty.
        command: A line for a shell that mends it; may be empty.
        details: Values that a program may want.
    """

    code: str
    found: str
    mend: str = ""
    command: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """How bad it is: only an ``error`` makes the command end with 1."""
        return KINDS[self.code].severity

    @property
    def area(self) -> Area:
        """The part of the machine."""
        return KINDS[self.code].area

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return {"area": self.area, "severity": self.severity, **asdict(self)}
