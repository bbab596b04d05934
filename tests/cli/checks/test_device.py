from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from npc_sdk.budget.cards import Maker
from npc_sdk.budget.choose import ProbeChoice
from npc_sdk.budget.nvml_device import NOT_LISTED, OWN_MISSING
from npc_sdk.budget.nvml_error import _KNOWN
from npc_sdk.budget.probe import Device, MemoryReading, NoReading
from npc_sdk.cli.checks.device import check_device
from npc_sdk.cli.checks.finding import KINDS

GIB = 1 << 30
READING = MemoryReading(total_bytes=8 * GIB, free_bytes=5 * GIB, at_ms=0.0, source="nvml")
MISSING = NoReading(code="driver_missing", reason="No driver.", next_step="Install it.")


class Stub:
    device = Device(name="A card", kind="card", driver="580")

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self) -> MemoryReading | NoReading:
        return READING

    def close(self) -> None:
        """Nothing is open."""


def codes(
    name: str, seen: MemoryReading | NoReading, *passed_over: NoReading, makers: Sequence[Maker] = ()
) -> list[str]:
    choice = ProbeChoice(probe=Stub(name), reason="So it is.", passed_over=passed_over)
    return [one.code for one in check_device(choice, seen, makers)]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("nvml", "device_found"),
        ("unified", "device_unified"),
        ("host", "device_host"),
        ("configured", "device_configured"),
    ],
)
def test_what_was_chosen_is_told(name: str, code: str) -> None:
    assert codes(name, READING) == [code]


def test_a_card_is_told_with_its_reason() -> None:
    [found] = check_device(ProbeChoice(probe=Stub("nvml"), reason="So it is."), READING, ())
    assert found.found == "A card, driver 580: 5.00 GiB of 8.00 GiB free. So it is."
    assert found.details["device"]["name"] == "A card"


def test_what_is_not_seen_is_told_in_words() -> None:
    partly = replace(READING, missing={"utilisation": "the driver is silent"})
    choice = ProbeChoice(probe=Stub("nvml"), reason="So.")
    assert "how busy it is (the driver is silent)" in check_device(choice, partly, ())[1].found


def test_that_nothing_runs_yet_is_no_news() -> None:
    assert codes("nvml", replace(READING, missing={"own_bytes": NOT_LISTED, "used_by_others_bytes": OWN_MISSING})) == [
        "device_found"
    ]


def test_trouble_of_a_device() -> None:
    troubled = replace(READING, free_bytes=GIB // 2, throttle=("power_cap",))
    assert codes("nvml", troubled) == ["device_found", "device_throttled", "memory_low"]


def test_a_card_without_a_driver_is_an_error() -> None:
    assert codes("host", READING, MISSING) == ["driver_missing", "device_host"]
    assert codes("host", READING, MISSING, makers=["NVIDIA"]) == ["card_without_driver", "device_host"]


def test_cards_of_others_are_told_when_nothing_watches() -> None:
    assert codes("host", READING, MISSING, makers=["AMD", "AMD"])[-1] == "card_unwatched"
    assert codes("nvml", READING, makers=["Intel"]) == ["device_found"]


def test_a_board_whose_driver_is_silent_is_no_trouble() -> None:
    silent = NoReading(code="not_supported", reason="Not told.")
    assert codes("unified", READING, silent) == ["device_partly_seen", "device_unified"]


def test_a_device_that_cannot_be_read() -> None:
    assert codes("nvml", NoReading(code="device_lost", reason="Gone.")) == ["device_lost"]
    assert codes("nvml", NoReading(code="what_is_this", reason="?")) == ["driver_failed"]


def test_every_refusal_of_a_driver_has_a_finding() -> None:
    assert {code for code, _, _ in _KNOWN.values()} <= set(KINDS)
    assert {"driver_failed", "binding_missing", "system_silent"} <= set(KINDS)
