from __future__ import annotations

import pytest

from npc_sdk.persona import Persona, World
from npc_sdk.prompt import lint


def codes(report):
    return {warning.code for warning in report.warnings}


def test_segments_in_figures(compiler, persona, world, actions):
    report = lint(compiler, persona, world, actions, context_tokens=2_000)
    segments = compiler.system(world, persona, actions)
    assert [segment.kind for segment in report.segments] == ["world", "persona", "actions"]
    assert [segment.tokens for segment in report.segments] == [len(segment.tokens) for segment in segments]
    assert report.tokens == sum(segment.tokens for segment in report.segments)
    assert report.segments[0].share == report.segments[0].tokens / 2_000
    assert report.segments[1].head.startswith("You are Orla")
    assert report.warnings == ()


def test_without_a_context(compiler, persona):
    report = lint(compiler, persona)
    assert report.context_tokens is None
    assert all(segment.share is None for segment in report.segments)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Today it is {weather}.", "placeholder"),
        ("Greets {{ player.name }}.", "placeholder"),
        ("Waits for $PLAYER.", "placeholder"),
        ("Waits for %PLAYER%.", "placeholder"),
        ("Waits for <PLAYER>.", "placeholder"),
        ("Was hired on 2031-05-06.", "date_or_time"),
        ("It is 14:30 now.", "date_or_time"),
        ("Has HP: 30.", "volatile_value"),
        ("Has 3/10 HP.", "volatile_value"),
        ("Is currently asleep.", "volatile_value"),
    ],
)
def test_what_changes(compiler, text, code):
    assert code in codes(lint(compiler, Persona(name="Bo", role="smith", description=text)))
    assert code in codes(lint(compiler, Persona(name="Bo", role="smith"), World(name="W", facts=[text])))


@pytest.mark.parametrize("text", ["Costs 3.50 gold.", "Is 40 years old.", "Knows 2/3 of the town.", "Says: hello."])
def test_what_does_not_change(compiler, text):
    assert lint(compiler, Persona(name="Bo", role="smith", description=text)).warnings == ()


def test_world_repeated(compiler, world):
    setting = World(name="W", setting="The harbour has been closed since spring.", facts=["Short."])
    persona = Persona(name="Bo", role="smith", knows=["the harbour has been closed since spring."])
    assert codes(lint(compiler, persona, setting)) == {"world_repeated"}


def test_template(make_compiler, templates, persona, actions):
    assert codes(lint(make_compiler("tools_first"), persona, None, actions)) == {"actions_first"}
    assert codes(lint(make_compiler("tools_first"), persona)) == set()
    assert codes(lint(make_compiler("tools_otherwise"), persona, None, actions)) == {"other_call_format"}
    assert codes(lint(make_compiler(None), persona)) == {"template"}
    dated = "{{ strftime_now('%Y') }}" + templates["chatml"]
    assert codes(lint(make_compiler(dated), persona)) == {"template_reads_clock"}


def test_size(compiler, persona, world):
    total = lint(compiler, persona, world).tokens
    assert codes(lint(compiler, persona, world, context_tokens=total)) == {"prompt_too_long"}
    assert codes(lint(compiler, persona, world, context_tokens=total + 2)) == {"large_segment"}
