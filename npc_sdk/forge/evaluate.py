"""How good a model is: questions whose answers are known, asked through the runtime.

The conversations come from the held-out half of the corpus: their names, places, goods and phrasings never occur in
training. They are chosen before the model is asked anything, so that every model gets the same ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from npc_sdk.engine.engine import Engine
from npc_sdk.errors import NpcError, RequestError
from npc_sdk.forge.corpus.manners import MannerClassifier
from npc_sdk.forge.evaluation.cases import MOST_GREETINGS, attempts, conversations, greetings
from npc_sdk.forge.evaluation.comparison import comparison_table
from npc_sdk.forge.evaluation.figure import FIGURE_KINDS, Figure, Measure
from npc_sdk.forge.evaluation.record import Case, Chosen, Heard, Played
from npc_sdk.forge.evaluation.reference import reference_records
from npc_sdk.forge.evaluation.result import Evaluation, percent
from npc_sdk.forge.evaluation.stage import Report, StageSettings, play_all, staged
from npc_sdk.forge.evaluation.subject import is_of_this_corpus, model_facts, template_notes, why_not_talking
from npc_sdk.forge.evaluation.tally import figures, judged, misses, variety
from npc_sdk.forge.evaluation.transcript import write_transcript
from npc_sdk.models import resolve_model
from npc_sdk.runtime.engines import EngineKind

if TYPE_CHECKING:
    from rich.table import Table

DEFAULT_COUNT = 200
DEFAULT_SEED = 20_011
_CLASSIFIER_SEED = 9_001
# Figures for models whose every word comes from the corpus.
_OWN_FIGURES = ("unknown.to_the_point",)


def evaluate(
    model: str | Path,
    *,
    count: int = DEFAULT_COUNT,
    seed: int = DEFAULT_SEED,
    threads: int = 1,
    slots: int = 8,
    greedy: bool = False,
    engine: Engine | EngineKind = "thread",
    gpu_layers: int = -1,
    report: Report | None = None,
    transcript: Path | None = None,
) -> Evaluation:
    """Ask a model questions whose answers are known, and count.

    What does not apply to a model (no tokenizer, no actions, too small a context) is said in the notes.

    Args:
        model: A name of the catalog, or the path of a GGUF file.
        count: Questions of each figure that has a goal; the kinds of facts get half as many each.
        seed: Chooses the conversations and all random numbers.
        threads: CPU threads of llama.cpp.
        slots: Conversations at once.
        greedy: Whether to take the likeliest token; otherwise sampling is as personas ask for.
        engine: ``thread``, ``process``, or an engine of your own, for which ``model`` is ignored.
        gpu_layers: Layers on the GPU; negative puts all there. Speed is always measured on the CPU.
        report: Hears how far it is.
        transcript: A file to write every answer to, with what it counted for; one JSON object a line.

    Raises:
        RequestError: The count or the number of slots is less than one (``bad_count``).
        ModelError: The file is not there or broken.
        CapacityError: There is not enough memory.
    """
    if count < 1 or slots < 1:
        raise RequestError(f"A count of {min(count, slots)} measures nothing.", "Use 1 or more.", code="bad_count")
    started, tell = perf_counter(), report or _silent
    settings = StageSettings(seed=seed, threads=threads, slots=slots, is_greedy=greedy, gpu_layers=gpu_layers)
    is_file = isinstance(engine, str)
    path = Path(resolve_model(model).path) if is_file else None
    problem = "" if path is None else why_not_talking(path)
    facts = {"name": "engine of the caller", "architecture": ""} if path is None else model_facts(path)
    foreign = () if path is not None and is_of_this_corpus(path) else _OWN_FIGURES
    asked = _Questions(count, seed)
    played = [] if problem else asked.play(path or model, engine, settings, tell)
    rows = judged((record for each in played for record in each.records), _classifier())
    if transcript is not None:
        write_transcript(transcript, rows)
    return Evaluation(
        model=facts,
        settings=_settings_facts(settings, count),
        figures=figures(rows, _notes_by_key(rows, asked, problem, foreign), left_out=foreign),
        measures=(_variety(played, asked), *_speed(path, threads, tell)),
        notes=(*_problem_notes(played, problem), *(template_notes(path) if path is not None else ())),
        misses=misses(rows),
        seconds=perf_counter() - started,
    )


def compare(
    models: Sequence[str | Path], *, report: Report | None = None, **options: Any
) -> tuple[str, tuple[Evaluation, ...]]:
    """Evaluate several files with the same questions and set them side by side.

    Args:
        models: The files; the first is what the others are held against.
        report: Hears how far it is.
        **options: As for :func:`evaluate`.

    Returns:
        A Markdown table, and the evaluations it shows.

    Raises:
        RequestError: There is no model to compare (``bad_count``).
        ModelError: A file is not there or broken.
    """
    if not models:
        raise RequestError("There is nothing to compare.", "Name at least one model.", code="bad_count")
    tell = report or _silent
    found = []
    for model in models:
        tell(f"evaluating {Path(model).name}")
        found.append(evaluate(model, report=report, **options))
    return comparison_table(found), tuple(found)


def table(evaluation: Evaluation) -> Table:
    """Return the figures as a table for the terminal."""
    from rich.table import Table
    from rich.text import Text

    shown = Table("Figure", "Right", "n", "95 % interval", "Goal", box=None, pad_edge=False)
    for figure in evaluation.figures:
        low, high = figure.interval
        interval = f"{100 * low:.1f} to {100 * high:.1f} %" if figure.count else "-"
        style = {True: "green", False: "red", None: ""}[figure.is_met]
        goal = percent(figure.kind.goal) if figure.kind.goal is not None else ""
        name = figure.kind.name.replace("- ", "  ", 1) if figure.kind.name.startswith("- ") else figure.kind.name
        shown.add_row(name, Text(percent(figure.share), style), str(figure.count), interval, goal)
    for measure in evaluation.measures:
        value = "-" if measure.value is None else f"{measure.value:,.0f} {measure.unit}"
        style = {True: "green", False: "red", None: ""}[measure.is_met]
        shown.add_row(measure.name, Text(value, style), "", "", "" if measure.goal is None else f"{measure.goal:,.0f}")
    for note in evaluation.notes:
        shown.add_row(Text(note, "dim"))
    return shown


class _Questions:
    """The conversations of one evaluation. Not thread safe."""

    def __init__(self, count: int, seed: int) -> None:
        self.held_out = conversations(seed, count)
        self.greetings = greetings(min(count, MOST_GREETINGS))
        self._attempts = attempts(seed, count)

    @property
    def all(self) -> tuple[Case, ...]:
        return (*self.held_out, *self._attempts, *self.greetings)

    def play(
        self, model: str | Path, engine: Engine | EngineKind, settings: StageSettings, report: Callable[[str], None]
    ) -> list[Played]:
        with staged(model, engine, settings) as runtime:
            return play_all(runtime, self.all, workers=settings.slots, report=report)

    def manner_ceiling(self) -> str:
        rows = judged((record for case in self.held_out for record in reference_records(case)), _classifier())
        ceiling = next(figure for figure in figures(rows) if figure.kind.key == "manner")
        return f"the classifier knows {percent(ceiling.share)} of the generator's own answers"


@lru_cache(maxsize=1)
def _classifier() -> MannerClassifier:
    return MannerClassifier.train(_CLASSIFIER_SEED)


def _settings_facts(settings: StageSettings, count: int) -> dict[str, Any]:
    return {
        "count": count,
        "seed": settings.seed,
        "split": "held_out",
        "sampling": "greedy" if settings.is_greedy else "as the persona says",
        "threads": settings.threads,
        "slots": settings.slots,
    }


def _notes_by_key(rows: Sequence[Any], asked: _Questions, problem: str, foreign: Sequence[str]) -> dict[str, str]:
    if problem:
        return {kind.key: "does not apply" for kind in FIGURE_KINDS if kind.goal is not None}
    notes = {"manner": asked.manner_ceiling()}
    notes |= {key: "does not apply, the model knows more words than the corpus" for key in foreign}
    choices = Counter(record.why for record, _ in rows if isinstance(record, Chosen) and record.source != "model")
    if choices:
        why, count = choices.most_common(1)[0]
        notes["tactics"] = f"{count} decisions were not the model's ({why})"
    return notes


def _problem_notes(played: Sequence[Played], problem: str) -> tuple[str, ...]:
    if problem:
        return (f"Characters cannot speak with this model: {problem}",)
    notes = [
        f"{count} conversations were not played ({code})."
        for code, count in Counter(each.problem for each in played if each.problem).items()
    ]
    ends = Counter(
        record.why
        for each in played
        for record in each.records
        if isinstance(record, Heard) and record.source == "fallback"
    )
    notes += [f"{count} answers were fallback lines ({why})." for why, count in ends.most_common()]
    return tuple(notes)


def _variety(played: Sequence[Played], asked: _Questions) -> Measure:
    names = {case.name for case in asked.greetings}
    texts = [
        record.text
        for each in played
        if each.case in names
        for record in each.records
        if isinstance(record, Heard) and record.is_own
    ]
    return variety(texts, is_full=len(texts) == MOST_GREETINGS)


def _speed(path: Path | None, threads: int, report: Callable[[str], None]) -> tuple[Measure, ...]:
    if path is None:
        return ()
    from npc_sdk.forge.evaluation.speed import measure_speed

    report("measuring the speed of llama.cpp alone")
    try:
        return measure_speed(path, threads=threads)
    except NpcError as error:
        return (
            Measure(
                key="speed",
                section="speed",
                name="Speed",
                value=None,
                unit="tokens/s",
                note=error.cause.rstrip("."),
            ),
        )


def _silent(line: str) -> None:
    """Say nothing."""


__all__ = ["DEFAULT_COUNT", "DEFAULT_SEED", "Evaluation", "Figure", "compare", "evaluate", "table"]
