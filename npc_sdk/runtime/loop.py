"""The runtime's one thread: it owns all turns, hears the engine, and keeps the deadlines."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol, TypeVar

from npc_sdk.engine.engine import Engine
from npc_sdk.engine.live import model_changed
from npc_sdk.engine.request import (
    Ended,
    EngineCost,
    EngineDown,
    EngineUp,
    Event,
    Failed,
    Reconfigured,
    Request,
    Suspended,
)
from npc_sdk.errors import DeadlineError, NpcError, StateError
from npc_sdk.runtime.clock import Clock
from npc_sdk.runtime.engine_watch import EngineWatch
from npc_sdk.runtime.events import EngineNews, RuntimeNews
from npc_sdk.runtime.failure import as_npc_error
from npc_sdk.runtime.mailbox import Log, Mailbox
from npc_sdk.runtime.task import CancelRequest, Submit, Task, TaskOutput

Result = TypeVar("Result")

CALL_LIMIT_S = 30.0
# No lock can be waited for as long as a number can say.
SLEEP_LIMIT_S = 3600.0
_PASSING_CODES = ("model_changed", "prompt_too_long")
_logger = logging.getLogger("npc_sdk.runtime")


class Timer(Protocol):
    """Something that looks around from time to time, on the runtime's thread."""

    def next_ms(self) -> float | None: ...
    def tick(self, now_ms: float) -> None: ...


