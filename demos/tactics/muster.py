"""Brings the soldiers of a game together, on a thread of its own, because a model takes its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Final

from npc_sdk import NpcError

from .loading import Loading
from .minds import Minds
from .pairing import Pairing
from .players import Player
from .rules import ROLES, Battle, Side
from .soldiers import Squad

_HOST_SHARE: Final = 0.4
_READING_SHARE: Final = 0.9
_LONGEST_READING_S: Final = 20.0
_FIGURES_S: Final = 0.6
STOP_LIMIT_S: Final = 3.0


class Muster:
    """Loads: opens the host and brings the soldiers in. ``start`` and ``taken`` belong to the game's loop.

    Args:
        minds: Where the soldiers of a model live; None when no side needs one.
        pairing: Who fights whom.
    """

    def __init__(self, minds: Minds | None, pairing: Pairing) -> None:
        self.loading = Loading(text="Loading", share=0.0)
        self._minds, self._pairing = minds, pairing
        self._thread: threading.Thread | None = None
        self._is_cancelled = threading.Event()
        self._made: Mapping[Side, Player] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether it loads; the host is its own meanwhile."""
        return self._thread is not None

    def start(self) -> None:
        """Begin to load, unless it loads already."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="tactics-load", daemon=True)
            self._thread.start()

    def taken(self) -> Mapping[Side, Player] | None:
        """Return the players once they are there, and only once; never waits."""
        if self._thread is None or self._thread.is_alive():
            return None
        self._thread.join()
        self._thread = None
        made, self._made = self._made, None
        return made

    def stop(self) -> bool:
        """Load no more; returns whether that is over.

        A host that takes long to start is not waited for: what still comes of it is closed on the loading thread.
        """
        self._is_cancelled.set()
        if self._thread is None:
            return True
        self._thread.join(STOP_LIMIT_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._made = self._load()
            self.loading = Loading(text="Ready", share=1.0)
        except (NpcError, OSError) as error:  # the disk may be full
            self.loading = Loading(text="It does not start.", share=0.0, error=str(error))
        finally:
            if self._is_cancelled.is_set() and self._minds is not None:
                self._minds.close()

    def _load(self) -> Mapping[Side, Player]:
        runtime = None
        if self._minds is not None:
            self.loading = Loading(text="Starting the host", share=0.05)
            self._minds.close()
            runtime = self._minds.open(deciders=len(ROLES) * self._pairing.models)
        players = self._pairing.players(runtime, has_voices=True)
        battle = Battle.new(self._pairing.seed)
        units = [unit for unit in battle.living() if isinstance(players[unit.side], Squad)]
        for count, unit in enumerate(units):
            share = _HOST_SHARE + (_READING_SHARE - _HOST_SHARE) * count / len(units)
            self.loading = Loading(text=f"Waking {unit.label}", share=share)
            player = players[unit.side]
            if isinstance(player, Squad) and not self._is_cancelled.is_set():
                player.enlist(unit)
        if self._minds is not None:
            self.loading = Loading(text="Reading their orders", share=_READING_SHARE)
            self._settle(self._minds)
        return players

    def _settle(self, minds: Minds) -> None:
        end_s = time.monotonic() + _LONGEST_READING_S
        # Figures that were made before the last soldier came say nothing.
        while not self._is_cancelled.wait(_FIGURES_S) and time.monotonic() < end_s and not minds.is_settled:
            pass
