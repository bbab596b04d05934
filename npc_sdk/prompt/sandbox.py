"""Runs a chat template, which is a program out of a model file, within bounds.

Bounded: the size of the source, of every text and list that is built, of the whole rendering, the number of
loop rounds, calls, filters and concatenations together, and the seconds between the first and the last of them.
Reached only through a whitelist: filters and the methods of texts. Not bounded: the time of one single step on
one bounded value, and the parser's memory, which grows with the bounded source.
"""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.filters import FILTERS
from jinja2.parser import Parser
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from npc_sdk.errors import PromptError
from npc_sdk.prompt.bounds import (
    CONTAINERS,
    ITEM_LIMIT,
    OutOfBoundsError,
    bounded_range,
    check_operands,
    checked,
    indent_filter,
    join_filter,
    join_text,
    replace_filter,
    to_json_filter,
    written,
)

SOURCE_LIMIT = 128 * 1024
STEP_LIMIT = 200_000
SECONDS_LIMIT = 5.0

_FILTERS = (
    "abs capitalize count d default dictsort e escape first float forceescape groupby indent int items join last "
    "length list lower map max min reject rejectattr replace reverse round safe select selectattr sort string sum "
    "title trim unique upper"
).split()
_TEXT_METHODS = frozenset(
    "capitalize count endswith find index isalnum isalpha isdecimal isdigit islower isspace istitle isupper join "
    "lower lstrip partition removeprefix removesuffix replace rfind rindex rpartition rsplit rstrip split splitlines "
    "startswith strip title upper".split()
)
# Jinja passes the variables of the surrounding loop and block along with every call.
_SCOPES = ("_loop_vars", "_block_vars")
_DATE_FORMAT = re.compile(r"(?:[^%]|%[-aAbBdHIjmMpSwyYZ%]d?){0,64}")


class SandboxedTemplate:
    """A chat template that can be rendered, within bounds, from any thread (one rendering at a time).

    Args:
        source: Jinja2 source, as stored in a model file.
        constants: Variables that every rendering gets, such as ``bos_token``.
        now: The moment that ``strftime_now`` tells; fixed, because a prompt must not change with the clock.
        clock: Seconds that never go back; for the limit on time.

    Raises:
        PromptError: ``template_failed`` when the source is too long or not a template.
    """

    def __init__(
        self,
        source: str,
        *,
        constants: dict[str, Any] | None = None,
        now: datetime | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if len(source) > SOURCE_LIMIT:
            raise _failed(f"it has {len(source)} characters, the limit is {SOURCE_LIMIT}")
        moment = now or datetime.now()
        self.reads_clock = "strftime_now" in source
        self._constants = dict(constants or {})
        self._lock = threading.Lock()
        self._environment = _Environment(clock)
        self._environment.globals["strftime_now"] = lambda form: _date(moment, form)
        self._template = _guarded(lambda: self._environment.from_string(source))

    def render(self, **variables: Any) -> str:
        """Return the rendered text.

        Raises:
            PromptError: ``template_failed`` when the template refuses, fails, or leaves its bounds.
        """
        with self._lock:
            self._environment.restart()
            return str(_guarded(lambda: self._template.render({**self._constants, **variables})))


class _BoundedCode(CodeGenerator):
    """Generates code in which every new text, list and dictionary passes through the environment's bounds."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("environment.join_bounded((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_List(self, node: nodes.List, frame: Frame) -> None:
        self._wrapped(super().visit_List, node, frame)

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        self._wrapped(super().visit_Dict, node, frame)

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:
        if node.ctx == "load":
            self._wrapped(super().visit_Tuple, node, frame)
        else:
            super().visit_Tuple(node, frame)

    def _wrapped(self, visit: Callable[..., None], node: nodes.Node, frame: Frame) -> None:
        self.write("environment.built(")
        visit(node, frame)
        self.write(")")


class _GenerationTag(Extension):
    """Accepts ``{% generation %}``, with which some templates mark what a training run learns from."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Environment(ImmutableSandboxedEnvironment):
    code_generator_class = _BoundedCode
    intercepted_binops = frozenset(["+", "*", "**", "%"])

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,
            cache_size=0,
            finalize=written,
            extensions=["jinja2.ext.loopcontrols", _GenerationTag],
        )
        self._clock = clock
        self._steps = 0
        self._deadline = 0.0
        namespace = self.globals["namespace"]
        self.globals = {"namespace": namespace, "range": bounded_range, "dict": dict, "raise_exception": _refuse}
        self.filters = {name: self._counted(FILTERS[name]) for name in _FILTERS}
        self.filters |= {"tojson": self._counted(to_json_filter), "replace": self._counted(replace_filter)}
        self.filters |= {"join": self._counted(join_filter), "indent": self._counted(indent_filter)}
        self.filters["bounded_items"] = self._items
        self.restart()

    concat = staticmethod(lambda parts: join_text(parts))

    def restart(self) -> None:
        self._steps = 0
        self._deadline = self._clock() + SECONDS_LIMIT

    def step(self, count: int = 1) -> None:
        self._steps += count
        if self._steps > STEP_LIMIT:
            raise OutOfBoundsError(f"it takes more than {STEP_LIMIT} steps")
        if self._clock() > self._deadline:
            raise OutOfBoundsError(f"it takes more than {SECONDS_LIMIT:g} seconds")

    def join_bounded(self, parts: Iterable[Any]) -> str:
        self.step()
        return join_text(str(written(part)) for part in parts)

    def built(self, value: Any) -> Any:
        self.step()
        return checked(value)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: B902
        __self.step()
        given = {name: value for name, value in kwargs.items() if name not in _SCOPES}
        for value in (*args, *given.values()):
            checked((value,) if __obj is Namespace else value)
        owner = getattr(__obj, "__self__", None)
        method = __obj.__name__ if isinstance(owner, str) else ""
        if method == "replace":
            return replace_filter(owner, *args, **given)
        if method == "join":
            return join_filter(args[0], str(owner))
        return checked(super().call(__context, __obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        self.step()
        check_operands(operator, left, right)
        return checked(super().call_binop(context, operator, left, right))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str) and attr not in _TEXT_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        return None

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for loop in tree.find_all(nodes.For):
            if loop.recursive:
                raise OutOfBoundsError("recursive loops are not supported")
            loop.iter = nodes.Filter(loop.iter, "bounded_items", [], [], None, None, lineno=loop.lineno)
        return tree

    def _items(self, values: Any) -> list[Any]:
        if isinstance(values, (str, list, tuple, dict, range)) and len(values) > ITEM_LIMIT:
            raise OutOfBoundsError(f"a loop has more than {ITEM_LIMIT} rounds")
        items = [] if isinstance(values, Undefined) else list(values)
        self.step(1 + len(items))
        return items

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.step()
            checked([value for value in args if isinstance(value, CONTAINERS)])
            return checked(function(*args, **kwargs))

        return counted


def _guarded(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except PromptError:
        raise
    except Exception as error:  # a template is a program: it may raise anything
        raise _failed(str(error) or type(error).__name__) from error


def _failed(reason: str) -> PromptError:
    return PromptError(
        f"The model's chat template cannot be used: {reason[:300].rstrip('.')}.",
        "Use another model file, or pass a chat template of your own.",
        code="template_failed",
    )


def _refuse(message: object = "") -> None:
    raise TemplateError(str(message)[:300])


def _date(moment: datetime, form: object) -> str:
    if not isinstance(form, str) or not _DATE_FORMAT.fullmatch(form):
        raise OutOfBoundsError("strftime_now was given a format that is not supported")
    return moment.strftime(form)
