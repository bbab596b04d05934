"""Many clients in one process, polled in turn, that begin turns at a steady pace and count what arrives."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from npc_sdk.bench.wire.game import WHOLE, talker
from npc_sdk.bench.wire.stamp import STEP_US, now_us, stamps
from npc_sdk.runtime.events import Sentence, SpeechDelta, TurnEnd, TurnEvent
from npc_sdk.wire.client import Client, connect
from npc_sdk.wire.remote_npc import RemoteNpc

PAUSE_S = 0.0005
DRAIN_S = 20.0


class Arrivals:
    """Counts what arrives of all turns, and how old it is.

    Args:
        words: Words that each turn must have.
    """

    def __init__(self, words: int) -> None:
        self._words = words
        self.ages: Counter[int] = Counter()
        self.end_ages: Counter[int] = Counter()
        self.counts: Counter[str] = Counter()
        self.is_timed = False

    def begun(self) -> Watched:
        """Return what takes the events of a new turn."""
        self.counts["turns"] += 1
        return Watched(self, self._words)

    def took(self, age_us: int, *, is_end: bool = False) -> None:
        """Count an event."""
        self.counts["events"] += 1
        if self.is_timed:
            (self.end_ages if is_end else self.ages)[age_us // STEP_US] += 1


class Watched:
    """One turn as it arrives.

    Args:
        arrivals: Where it is counted.
        words: How many it must have.
    """

    def __init__(self, arrivals: Arrivals, words: int) -> None:
        self._arrivals = arrivals
        self._words = words
        self._next = 0
        self._born_us = 0
        self._sentences = self._ends = 0

    def __call__(self, event: TurnEvent) -> None:
        """Take an event."""
        now = now_us()
        if self._ends:
            self._arrivals.counts["after the end"] += 1
        if isinstance(event, SpeechDelta):
            for number, age_us in stamps(event.text, now):
                self._word(number)
                self._born_us = now - age_us
                self._arrivals.took(age_us)
        elif isinstance(event, Sentence):
            self._sentences += 1
            self._arrivals.took(now - self._born_us)
        elif isinstance(event, TurnEnd):
            self._end(event, now)

    def _word(self, number: int) -> None:
        counts = self._arrivals.counts
        counts["doubled"] += number < self._next
        counts["lost"] += max(0, number - self._next)
        self._next = max(self._next, number + 1)

    def _end(self, end: TurnEnd, now: int) -> None:
        counts = self._arrivals.counts
        self._ends += 1
        counts["ended"] += 1
        counts["lost"] += self._words - self._next + (self._sentences != 1)
        counts[f"why {end.why}"] += end.why not in WHOLE
        self._arrivals.took(now - self._born_us, is_end=True)


class Load:
    """All clients of this process. Not thread safe.

    Args:
        connection_file: The host's.
        clients: How many.
        characters: Of each.
        words: Words of each answer.
    """

    def __init__(self, connection_file: Path, *, clients: int, characters: int, words: int) -> None:
        self.arrivals = Arrivals(words)
        self._clients: list[Client] = []
        self._cast: list[RemoteNpc] = []
        for _ in range(clients):
            self._clients.append(connect(connection_file))
        for number in range(characters):
            for client in self._clients:
                self._cast.append(talker(client, f"guard {number}"))
                self._poll()
        self._begun = 0

    def run(self, *, begin_s: float, every_s: float, warm_s: float, seconds: float) -> None:
        """Begin a turn at each step of a steady pace, and take what comes until all have ended."""
        until_s = begin_s + warm_s + seconds
        counts = self.arrivals.counts
        due_s = begin_s
        while True:
            now_s = time.monotonic()
            self.arrivals.is_timed = begin_s + warm_s <= now_s
            while due_s <= now_s and due_s < until_s:
                self._begin_turn()
                due_s += every_s
            self._poll()
            if now_s >= until_s and (counts["ended"] == counts["turns"] or now_s > until_s + DRAIN_S):
                return
            time.sleep(PAUSE_S)

    def close(self) -> None:
        """End all sessions."""
        for client in self._clients:
            client.close()

    def _poll(self) -> None:
        for client in self._clients:
            client.poll()

    def _begin_turn(self) -> None:
        npc = self._cast[self._begun % len(self._cast)]
        self._begun += 1
        if npc.is_talking:
            self.arrivals.counts["too slow"] += 1
            return
        npc.say(f"Tell me about gate {self._begun % 64}.", on_event=self.arrivals.begun())


def main() -> None:
    """Connect, say so, begin when told to, and print what came."""
    options: dict[str, Any] = json.loads(sys.argv[1])
    load = Load(
        Path(options["connection_file"]),
        clients=options["clients"],
        characters=options["characters"],
        words=options["words"],
    )
    # Dozens of games in one process have more to look through than any of them has.
    gc.freeze()
    _say({"event": "ready"})
    load.run(**json.loads(sys.stdin.readline()))
    arrivals = load.arrivals
    _say({"counts": arrivals.counts, "ages": arrivals.ages, "end_ages": arrivals.end_ages})
    load.close()


def _say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
