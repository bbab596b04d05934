from __future__ import annotations

import time
from datetime import datetime

import pytest

from npc_sdk.errors import PromptError
from npc_sdk.prompt.sandbox import SOURCE_LIMIT, SandboxedTemplate


def render(source: str, **variables: object) -> str:
    return SandboxedTemplate(source, now=datetime(2031, 5, 6)).render(**variables)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% for m in ms %}{{ '<' ~ m.role ~ '>' }}{% endfor %}", "<a><b>"),
        (
            "{% for i in [1, 2, 3] %}{% if i == 2 %}{% continue %}{% endif %}{{ i }}{{ loop.last }}{% endfor %}",
            "1False3True",
        ),
        ("{% set n = namespace(x=1) %}{% for i in range(3) %}{% set n.x = n.x + i %}{% endfor %}{{ n.x }}", "4"),
        ("{% macro f(a) %}[{{ a }}]{% endmacro %}{{ f('x') }}", "[x]"),
        ("{{ {'k': '<é>'} | tojson }}", '{"k": "<é>"}'),
        ("{{ {'k': 1} | tojson(indent=2) }}", '{\n  "k": 1\n}'),
        ("{{ 'a</think>b'.split('</think>')[-1].strip() }}", "b"),
        ("{{ ms | map(attribute='role') | join(', ') }}|{{ '-'.join(['x', 'y']) }}", "a, b|x-y"),
        ("{{ 'aXbX'.replace('X', '..') }}{{ 'aX' | replace('X', 'y') }}", "a..b..ay"),
        ("{% generation %}x{% endgeneration %}", "x"),
        ("{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}{% set a, b = 1, 2 %}{{ b }}", "a=12"),
        ("{{ strftime_now('%d %b %Y') }}", "06 May 2031"),
        (
            "{% macro f(n) %}{{ n.x }}{% endmacro %}{% set n = namespace(x='aXb') %}"
            "{% for i in [1] %}{% set m = n %}{{ f(m) }}{{ n.x.replace('X', '-') }}"
            "{{ ', '.join(['1', '2']) }}{% endfor %}",
            "aXba-b1, 2",
        ),
        ("{{ 'a\nb' | indent(2) }}", "a\n  b"),
        ("{{ ms[1:] | length }}{{ nothing is defined }}{{ bos_token }}", "1False"),
    ],
)
def test_renders_what_chat_templates_use(source, text):
    assert render(source, ms=[{"role": "a"}, {"role": "b"}]) == text


HOSTILE = {
    "nested loops": "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
    "long loop": "{% for i in range(999999999) %}{% endfor %}",
    "long list": "{{ range(999999999) | list }}",
    "repeated text": "{{ 'x' * 999999999 }}",
    "repeated list": "{{ [1] * 999999999 }}",
    "large power": "{{ 10 ** 999999999 }}",
    "growing number": "{% set n = namespace(x=7) %}{% for i in range(999) %}{% set n.x = n.x * n.x %}{% endfor %}",
    "padding": "{{ 'x' | center(999999999) }}",
    "padding by method": "{{ 'x'.ljust(999999999) }}",
    "formatting": "{{ '%999999999d' % 1 }}",
    "format method": "{{ '{:>999999999}'.format(1) }}",
    "date padding": "{{ strftime_now('%999999999Y') }}",
    "doubling text": "{% set n = namespace(x='xx') %}{% for i in range(64) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "doubling sum": "{% set n = namespace(x='xx') %}{% for i in range(64) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "doubling list": "{% set n = namespace(x=[1]) %}{% for i in range(64) %}{% set n.x = [n.x, n.x] %}{% endfor %}",
    "doubling dict": "{% set n = namespace(x={}) %}"
    "{% for i in range(64) %}{% set n.x = {1: n.x, 2: n.x} %}{% endfor %}",
    "doubling block": "{% set x = 'xx' %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 64 + "{{ x }}",
    "replacing": "{{ ('x' * 9999).replace('x', 'y' * 9999) }}",
    "joining": "{{ ('x' * 9999).join(range(9999) | map('string')) }}",
    "endless macro": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "branching macro": "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(64) }}",
    "recursive loop": "{% for i in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}",
    "nested namespaces": "{% set a = namespace(x=1) %}{% set b = namespace(x=a) %}{{ b }}",
    "written namespace": "{% set a = namespace(x=1) %}{{ a ~ '' }}",
    "private attribute": "{{ ''.__class__.__mro__ }}",
    "private item": "{{ ''['__class__'].__mro__ }}",
    "import": "{% import 'os' as os %}",
    "include": "{% include '/etc/passwd' %}",
    "refusal": "{{ raise_exception('never') }}",
    "syntax": "{% for %}",
    "deep source": "{{ " + "(" * 20000,
    "long source": "x" * (SOURCE_LIMIT + 1),
    "long output": "{% for i in range(9999) %}{{ '" + "x" * 1000 + "' }}{% endfor %}",
    "bad indent": "{{ [1] | tojson(indent=999999999) }}",
    "division": "{{ 1 / 0 }}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_stops_a_hostile_template(name):
    started = time.monotonic()
    with pytest.raises(PromptError) as error:
        render(HOSTILE[name])
    assert error.value.code == "template_failed"
    assert time.monotonic() - started < 10


def test_stops_when_the_time_is_over():
    ticks = iter(range(0, 100_000, 1))
    template = SandboxedTemplate("{% for i in range(100) %}{{ i ~ '' }}{% endfor %}", clock=lambda: float(next(ticks)))
    with pytest.raises(PromptError, match="seconds"):
        template.render()


def test_a_failed_rendering_does_not_spoil_the_next():
    template = SandboxedTemplate("{% for i in range(n) %}{% for j in range(n) %}{% endfor %}{% endfor %}ok")
    with pytest.raises(PromptError):
        template.render(n=9999)
    assert template.render(n=2) == "ok"


def test_knows_whether_it_reads_the_clock():
    assert SandboxedTemplate("{{ strftime_now('%Y') }}").reads_clock
    assert not SandboxedTemplate("x").reads_clock
