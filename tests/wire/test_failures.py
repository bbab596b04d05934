"""Every code that the protocol's code uses is documented, and the other way round."""

from __future__ import annotations

import re
from pathlib import Path

import npc_sdk.wire
from npc_sdk.wire import failures
from npc_sdk.wire.limits import DEFAULT_LIMITS

ROOM = Path(npc_sdk.wire.__file__).parent
CORES = ("codec", "plain", "quota", "host_core", "session", "failures", "peer", "book", "server")
# Mistakes of whoever calls, told before anything is sent.
CALLERS = {"bad_id", "not_plain"}


def test_codes_and_their_meanings_agree() -> None:
    text = "".join((ROOM / f"{name}.py").read_text(encoding="utf-8") for name in CORES)
    used = set(re.findall(r'code="(\w+)"', text)) | set(re.findall(r'"(too_many_\w+)"', text))
    used |= {"deadline", "no_answer", "bad_message"}
    assert used - CALLERS == set(failures.CODES) | set(failures.LOCAL_CODES)


def test_every_error_says_what_happened() -> None:
    made = [
        failures.no_session(),
        failures.bad_token(),
        failures.wrong_version("9.0"),
        failures.stale_attempt(),
        failures.too_many_sessions(),
        failures.replaced(),
        failures.said_bye(),
        failures.closing(),
        failures.expired(),
        failures.slow_reader(),
        failures.id_forgotten(),
        failures.too_many_faults(),
        failures.too_many_requests(DEFAULT_LIMITS),
        failures.host_lost(),
        failures.host_restarted(),
        failures.cancelled(),
        failures.closed(),
        failures.overdue(is_turn=True),
        failures.overdue(is_turn=False),
    ]
    assert all(error.cause.endswith(".") for error in made)
    assert len({error.code for error in made}) == len(made)
