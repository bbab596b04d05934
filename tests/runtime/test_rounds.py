from __future__ import annotations

from npc_sdk.runtime.rounds import Did, Rounds


def test_results_are_told_once_and_in_order() -> None:
    rounds = Rounds(frozenset({"look"}))
    rounds.did(Did("1", "look", {}))
    rounds.did(Did("2", "attack", {"target": "a"}))
    assert rounds.is_awaiting and not rounds.may_go_on
    assert rounds.calls == (("look", {}), ("attack", {"target": "a"}))
    assert rounds.answered("2", "Hit.", continue_=False)
    assert not rounds.may_go_on and rounds.is_awaiting
    assert rounds.answered("1", "A dragon.", continue_=True)
    assert rounds.may_go_on and not rounds.is_awaiting
    assert rounds.take_results() == ("A dragon.", "Hit.")
    assert rounds.take_results() == ()


def test_a_new_round_forgets_the_wish_to_go_on() -> None:
    rounds = Rounds(frozenset())
    rounds.did(Did("1", "look", {}))
    rounds.answered("1", "Nothing.", continue_=True)
    rounds.next()
    assert (rounds.count, rounds.calls, rounds.may_go_on) == (1, (), False)


def test_unknown_and_second_results_are_refused() -> None:
    rounds = Rounds(frozenset())
    rounds.did(Did("1", "look", {}))
    assert not rounds.answered("9", "?", continue_=True)
    assert rounds.answered("1", "One.", continue_=True)
    assert not rounds.answered("1", "Two.", continue_=True)
