from __future__ import annotations

from typing import Any

from demos.tavern import cast
from demos.tavern.turns import ANSWER, SILENT, Round, outcome, passing_words, wishes


def a_round(question: str = "Where is the ferry?", **more: Any) -> Round:
    values: dict[str, Any] = {"asker": "player", "lines_left": 3, "asks_left": 2, **more}
    return Round(question=question, line=question, **values)


def asked(round: Round) -> list[Any]:
    return wishes(round, cast.names(), cast.known())


def test_what_everybody_is_asked() -> None:
    told = {wish.key: wish for wish in asked(a_round())}
    assert set(told) == {"anna", "odo", "pip"}
    assert told["anna"].situation == "The player asks the table: Where is the ferry?"
    assert told["anna"].options == (ANSWER, SILENT, "ask Odo", "ask Pip")
    worths = {key: dict(zip(wish.options, wish.worths, strict=True)) for key, wish in told.items()}
    assert max(worths["odo"], key=worths["odo"].__getitem__) == ANSWER
    assert max(worths["anna"], key=worths["anna"].__getitem__) == "ask Odo"


def test_who_has_spoken_is_not_asked_again() -> None:
    round = a_round(answered=["anna"], last=("anna", "I do not know."), is_denied=True)
    told = asked(round)
    assert [wish.key for wish in told] == ["odo", "pip"] and told[0].options == (ANSWER, SILENT)
    assert told[0].situation.endswith("Anna Brook says: I do not know.")
    assert told[0].worths[0] > told[0].worths[1] and told[1].worths[0] < told[1].worths[1]


def test_those_who_know_go_first() -> None:
    round = a_round("How much for ale?")
    come = outcome(round, asked(round), dict.fromkeys(("anna", "odo", "pip"), ANSWER), cast.known())
    assert come.speakers[0] == "anna" and len(come.speakers) <= 2


def test_nobody_knows_but_all_want_to() -> None:
    round = a_round("Who painted this?")
    come = outcome(round, asked(round), dict.fromkeys(("anna", "odo", "pip"), ANSWER), cast.known())
    assert len(come.speakers) == 1


def test_a_question_is_passed_on() -> None:
    round = a_round()
    come = outcome(round, asked(round), {"odo": SILENT, "anna": "ask Odo", "pip": SILENT}, cast.known())
    assert (come.speakers, come.passing) == ((), ("anna", "odo"))
    assert "Odo" in passing_words("anna", "odo", 0) != passing_words("anna", "odo", 1)


def test_the_players_question_does_not_stay_in_the_air() -> None:
    silent = dict.fromkeys(("anna", "odo", "pip"), SILENT)
    round = a_round()
    assert outcome(round, asked(round), silent, cast.known()).speakers == ("odo",)
    assert outcome(round, asked(round), {}, cast.known()).speakers == ("odo",)
    among = a_round(asker="anna")
    assert outcome(among, asked(among), silent, cast.known()).speakers == ()
    after = a_round(answered=["anna"], last=("anna", "It is here."))
    assert outcome(after, asked(after), silent, cast.known()).speakers == ()
