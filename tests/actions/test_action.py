from __future__ import annotations

import pytest
from pydantic import ValidationError

from npc_sdk.actions.action import Action, snake_case


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Attack", "attack"), ("GiveItem", "give_item"), ("HTTPGet", "http_get"), ("Door2Open", "door2_open")],
)
def test_a_class_name_becomes_an_action_name(name: str, expected: str) -> None:
    assert snake_case(name) == expected


def test_the_name_can_be_given_as_keyword_or_attribute() -> None:
    class Attack(Action, action_name="strike"):
        pass

    class Hit(Action):
        action_name = "punch"

    class Kick(Attack):
        pass

    assert (Attack.action_name, Hit.action_name, Kick.action_name) == ("strike", "punch", "kick")


def test_a_field_may_be_called_name() -> None:
    class Greet(Action):
        name: str

    assert Greet.action_name == "greet"
    assert Greet(name="Ada").name == "Ada"


def test_actions_are_frozen_and_closed() -> None:
    class Greet(Action):
        whom: str

    with pytest.raises(ValidationError):
        Greet(whom="Ada", loud=True)  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        Greet(whom="Ada").whom = "Bo"  # type: ignore[misc]
