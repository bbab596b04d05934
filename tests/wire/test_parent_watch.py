from __future__ import annotations

import subprocess
import sys
import threading

from npc_sdk.wire.parent_watch import ParentWatch


def test_the_end_of_a_process_is_noticed() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    gone = threading.Event()
    watch = ParentWatch(process.pid, gone.set, look_s=0.02)
    watch.start()
    assert not gone.wait(0.2)
    process.kill()
    # Nobody has asked how it ended, so its number is still taken.
    assert gone.wait(10)
    process.wait(10)
    watch.stop()
    watch.stop()


def test_one_that_is_not_there_is_gone() -> None:
    gone = threading.Event()
    ParentWatch(2**30, gone.set).start()
    assert gone.wait(10)


def test_who_does_not_look_any_more_notices_nothing() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    gone = threading.Event()
    watch = ParentWatch(process.pid, gone.set, look_s=0.02)
    watch.start()
    watch.stop()
    process.kill()
    process.wait(10)
    assert not gone.wait(0.2)
