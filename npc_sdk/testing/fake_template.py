"""The chat template of the fake model: the shape of the real ones, as short as it can be."""

from __future__ import annotations

CONTROL_TOKENS = (
    "<|im_start|>",
    "<|im_end|>",
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
)

FAKE_CHAT_TEMPLATE = """\
{%- set enable_thinking = enable_thinking if enable_thinking is defined else False -%}
{%- for message in messages -%}
{%- if message.role == 'system' -%}
{{- '<|im_start|>system\\n' + message.content -}}
{%- if tools -%}
{{- '\\n\\n# Tools\\n' -}}
{%- for tool in tools -%}{{- (tool.function if tool.function is defined else tool) | tojson + '\\n' -}}{%- endfor -%}
{{- 'Call one like this:\\n<tool_call>\\n<function=name>\\n<parameter=argument>\\nvalue\\n</parameter>\\n' -}}
{{- '</function>\\n</tool_call>' -}}
{%- endif -%}
{{- '<|im_end|>\\n' -}}
{%- elif message.role == 'assistant' -%}
{{- '<|im_start|>assistant\\n<think></think>' + message.content + '<|im_end|>\\n' -}}
{%- else -%}
{{- '<|im_start|>user\\n' + message.content + '<|im_end|>\\n' -}}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\\n' + ('<think>\\n' if enable_thinking else '<think></think>') -}}
{%- endif -%}
"""
