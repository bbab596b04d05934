"""Looks at the device that the model would run on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from npc_sdk.budget.cards import Maker
from npc_sdk.budget.choose import ProbeChoice
from npc_sdk.budget.nvml_device import NOT_LISTED, OWN_MISSING
from npc_sdk.budget.probe import MemoryReading, NoReading
from npc_sdk.cli.checks.finding import KINDS, Finding
from npc_sdk.cli.memory_size import memory_size

LOW_BYTES = 1 << 30
_CODES = {"nvml": "device_found", "unified": "device_unified", "configured": "device_configured", "host": "device_host"}
_PARTS = {
    "own_bytes": "what the model holds",
    "reserved_bytes": "what the driver keeps for itself",
    "throttle": "what slows it down",
    "utilisation": "how busy it is",
}
_NAME_ONE = "Name a budget by hand, such as --device 6GiB."


def check_device(choice: ProbeChoice, seen: MemoryReading | NoReading, makers: Sequence[Maker]) -> list[Finding]:
    """Return what there is to say about a device.

    Args:
        choice: The chosen probe.
        seen: What it saw.
        makers: Who made the cards of this machine.
    """
    found = [_said(finding, choice, makers) for finding in choice.passed_over]
    if isinstance(seen, NoReading):
        return [*found, _said(seen, choice, makers), *_unwatched(choice, makers)]
    return [*found, _chosen(choice, seen), *_remarks(seen), *_unwatched(choice, makers)]


def _chosen(choice: ProbeChoice, seen: MemoryReading) -> Finding:
    device = choice.probe.device
    name = device.name if device else "no device"
    driver = f", driver {device.driver}" if device and device.driver else ""
    memory = f"{memory_size(seen.free_bytes)} of {memory_size(seen.total_bytes)} free"
    details = {
        "device": asdict(device) if device else None,
        "reading": asdict(seen),
        "devices": [asdict(one) for one in choice.devices],
    }
    return Finding(
        code=_CODES.get(choice.probe.name, "device_found"),
        found=f"{name}{driver}: {memory}. {choice.reason}",
        details=details,
    )


def _remarks(seen: MemoryReading) -> list[Finding]:
    unseen = _unseen(seen)
    found = []
    if unseen:
        words = "; ".join(f"{_PARTS.get(name, name)} ({reason})" for name, reason in unseen.items())
        mend = "Nothing to do: what the model holds is counted by this package itself."
        found.append(Finding(code="device_partly_seen", found=f"Not seen: {words}.", mend=mend))
    if seen.throttle:
        words = ", ".join(seen.throttle)
        found.append(Finding(code="device_throttled", found=f"It runs slower than it could: {words}."))
    if seen.free_bytes < LOW_BYTES:
        mend = "Close what fills the device, choose a smaller model, or run it on the CPU."
        found.append(Finding(code="memory_low", found=f"Only {memory_size(seen.free_bytes)} are free.", mend=mend))
    return found


def _unseen(seen: MemoryReading) -> dict[str, str]:
    """Return what a driver does not tell; that this process holds nothing here is no news."""
    if seen.source not in ("nvml", "unified"):
        return {}
    return {name: reason for name, reason in sorted(seen.missing.items()) if reason not in (NOT_LISTED, OWN_MISSING)}


def _said(finding: NoReading, choice: ProbeChoice, makers: Sequence[Maker]) -> Finding:
    if finding.code == "driver_missing" and "NVIDIA" in makers:
        return Finding(
            code="card_without_driver",
            found="There is an NVIDIA card, and NVIDIA's driver is not installed.",
            mend="Install NVIDIA's driver for it.",
        )
    code = finding.code if finding.code in KINDS else "driver_failed"
    # Where the system's memory is the GPU's, the driver's silence is no trouble.
    if choice.probe.name == "unified" and code == "not_supported":
        return Finding(code="device_partly_seen", found=finding.reason, mend="Nothing to do: the system is asked.")
    return Finding(code=code, found=finding.reason, mend=finding.next_step, details={"probe_code": finding.code})


def _unwatched(choice: ProbeChoice, makers: Sequence[Maker]) -> list[Finding]:
    others = sorted({maker for maker in makers if maker != "NVIDIA"})
    if not others or choice.probe.name != "host":
        return []
    found = f"There is a card by {' and by '.join(others)}; nobody tells its memory."
    return [Finding(code="card_unwatched", found=found, mend=f"If the model shall use it: {_NAME_ONE}")]
