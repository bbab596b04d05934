"""What a developer would write first: the model in a thread of the game, one character after the other."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any, Final

from npc_sdk.bench.frame.script import ANSWER_TOKENS, WORLD, Ask, asks, personas
from npc_sdk.bench.frame.tally import Tally
from npc_sdk.persona import Persona
from npc_sdk.prompt.text import options_text, persona_text, world_text

CELLS: Final = 4096
_REMEMBERED: Final = 6
_STOP_LIMIT_S: Final = 60.0


class Threaded:
    """One ``llama_cpp.Llama`` in a thread of this process, asked in turn for each character.

    :meth:`frame` and what counts belong to the render loop; the thread hands over what came through queues.

    Args:
        model: The model's file.
        characters: How many.
        seed: Makes characters and what they are asked.
        deadline_ms: Of decisions.
        threads: CPU threads for llama.cpp; None leaves its default.

    Raises:
        NpcError: The model could not be loaded.
    """

    def __init__(self, model: str, *, characters: int, seed: int, deadline_ms: float, threads: int | None) -> None:
        from npc_sdk.bench.naive import NaiveChat

        self.tally = Tally(deadline_ms=deadline_ms)
        self._chat = NaiveChat(model, cells=CELLS, threads=threads, seed=seed)
        self.threads = self._chat.threads
        self._arrived: deque[tuple[str, Any]] = deque()
        self._is_stopping = threading.Event()
        self._seats = [_Seat(persona, index, seed) for index, persona in enumerate(personas(characters, seed))]
        self._thread = threading.Thread(target=self._run, name="naive-model", daemon=True)
        self._thread.start()

    def frame(self, measured_ms: float) -> None:
        """Take in what the thread has produced."""
        arrived = self._arrived
        while arrived:
            kind, value = arrived.popleft()
            if kind == "token":
                self.tally.tokens += 1
            elif kind == "reply":
                self.tally.replied(is_by_model=True, tokens=0)
            else:
                self.tally.decided((time.perf_counter() - value) * 1000, is_by_model=True)

    def start_counting(self) -> None:
        """Forget what was counted so far."""
        self.tally = Tally(deadline_ms=self.tally.deadline_ms)

    def close(self) -> None:
        """Have the thread end after the token that it computes."""
        self._is_stopping.set()
        self._thread.join(_STOP_LIMIT_S)
        if not self._thread.is_alive():
            self._chat.close()

    def _run(self) -> None:
        while True:
            for seat in self._seats:
                if not self._serve(seat):
                    return

    def _serve(self, seat: _Seat) -> bool:
        ask = seat.next_ask()
        asked_s = seat.asked_s
        tokens = ANSWER_TOKENS if ask.kind == "say" else 1
        answer = ""
        for piece in self._chat.answer(seat.messages(ask), tokens=tokens):
            if self._is_stopping.is_set():
                return False
            answer += piece
            if ask.kind == "say":
                self._arrived.append(("token", None))
        seat.answered(ask, answer)
        self._arrived.append(("reply", None) if ask.kind == "say" else ("decision", asked_s))
        return not self._is_stopping.is_set()


class _Seat:
    """One character, and what it remembers."""

    def __init__(self, persona: Persona, index: int, seed: int) -> None:
        self._asks = asks(index, seed)
        self._system = f"{world_text(WORLD)}\n{persona_text(persona)}"
        self._history: deque[dict[str, str]] = deque(maxlen=_REMEMBERED)
        self.asked_s = time.perf_counter()

    def next_ask(self) -> Ask:
        """Return what it is asked; it has waited for that since its last answer."""
        return next(self._asks)

    def messages(self, ask: Ask) -> list[dict[str, str]]:
        """Return the conversation up to what is asked."""
        text = ask.text if ask.kind == "say" else options_text(ask.text, ask.options)
        return [{"role": "system", "content": self._system}, *self._history, {"role": "user", "content": text}]

    def answered(self, ask: Ask, answer: str) -> None:
        """Remember an answer, and be asked again at once."""
        if ask.kind == "say":
            self._history.append({"role": "user", "content": ask.text})
            self._history.append({"role": "assistant", "content": answer})
        self.asked_s = time.perf_counter()
