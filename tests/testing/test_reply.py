from __future__ import annotations

from npc_sdk.testing import Reply, act, say_and_act
from npc_sdk.testing.reply import Script, as_reply


def test_short_forms() -> None:
    assert as_reply("Hi.") == Reply(text="Hi.")
    assert act("look") == Reply(calls=(("look", {}),))
    assert say_and_act("Ha!", "attack", target="a") == Reply(text="Ha!", calls=(("attack", {"target": "a"}),))
    # An argument may have any name.
    assert act("give", name="apple").calls == (("give", {"name": "apple"}),)


def test_replies_are_used_up_one_by_one_and_then_the_rule_answers() -> None:
    script = Script(lambda prompt: prompt.upper())
    script.add_replies("Bron", ["One.", "Two."])
    assert [script.reply("Bron", "x").text for _ in range(3)] == ["One.", "Two.", "X"]


def test_own_name_beats_persona_beats_anybody() -> None:
    script = Script(lambda _: "rule")
    for key in ("*", "Bron", "Bron 2"):
        script.add_replies(key, [key])
    prompt = "You are Bron, the guard."
    assert [script.reply("Bron 2", prompt).text for _ in range(4)] == ["Bron 2", "Bron", "*", "rule"]


def test_choices() -> None:
    script = Script(lambda _: "rule")
    script.add_choices("Bron", ["flee"])
    assert script.choice("Bron/decide", "x") == "flee"
    assert script.choice("Bron", "x") is None
