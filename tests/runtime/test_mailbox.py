from __future__ import annotations

import threading

from npc_sdk.runtime.mailbox import Log, Mailbox


def test_a_mailbox_keeps_the_order() -> None:
    mailbox: Mailbox[int] = Mailbox()
    assert mailbox.put(1) and mailbox.put(2)
    assert [mailbox.take(0), mailbox.take(0), mailbox.take(0.001)] == [1, 2, None]


def test_a_mailbox_says_whether_it_is_empty() -> None:
    box: Mailbox[int] = Mailbox()
    assert box.is_empty
    box.put(1)
    assert not box.is_empty
    assert box.take(0) == 1 and box.is_empty


def test_a_closed_mailbox_takes_nothing() -> None:
    mailbox: Mailbox[int] = Mailbox()
    mailbox.put(1)
    assert mailbox.close() == [1]
    assert not mailbox.put(2)


def test_a_mailbox_wakes_its_taker() -> None:
    mailbox: Mailbox[int] = Mailbox()
    threading.Timer(0.01, lambda: mailbox.put(3)).start()
    assert mailbox.take(10) == 3


def test_a_log_ends_once() -> None:
    log: Log[int] = Log()
    log.append(1)
    assert not log.is_ready(1)
    log.append(2, is_last=True)
    log.append(3)
    assert log.items() == (1, 2)
    assert log.is_closed and log.is_ready(5)
    assert (log.item(1), log.item(2), len(log)) == (2, None, 2)


def test_a_log_tells_its_listeners() -> None:
    log: Log[int] = Log()
    heard: list[int] = []
    stop = log.listen(lambda: heard.append(len(log)))
    log.append(1)
    stop()
    log.append(2)
    assert heard == [1]


def test_a_log_can_be_waited_for() -> None:
    log: Log[int] = Log()
    assert not log.wait(lambda: log.is_ready(0), 0.001)
    threading.Timer(0.01, lambda: log.append(1)).start()
    assert log.wait(lambda: log.is_ready(0), 10)


def test_nobody_is_held_by_a_log_that_has_ended() -> None:
    log: Log[int] = Log()
    called: list[int] = []
    stop = log.listen(lambda: called.append(len(log)))
    log.append(1, is_last=True)
    stop()
    log.listen(lambda: called.append(99))()
    assert called == [1] and log._listeners == []
