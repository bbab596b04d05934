"""A small tokenizer, templates of several shapes, and a compiler for each."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from npc_sdk.actions import Labels, action_spec, dialect_for
from npc_sdk.persona import Persona, World
from npc_sdk.prompt import ChatTemplate, PromptCompiler

CONTROLS = (
    "<s> </s> <|im_start|> <|im_end|> <think> </think> <tool_call> </tool_call> <tool_response> </tool_response> "
    "<|head|> <|/head|> <|eot|> <turn> </turn>"
).split()
_WORD = re.compile(r"\s?\w+|\s+|[^\w\s]")


class WordTokenizer:
    """Words with one blank before them, else bytes; control tokens are single ids.

    ``leaks`` makes it read the tags of tools and thoughts also where control tokens are off, as llama.cpp does
    with the user-defined tokens of some vocabularies.
    """

    vocabulary_size = 1 << 20

    def __init__(self, chat_template: str | None, *, add_bos: bool = False, leaks: bool = False) -> None:
        self.chat_template = chat_template
        self.add_bos = add_bos
        self.bos_token: int | None = 256 if add_bos else None
        self.fingerprint = "words"
        self.encoded_characters = 0
        self._leaks = leaks
        self._ids = {text: 256 + index for index, text in enumerate(CONTROLS)}
        self._pieces = {number: bytes([number]) for number in range(256)}
        self._pieces |= {token: text.encode() for text, token in self._ids.items()}

    @property
    def end_tokens(self) -> frozenset[int]:
        return frozenset(self._ids[text] for text in ("<|im_end|>", "<|eot|>", "</s>", "</turn>"))

    def encode(self, text: str, *, special: bool) -> list[int]:
        self.encoded_characters += len(text)
        known = CONTROLS if special else [tag for tag in CONTROLS if "t" in tag and "|" not in tag] * self._leaks
        if not known:
            return self._words(text)
        pattern = "|".join(map(re.escape, known))
        tokens = []
        for index, piece in enumerate(re.split(f"({pattern})", text)):
            tokens += [self._ids[piece]] if index % 2 else self._words(piece)
        return tokens

    def piece(self, token: int) -> bytes:
        return self._pieces[token]

    def token_id(self, text: str) -> int | None:
        tokens = self.encode(text, special=True)
        return tokens[0] if len(tokens) == 1 else None

    def _words(self, text: str) -> list[int]:
        return [token for word in _WORD.findall(text) for token in self._word(word)]

    def _word(self, word: str) -> list[int]:
        data = word.encode()
        if len(word) == 1:
            return list(data)
        token = self._ids.setdefault(f"word {word}", 1000 + len(self._ids))
        self._pieces[token] = data
        return [token]


_TURNS = """\
{%- for m in messages -%}
{%- if m.role == 'system' -%}
{{- OPEN ~ 'system\\n' ~ m.content -}}TOOLS{{- CLOSE -}}
{%- elif m.role == 'assistant' -%}
{{- OPEN ~ 'assistant\\n' -}}THOUGHT{{- m.content -}}CALLS{{- CLOSE -}}
{%- elif m.role == 'tool' -%}
{{- OPEN ~ 'user\\n<tool_response>\\n' ~ m.content ~ '\\n</tool_response>\\n' ~ CLOSE -}}
{%- else -%}
{{- OPEN ~ m.role ~ '\\n' ~ m.content ~ CLOSE -}}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- OPEN ~ 'assistant\\n' -}}ASK{%- endif -%}
"""
_CALLS = """\
{%- for call in m.tool_calls or [] -%}
{{- '\\n<tool_call>\\n' ~ call.function.name ~ '\\n</tool_call>\\n' -}}
{%- endfor -%}
"""


def _template(*, tools: str = "", thought: str = "", calls: str = "", ask: str = "") -> str:
    source = _TURNS.replace("TOOLS", tools).replace("THOUGHT", thought).replace("CALLS", calls).replace("ASK", ask)
    return source.replace("OPEN", "'<|im_start|>'").replace("CLOSE", "'<|im_end|>\\n'")


_LIST_TOOLS = (
    "{%- if tools -%}{{- '\\n\\n# Tools\\n' ~ (tools | tojson) ~ '\\n<tool_call> as <function=name>' -}}{%- endif -%}"
)

TEMPLATES = {
    "nemotron": _template(
        tools=_LIST_TOOLS,
        thought="{{- '<think></think>' -}}",
        calls=_CALLS,
        ask="{{- '<think>\\n' if enable_thinking else '<think></think>' -}}",
    ),
    "qwen3": _template(
        tools=_LIST_TOOLS,
        calls=_CALLS,
        thought="{%- if loop.last -%}{{- '<think>\\n\\n</think>\\n\\n' -}}{%- endif -%}",
        ask="{%- if not enable_thinking -%}{{- '<think>\\n\\n</think>\\n\\n' -}}{%- endif -%}",
    ),
    "chatml": _template(),
    "tools_first": "{%- if tools -%}{{- '<|im_start|>tools\\n' ~ (tools | tojson) ~ '<tool_call>' -}}"
    """{{- '{"name": "x", "arguments": {}}</tool_call><|im_end|>\\n' -}}{%- endif -%}""" + _template(),
    "tools_otherwise": _template(tools="{%- if tools -%}{{- '\\n[CALL name]' ~ (tools | tojson) -}}{%- endif -%}"),
    "llama3": """\
{{- bos_token -}}
{%- for m in messages -%}
{{- '<|head|>' ~ m.role ~ '<|/head|>\\n\\n' ~ m.content | trim ~ '<|eot|>' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|head|>assistant<|/head|>\\n\\n' -}}{%- endif -%}
""",
    "gemma": """\
{{- bos_token -}}
{%- if messages[0].role == 'system' -%}{{- raise_exception('System role not supported') -}}{%- endif -%}
{%- for m in messages -%}
{%- if (m.role == 'user') != (loop.index0 % 2 == 0) -%}{{- raise_exception('Roles must alternate') -}}{%- endif -%}
{{- '<turn>' ~ ('model' if m.role == 'assistant' else m.role) ~ '\\n' ~ m.content | trim ~ '</turn>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<turn>model\\n' -}}{%- endif -%}
""",
    "inst": """\
{{- bos_token -}}
{%- for m in messages -%}
{%- if m.role == 'system' -%}{{- '[INST] <<SYS>>\\n' ~ m.content ~ '\\n<</SYS>>\\n\\n' -}}
{%- elif m.role == 'user' -%}
{{- ('' if loop.index0 == 1 and messages[0].role == 'system' else '[INST] ') ~ m.content ~ ' [/INST]' -}}
{%- else -%}{{- ' ' ~ m.content ~ '</s>' -}}{%- endif -%}
{%- endfor -%}
""",
    "phi": """\
{%- for m in messages -%}{{- '<|head|>' ~ m.role ~ '<|/head|>\n' ~ m.content ~ '<|eot|>\n' -}}{%- endfor -%}
{{- '<|head|>assistant<|/head|>\n' if add_generation_prompt else '</s>' -}}
""",
    "tools_late": """\
{%- for m in messages -%}
{%- if tools and loop.last -%}{{- '<|head|>tools<|/head|>' ~ (tools | tojson) -}}{%- endif -%}
{{- '<|head|>' ~ m.role ~ '<|/head|>' ~ m.content ~ '<|eot|>' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|head|>assistant<|/head|>' -}}{%- endif -%}
""",
}


def strike(target: str, style: str = "quick") -> None:
    """Strike somebody within reach."""


def _compiler(name: str | None, **options: bool) -> PromptCompiler:
    source = None if name is None else TEMPLATES.get(name, name)
    tokenizer = WordTokenizer(source, **options)
    return PromptCompiler(tokenizer, ChatTemplate.for_tokenizer(tokenizer), dialect_for(source))


@pytest.fixture(scope="session")
def templates() -> dict[str, str]:
    return TEMPLATES


@pytest.fixture(scope="session")
def make_tokenizer() -> type[WordTokenizer]:
    return WordTokenizer


@pytest.fixture(scope="session")
def make_compiler() -> Callable[..., PromptCompiler]:
    """Makes a compiler for a named template (or a source), and options of the tokenizer."""
    return _compiler


@pytest.fixture(scope="session")
def compiler() -> PromptCompiler:
    return _compiler("nemotron")


@pytest.fixture(scope="session")
def persona() -> Persona:
    return Persona(
        name="Orla",
        role="the gate guard of Brackwater.",
        description="Orla has kept the gate for twenty years.\n\nShe trusts nobody.",
        voice="Short and dry.",
        knows=["The gate closes at dusk.", "The mayor is away."],
        examples=[{"player": "Let me in.", "npc": "Not tonight."}],
    )


@pytest.fixture(scope="session")
def world() -> World:
    return World(name="Brackwater", setting="A harbour town.\nIt rains.", facts=["The bridge is down."])


@pytest.fixture(scope="session")
def actions() -> tuple[object, ...]:
    return (action_spec(strike),)


@pytest.fixture(scope="session")
def enemies() -> dict[str, Labels]:
    return {"enemies": Labels.of(["goblin_1", "Old Bob.", "goblin_2"])}
