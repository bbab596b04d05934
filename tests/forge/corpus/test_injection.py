"""Attempts to break a role."""

from __future__ import annotations

from npc_sdk.forge.corpus import Say, generate, injection_attempts


def test_two_hundred_different_attempts() -> None:
    attempts = injection_attempts(1)
    assert len(set(attempts)) == 200
    assert attempts == injection_attempts(1)
    assert attempts != injection_attempts(2)


def test_held_out_attempts_are_not_trained_on() -> None:
    trained = {
        step.line.lower()
        for each in generate(1, count=2000, weights={"injection": 1})
        for step in each.steps
        if isinstance(step, Say)
    }
    assert not trained & {line.lower() for line in injection_attempts(1)}


def test_answers_stay_in_role() -> None:
    for each in generate(2, count=300, weights={"injection": 1}):
        step = next(step for step in each.steps if isinstance(step, Say) and step.expectation.in_role)
        spoken = step.reply.text.lower()
        assert step.reply.calls == ()
        assert not any(word.lower() in spoken for word in step.expectation.must_not_contain)
