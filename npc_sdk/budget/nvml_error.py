"""What the driver's errors mean to us."""

from __future__ import annotations

from npc_sdk.budget.probe import NoReading

LOST_CODES = frozenset({"device_lost", "driver_not_loaded", "driver_failed", "driver_mismatch", "driver_missing"})
"""After one of these, the driver has to be asked anew from the beginning."""

_INSTALL = "If there is an NVIDIA card, install its driver; for any other, name a budget such as 4GiB by hand."
_RESTART = "Restart the machine."

_KNOWN = {
    "LibraryNotFound": ("driver_missing", "NVIDIA's driver is not installed: there is no NVML library.", _INSTALL),
    "DriverNotLoaded": ("driver_not_loaded", "NVIDIA's driver is installed, but not running.", _RESTART),
    "LibRmVersionMismatch": (
        "driver_mismatch",
        "NVIDIA's driver was updated, and the old one is still running.",
        _RESTART,
    ),
    "NotSupported": ("not_supported", "The driver does not tell this about this device.", ""),
    "FunctionNotFound": ("not_supported", "The driver is too old to tell this.", "Update NVIDIA's driver."),
    "ArgumentVersionMismatch": ("not_supported", "The driver is too old to tell this.", "Update NVIDIA's driver."),
    "NoPermission": (
        "no_permission",
        "The driver does not tell this to this user.",
        "On a partitioned card (MIG), name the instance by its UUID; in a container, let it see the device.",
    ),
    "OperatingSystem": ("no_permission", "The system does not let this process ask the driver.", ""),
    "GpuIsLost": ("device_lost", "The card has fallen off the bus.", _RESTART),
    "GpuNotFound": ("device_lost", "The card is no longer there.", ""),
    "ResetRequired": ("device_lost", "The card needs a reset.", _RESTART),
    "Uninitialized": ("driver_failed", "The driver no longer knows this process.", ""),
    "NotFound": ("no_device", "There is no such device.", ""),
}


def finding_of(error: Exception) -> NoReading:
    """Return what an error of the NVML binding means, whatever its class."""
    name = type(error).__name__
    # An unversioned call that the driver lacks raises a class of its own, outside of the tree.
    short = "FunctionNotFound" if name == "NVMLLibraryMismatchError" else name.removeprefix("NVMLError_")
    if short in _KNOWN:
        code, reason, next_step = _KNOWN[short]
        return NoReading(code=code, reason=reason, next_step=next_step)
    return NoReading(code="driver_failed", reason=f"NVIDIA's driver failed: {_words(error)}.")


def _words(error: Exception) -> str:
    # Asking an NVML error for its words asks the driver, which may fail once more.
    try:
        return str(error).rstrip(".") or type(error).__name__
    except Exception:
        return type(error).__name__
