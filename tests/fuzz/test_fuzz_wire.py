"""A short run of the fuzzers, without atheris."""

from __future__ import annotations

import random

from fuzz_wire import HostUnderFuzz, fuzz_decode, mutations
from hypothesis import given
from hypothesis import strategies as st


def test_the_decoder_takes_changed_messages() -> None:
    for data in mutations(10_000, seed=1):
        fuzz_decode(data)


def test_the_decoder_takes_noise() -> None:
    chance = random.Random(2)
    for _ in range(10_000):
        fuzz_decode(chance.randbytes(chance.randrange(64)))


@given(st.binary(max_size=64))
def test_the_decoder_takes_anything(data: bytes) -> None:
    fuzz_decode(data)


def test_the_host_takes_changed_messages() -> None:
    host = HostUnderFuzz()
    for data in mutations(10_000, seed=3):
        host.take(data)
    assert len(host.core.sessions) < 50


def test_strangers_leave_nothing_behind() -> None:
    host = HostUnderFuzz()
    before = len(host.core.sessions)
    for data in mutations(3000, seed=4):
        host.take(bytes([data[0] & ~1]) + data[1:])
    assert len(host.core.sessions) == before
