"""The card as the figures see it: how much of it is free, asked again and again."""

from __future__ import annotations

import threading
from time import perf_counter, sleep
from types import TracebackType
from typing import Final, Protocol

from typing_extensions import Self

from npc_sdk.budget.nvml import NvmlProbe
from npc_sdk.budget.probe import NoReading
from npc_sdk.errors import BackendError

POLL_S: Final = 0.005
STILL_BYTES: Final = 1 << 20

_SETTLE_S: Final = 5.0
_SETTLE_STEP_S: Final = 0.1


class Card(Protocol):
    """One device with memory of its own. Not thread safe; another thread asks :meth:`again` for its own view."""

    name: str
    uuid: str
    driver: str
    total_bytes: int

    def free_bytes(self) -> int:
        """Return what is free now.

        Raises:
            BackendError: The driver no longer answers.
        """
        ...

    def process_bytes(self) -> int | None:
        """Return what our processes hold as the driver counts it; None where it does not tell."""
        ...

    def again(self) -> Card:
        """Return another view of the same card, for another thread."""
        ...

    def close(self) -> None:
        """Let go of the driver."""
        ...


class NvmlCard:
    """A card through NVIDIA's management library; follows :class:`Card`.

    Args:
        probe: A probe that found a device.

    Raises:
        BackendError: It found none, with the driver's code.
    """

    def __init__(self, probe: NvmlProbe) -> None:
        self._probe = probe
        seen = probe.memory()
        device = probe.device
        if isinstance(seen, NoReading) or device is None:
            raise _lost(seen if isinstance(seen, NoReading) else NoReading(code="no_device", reason="No device."))
        self.name, self.uuid, self.driver, self.total_bytes = device.name, device.uuid, device.driver, seen[0]

    def free_bytes(self) -> int:
        """Return what is free now."""
        seen = self._probe.memory()
        if isinstance(seen, NoReading):
            raise _lost(seen)
        return seen[1]

    def process_bytes(self) -> int | None:
        """Return what our processes hold as the driver counts it."""
        seen = self._probe.gauges()
        return None if isinstance(seen, NoReading) else seen.own_bytes

    def again(self) -> NvmlCard:
        """Return another view of the same card."""
        return NvmlCard(NvmlProbe(self.uuid))

    def close(self) -> None:
        """Let go of the driver."""
        self._probe.close()


def _lost(reading: NoReading) -> BackendError:
    return BackendError(reading.reason, reading.next_step or "See 'npc doctor'.", code=reading.code)


def settled_bytes(card: Card) -> int:
    """Return what is free once that stands still, or after a few seconds in any case.

    Args:
        card: The card.

    Raises:
        BackendError: The driver no longer answers.
    """
    ends_s = perf_counter() + _SETTLE_S
    before = card.free_bytes()
    is_still = 0
    while perf_counter() < ends_s and is_still < 2:
        sleep(_SETTLE_STEP_S)
        now = card.free_bytes()
        is_still = is_still + 1 if abs(now - before) < STILL_BYTES else 0
        before = now
    return before


class MemoryWatch:
    """Notes a card's free memory every 5 ms from a thread of its own, inside a ``with`` block.

    Args:
        card: The card; a view of its own is taken.

    Attributes:
        samples: Seconds of ``perf_counter`` and bytes that were free then.
        error: Why it ended early, or None.
    """

    def __init__(self, card: Card) -> None:
        self.samples: list[tuple[float, int]] = []
        self.error: BackendError | None = None
        self._card = card.again()
        self._is_done = threading.Event()
        self._thread = threading.Thread(target=self._look, name="npc-bench-memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_done.set()
        self._thread.join(5)
        self._card.close()

    def _look(self) -> None:
        next_s = perf_counter()
        try:
            while not self._is_done.is_set():
                self.samples.append((perf_counter(), self._card.free_bytes()))
                next_s = max(next_s + POLL_S, perf_counter())
                self._is_done.wait(next_s - perf_counter())
        except BackendError as error:
            self.error = error
