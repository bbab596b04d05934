from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from npc_sdk.errors import PromptError
from npc_sdk.prompt.sandbox import SandboxedTemplate
from npc_sdk.prompt.template import ChatTemplate

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": "Does it.",
            "parameters": {"type": "object", "properties": {"target": {"type": "string"}}, "required": []},
        },
    }
    for name in ("strike", "flee")
]
SHAPES = ["nemotron", "qwen3", "chatml", "tools_first", "llama3", "inst", "phi"]


def composed(template: ChatTemplate, said: list[str], *, tools: Any = (), thinking: bool = False) -> str:
    turns = template.turns
    head, tail = template.system_parts(tools)
    text = head + "Be kind." + tail
    for index, words in enumerate(said):
        if index % 2:
            text += turns.assistant_head + words + turns.assistant_tail
        else:
            text += (turns.user_head if index else turns.first_user_head) + words + turns.user_tail
    return text + template.generation(thinking)


def rendered(source: str, said: list[str], *, tools: Any = (), thinking: bool = False) -> str:
    messages = [{"role": "system", "content": "Be kind."}]
    messages += [{"role": "assistant" if index % 2 else "user", "content": words} for index, words in enumerate(said)]
    return SandboxedTemplate(source, constants={"bos_token": "<s>", "eos_token": "</s>"}).render(
        messages=messages, tools=list(tools) or None, enable_thinking=thinking, add_generation_prompt=True
    )


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("thinking", [False, True])
@pytest.mark.parametrize("with_tools", [False, True])
def test_composes_what_the_template_renders(templates, name, thinking, with_tools):
    template = ChatTemplate.from_source(templates[name], bos_token="<s>", eos_token="</s>")
    tools = TOOLS if with_tools else []
    assert not template.warnings
    for said in (["Hi."], ["Hi.", "Ho.", "Who?"], ["a", "b", "c", "d", "e", "f", "g"]):
        expected = rendered(templates[name], said, tools=tools, thinking=thinking)
        assert composed(template, said, tools=tools, thinking=thinking) == expected


def test_nemotron_shape(templates):
    template = ChatTemplate.from_source(templates["nemotron"])
    assert template.generation(False) == "<|im_start|>assistant\n<think></think>"
    assert template.generation(True) == "<|im_start|>assistant\n<think>\n"
    assert template.turns.assistant_head == "<|im_start|>assistant\n<think></think>"
    assert template.supports_thinking
    assert template.starts_inside_thought(True)
    assert not template.starts_inside_thought(False)
    assert template.tools_place == "after"
    assert template.results is not None
    assert template.results.call_tail == "\n"
    assert template.results.result_head == "<|im_start|>user\n<tool_response>\n"
    assert template.results.result_tail == "\n</tool_response>\n<|im_end|>\n"


def test_qwen3_shape(templates):
    template = ChatTemplate.from_source(templates["qwen3"])
    assert template.turns.assistant_head == "<|im_start|>assistant\n"
    assert template.generation(False) == "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    assert template.generation(True) == "<|im_start|>assistant\n"
    assert template.supports_thinking
    assert not template.starts_inside_thought(True)


def test_system_role_refused(templates):
    template = ChatTemplate.from_source(templates["gemma"], bos_token="<s>")
    assert not template.warnings
    assert not template.turns.has_system_role
    assert (template.turns.system_head, template.turns.system_tail) == ("<s><turn>user\n", "\n\n")
    assert template.turns.first_user_head == ""
    assert template.turns.user_head == "<turn>user\n"
    assert composed(template, ["Hi.", "Ho.", "So."]) == (
        "<s><turn>user\nBe kind.\n\nHi.</turn>\n<turn>model\nHo.</turn>\n<turn>user\nSo.</turn>\n<turn>model\n"
    )


def test_system_inside_the_first_message(templates):
    template = ChatTemplate.from_source(templates["inst"], bos_token="<s>", eos_token="</s>")
    assert template.turns.first_user_head == ""
    assert template.turns.user_head == "[INST] "
    assert template.generation() == ""


@pytest.mark.parametrize(("name", "place"), [("nemotron", "after"), ("tools_first", "before"), ("chatml", None)])
def test_tools_place(templates, name, place):
    template = ChatTemplate.from_source(templates[name])
    assert template.tools_place == place
    assert template.supports_tools == (place is not None)


def test_tools_that_move_are_not_used(templates):
    template = ChatTemplate.from_source(templates["tools_late"])
    assert not template.supports_tools
    assert "tools" in template.warnings[0]
    assert template.turns.user_head == "<|head|>user<|/head|>"


@pytest.mark.parametrize("source", [None, "", " \n"])
def test_no_template_is_chatml(source):
    template = ChatTemplate.from_source(source)
    assert template.warnings == ("The model file has no chat template; ChatML is used.",)
    assert template.generation() == "<|im_start|>assistant\n"


@pytest.mark.parametrize(
    "source",
    [
        "{% for %}",
        "{{ raise_exception('no') }}",
        "constant",
        "{% for m in messages %}{{ m.content | upper }}{% endfor %}",
        "{% for m in messages %}{{ m.content ~ m.content }}{% endfor %}",
        "{% for m in messages | reverse %}{{ m.content }}{% endfor %}",
        "{% for m in messages %}{{ messages | length }}{{ m.role }}{{ m.content }}{% endfor %}",
        "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
    ],
)
def test_unusable_template_is_chatml_with_a_warning(source):
    template = ChatTemplate.from_source(source)
    assert template.warnings
    assert template.warnings[0].endswith("ChatML is used.")
    assert template.turns.user_head == "<|im_start|>user\n"


def test_switch_that_changes_the_system_text_is_not_used():
    source = (
        "{% for m in messages %}{{ '[' ~ m.role ~ (' thinks' if enable_thinking and m.role == 'system' else '') "
        "~ ']' ~ m.content ~ ';' }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"
    )
    template = ChatTemplate.from_source(source)
    assert not template.warnings
    assert not template.supports_thinking


def test_the_date_stays_as_it_was_when_the_template_was_read(templates):
    source = "{{ strftime_now('%Y-%m-%d') }}" + templates["chatml"]
    template = ChatTemplate.from_source(source, now=datetime(2031, 5, 6))
    assert template.reads_clock
    assert template.system_parts()[0].startswith("2031-05-06<|im_start|>system")


def test_tools_that_look_like_a_marker(templates):
    template = ChatTemplate.from_source(templates["nemotron"])
    with pytest.raises(PromptError) as error:
        template.system_parts([{"type": "function", "function": {"name": "qzsystemzq"}}])
    assert error.value.code == "template_failed"


def test_tokens_of_the_model(templates, make_tokenizer):
    source = "{{ bos_token }}{{ eos_token }}" + templates["chatml"]
    template = ChatTemplate.for_tokenizer(make_tokenizer(source, add_bos=True))
    assert template.system_parts()[0] == "<s><|im_end|><|im_start|>system\n"
