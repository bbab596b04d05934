from __future__ import annotations

import pytest

from demos.tavern import cast
from demos.tavern.guests import BY_KEY, GUESTS, TOPICS, others
from demos.tavern.words import called
from npc_sdk.persona import check_persona, check_world


@pytest.mark.parametrize("key", sorted(BY_KEY))
def test_the_files_are_sound(key: str) -> None:
    assert list(check_persona(cast.PERSONAS / f"{key}.toml")) == []
    who = cast.persona(key)
    assert who.name.startswith(BY_KEY[key].short) and who.greeting and len(who.fallback) >= 3
    assert 3 <= len(who.knows) <= 6
    assert called(f"{who.name}, hello")[0] == key


def test_the_setting_is_sound() -> None:
    assert list(check_world(cast.PERSONAS / "world.toml")) == []


def test_each_knows_what_the_others_do_not() -> None:
    facts = [fact for guest in GUESTS for fact in cast.persona(guest.key).knows]
    assert len(facts) == len(set(facts))
    assert len({cast.persona(guest.key).voice for guest in GUESTS}) == 3


def test_a_card_tells_no_secrets() -> None:
    for guest in GUESTS:
        card = cast.card(guest.key)
        shown = f"{card.name} {card.role} {card.manner}"
        assert not any(fact in shown for fact in cast.persona(guest.key).knows)


def test_topics_are_put_to_those_who_know() -> None:
    for topic in TOPICS:
        assert topic.asker != topic.asked and {topic.asker, topic.asked} <= set(BY_KEY)
    assert others("anna") == tuple(guest.key for guest in GUESTS if guest.key != "anna")
