"""All requests of one client that are not over, and how each of them comes to its one end."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from npc_sdk.wire import failures
from npc_sdk.wire import messages as m
from npc_sdk.wire.asked import Asked
from npc_sdk.wire.peer_outputs import Over, PeerOutput
from npc_sdk.wire.receipts import Receipts
from npc_sdk.wire.stream import ReceivedStream


class Book:
    """The requests of one client. Not thread safe; owned by its peer.

    A request whose end the client was told before the host told it stays in the book, unseen, until the host has
    ended it too: both sides go on counting alike.

    Args:
        receipts: Counts what arrives.
    """

    def __init__(self, receipts: Receipts) -> None:
        self.receipts = receipts
        self.sent = 0
        self._last_id = 0
        self._asked: dict[int, Asked] = {}
        self._guards: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return len(self._asked)

    def next_id(self) -> int:
        """Return the id of the next request."""
        return self._last_id + 1

    def take_id(self) -> int:
        """Return an id that nothing else will get."""
        self._last_id += 1
        return self._last_id

    def get(self, id: int) -> Asked | None:
        """Return a request that is not over."""
        return self._asked.get(id)

    def put(self, asked: Asked) -> None:
        """Enter a request."""
        self._asked[asked.request.id] = asked
        heapq.heappush(self._guards, (asked.due_ms, asked.request.id))

    def unsent(self) -> list[Asked]:
        """Return what waits to be sent in this session, in the order in which it was asked."""
        return [asked for _, asked in sorted(self._asked.items()) if not asked.is_sent]

    def cancelled(self) -> list[int]:
        """Return what the host is to cancel."""
        return [id for id, asked in self._asked.items() if asked.is_cancelled]

    def points(self) -> list[m.StreamPoint]:
        """Return where every stream of this session stands."""
        sent = ((id, asked.stream.next_seq) for id, asked in self._asked.items() if asked.is_sent)
        return [m.StreamPoint(id=id, next_seq=next_seq) for id, next_seq in sent]

    def send(self, asked: Asked) -> list[bytes]:
        """Return the frames of a request, which is then counted as sent."""
        asked.is_sent = True
        self.sent += 1
        return asked.frames

    # What arrives.

    def arrived(self, id: int, seq: int, now_ms: float) -> Asked | None:
        """Return the request that an item belongs to, if it is the next one of its stream."""
        asked = self._asked.get(id)
        if asked is None or not asked.is_sent or asked.stream.take(seq) != "new":
            return None
        self.receipts.arrived(now_ms)
        return asked

    def has_gap(self, id: int, seq: int) -> bool:
        """Whether items are missing before this one."""
        asked = self._asked.get(id)
        return asked is not None and asked.is_sent and seq > asked.stream.next_seq

    def remove(self, asked: Asked, seq: int) -> None:
        """Strike out a request whose last item has arrived."""
        del self._asked[asked.request.id]
        self.receipts.finished(asked.request.id, seq)

    def ack(self, limit: int) -> m.Ack:
        """Return the message that acknowledges everything."""
        running = [(id, asked.stream.next_seq - 1) for id, asked in self._asked.items() if asked.stream.next_seq]
        return self.receipts.ack(min(self._asked, default=self.next_id()), running, limit)

    # Sessions.

    def resumed(self, lost: Iterable[int]) -> None:
        """Go on in the same session: what the host does not know never arrived, and waits to be sent again."""
        self.receipts.resumed()
        for id in lost:
            asked = self._asked.get(id)
            if asked is not None and asked.is_sent:
                asked.is_sent = False
                self.sent -= 1
                if asked.is_told:
                    del self._asked[id]

    def restarted(self) -> list[PeerOutput]:
        """Begin another session: what may have run and must not run twice ends, the rest waits to be sent again."""
        self.receipts.reset()
        self.sent = 0
        out: list[PeerOutput] = []
        for id, asked in list(self._asked.items()):
            may_go = not asked.is_sent or asked.may_go_again
            asked.is_sent = False
            asked.stream = ReceivedStream()
            if asked.is_told or asked.is_own:
                del self._asked[id]
            elif not may_go:
                out += self.tell(asked, m.Failure.of(failures.host_restarted()))
        return out

    # Ends that the host did not tell.

    def tell(self, asked: Asked, failure: m.Failure) -> list[PeerOutput]:
        """End a request before the host does; its stream, if there is one, runs on unseen."""
        is_news = not asked.is_told and not asked.is_own
        asked.is_told = True
        if asked.is_sent:
            asked.is_cancelled = asked.is_turn
        else:
            del self._asked[asked.request.id]
        return [Over(asked.request.id, error=failure, is_local=True)] if is_news else []

    def tell_turns(self, failure: m.Failure) -> list[PeerOutput]:
        """End all turns and decisions."""
        turns = [asked for asked in self._asked.values() if asked.is_turn and not asked.is_told]
        return [output for asked in turns for output in self.tell(asked, failure)]

    def tell_all(self, failure: m.Failure) -> list[PeerOutput]:
        """End everything, and forget it."""
        out = [output for asked in list(self._asked.values()) for output in self.tell(asked, failure)]
        self._asked.clear()
        self._guards.clear()
        return out

    def guard_ms(self) -> float:
        """Return when :meth:`overdue` may find something."""
        return self._guards[0][0] if self._guards else float("inf")

    def overdue(self, now_ms: float) -> list[Asked]:
        """Return the requests whose end has not come in time; each is returned once."""
        late: list[Asked] = []
        while self._guards and self._guards[0][0] <= now_ms:
            asked = self._asked.get(heapq.heappop(self._guards)[1])
            if asked is not None and not asked.is_told:
                late.append(asked)
        return late