class Loop:
    """Runs tasks on one thread; only :meth:`post` and :meth:`call` may be used from other threads.

    Args:
        engine: Gets the requests.
        clock: Tells the time.
        on_news: Called on this thread when the engine goes down or comes back, or the budget changes; must
            return quickly.
        watch: Hears of every request and event; None when nobody does.

    Attributes:
        down: Why the engine will not come back, or None.
        away: Why the model is off for a while, or None.
        is_changing: Whether the engine is about to change: requests that no longer fit are asked again.
        is_holding: Whether requests are held back, because the engine is about to have another model.
        timer: Looks around from time to time.
        on_change: Gets what came of a change of the engine.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        on_news: Callable[[RuntimeNews], None] | None = None,
        watch: EngineWatch | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._on_news = on_news
        self._watch = watch
        self._inbox: Mailbox[Callable[[], None]] = Mailbox()
        self._tasks: list[Task] = []
        self._owners: dict[int, Task] = {}
        self._ids = itertools.count(1)
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="npc-runtime", daemon=True)
        self.down: NpcError | None = None
        self.away: NpcError | None = None
        self.is_changing = self.is_holding = False
        self.timer: Timer | None = None
        self.on_change: Callable[[Reconfigured | Suspended], None] | None = None

    # From any thread.

    def start(self) -> None:
        """Start the thread."""
        self._clock.attach(self)
        self._thread.start()

    def post(self, work: Callable[[], None]) -> bool:
        """Have something done on the runtime's thread; returns False once that has ended."""
        return self._inbox.put(work)

    def call(self, work: Callable[[], Result]) -> Result:
        """Have something done on the runtime's thread and return what it returns.

        Raises:
            StateError: The thread has ended (``closed``).
            DeadlineError: The thread did not get to it (``runtime_stuck``).
        """
        if threading.current_thread() is self._thread:
            return work()
        answer: Log[Result | BaseException] = Log()
        if not self.post(lambda: answer.append(_caught(work), is_last=True)):
            raise StateError("The runtime is closed.", "Make another one.", code="closed")
        if not answer.wait(lambda: answer.is_closed, CALL_LIMIT_S):
            raise DeadlineError("The runtime's thread does not answer.", "Close the runtime.", code="runtime_stuck")
        result = answer.items()[0]
        if isinstance(result, BaseException):
            raise result
        return result

    def on_engine_event(self, event: Event) -> None:
        """Take an event of the engine, on the engine's thread."""
        if self._watch is not None:
            self._watch.told(event)
        self._inbox.put(lambda: self._take(event))

    def stop(self) -> None:
        """End all tasks and the thread; safe to call twice, not from the runtime's thread."""
        if self._thread.is_alive():
            self.post(self._stop)
            self._thread.join(CALL_LIMIT_S)
        self._clock.detach(self)

    # What a hand-moved clock drives.

    def next_ms(self) -> float | None:
        """Return the next deadline, or when somebody is to look around."""
        times = [at_ms for task in list(self._tasks) if (at_ms := task.next_ms()) is not None]
        look_ms = self.timer.next_ms() if self.timer is not None else None
        return min(times if look_ms is None else [*times, look_ms], default=None)

    def fire(self) -> None:
        """Have the deadlines looked at."""
        self.post(self._tick)

    def settle(self) -> None:
        """Return when the inbox is empty."""
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            with suppress(StateError):
                # What is done may put more into the inbox, such as the answers of an engine that answers at once.
                while not self.call(lambda: self._inbox.is_empty):
                    pass

    # On the runtime's thread.

    @property
    def refusal(self) -> NpcError | None:
        """Why no request can be made now, or None."""
        return self.down or self.away

    @property
    def has_held(self) -> bool:
        """Whether something waits to be asked again."""
        return any(task.is_held for task in self._tasks)

    def tell(self, news: RuntimeNews) -> None:
        """Tell the game; what its handler raises is logged."""
        if self._on_news is not None:
            try:
                self._on_news(news)
            except Exception:
                _logger.exception("The game's handler of runtime events failed.")

    def next_id(self) -> int:
        """Return a request id that was never used."""
        return next(self._ids)

    def begin(self, task: Task) -> None:
        """Run a task from now on."""
        if self._is_stopping:
            self.cancel(task, "closed")
            return
        self._tasks.append(task)
        self._guarded(task, partial(task.start, self._clock.now_ms()))

    def cancel(self, task: Task, why: str) -> None:
        """End a task now."""
        self._guarded(task, partial(task.cancel, why, self._clock.now_ms()))

    def perform(self, task: Task, outputs: Callable[[float], Sequence[TaskOutput]]) -> None:
        """Feed a task's machine by hand and do what it says."""
        self._guarded(task, partial(outputs, self._clock.now_ms()))

    def submit_read(self, request: Request) -> None:
        """Hand over a request whose outcome nobody waits for."""
        if self.refusal is None and not self.is_holding and not self._is_stopping:
            self._submit(request)

    def cancel_request(self, request_id: int) -> None:
        """Cancel a request that belongs to no task."""
        self.to_engine(partial(self._engine.cancel, request_id))

    def _run(self) -> None:
        while not (self._is_stopping and not self._tasks):
            due_ms = self.next_ms()
            wait_s = None if due_ms is None else self._clock.seconds_until(due_ms)
            work = self._inbox.take(None if wait_s is None else min(wait_s, SLEEP_LIMIT_S))
            if work is not None:
                self._do(work)
            self._tick()
        for work in self._inbox.close():
            self._do(work)

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            _logger.exception("Work on the runtime's thread failed.")

    def _tick(self) -> None:
        for task in list(self._tasks):
            due_ms = task.next_ms()
            if due_ms is not None and due_ms <= self._clock.now_ms():
                self._guarded(task, partial(task.tick, self._clock.now_ms()))
        timer, now_ms = self.timer, self._clock.now_ms()
        due_ms = timer.next_ms() if timer is not None else None
        if timer is not None and due_ms is not None and due_ms <= now_ms:
            self._do(partial(timer.tick, now_ms))

    def _stop(self) -> None:
        self._is_stopping = True
        for task in list(self._tasks):
            self.cancel(task, "closed")

    def _take(self, event: Event) -> None:
        if isinstance(event, (EngineDown, EngineUp)):
            self._take_news(event)
            return
        if isinstance(event, (Reconfigured, Suspended)):
            if self.on_change is not None:
                self._do(partial(self.on_change, event))
            return
        task = self._owners.get(event.id)
        if isinstance(event, (Ended, Failed)):
            self._owners.pop(event.id, None)
        if task is None:
            return
        if isinstance(event, Failed) and self._is_passing(event.error):
            self._guarded(task, partial(task.hold, event, self._clock.now_ms()))
        else:
            self._guarded(task, partial(task.engine, event, self._clock.now_ms()))

    def _is_passing(self, error: NpcError) -> bool:
        """Tell whether a request failed only because of a change, so that it can be asked again after it."""
        return self.is_changing and error.code in _PASSING_CODES

    def _take_news(self, news: EngineNews) -> None:
        if isinstance(news, EngineUp):
            self.down = None
        elif news.is_final:
            self.down = news.error
            for task in list(self._tasks):
                self._guarded(task, partial(task.fail, news.error, self._clock.now_ms()))
        self.tell(news)

    def _guarded(self, task: Task, step: Callable[[], Sequence[TaskOutput]]) -> None:
        """Run a step of a task; whatever goes wrong in it ends this task and no other."""
        try:
            self._perform(task, step())
        except Exception as error:
            _logger.exception("A turn failed inside the runtime.")
            self._fail(task, error)
        if task.is_over and task in self._tasks:
            self._tasks.remove(task)

    def _fail(self, task: Task, error: Exception) -> None:
        try:
            self._perform(task, task.fail(as_npc_error(error), self._clock.now_ms()))
        except Exception:
            _logger.exception("A turn could not even fail.")
            if task in self._tasks:
                self._tasks.remove(task)

    def _perform(self, task: Task, outputs: Sequence[TaskOutput]) -> None:
        for output in outputs:
            if isinstance(output, Submit) and self.is_holding:
                held = Failed(output.request.id, model_changed(), EngineCost())
                self._perform(task, task.hold(held, self._clock.now_ms()))
            elif isinstance(output, Submit):
                self._owners[output.request.id] = task
                self._submit(output.request)
            elif isinstance(output, CancelRequest):
                self.to_engine(partial(self._engine.cancel, output.id))
            else:
                task.deliver(output)

    def _submit(self, request: Request) -> None:
        if self._watch is not None:
            self._watch.asked(request)
        try:
            self._engine.submit(request)
        except Exception as error:  # a game may bring an engine of its own
            self.on_engine_event(Failed(request.id, as_npc_error(error), EngineCost()))

    def to_engine(self, tell: Callable[[], None]) -> None:
        """Tell the engine something; a refusal is logged."""
        try:
            tell()
        except Exception as error:  # a game may bring an engine of its own
            _logger.warning("The engine refused: %s", error)


def _caught(work: Callable[[], Result]) -> Result | BaseException:
    try:
        return work()
    except Exception as error:
        return error
