"""What is measured: scenes, models, numbers of characters and variants, in an order that serves a run cut short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from npc_sdk.bench.frame.scene import SCENES
from npc_sdk.bench.harness import default_folder
from npc_sdk.errors import RequestError

MODELS: Final[dict[str, float]] = {"starter": 500.0, "4b-shaped": 10_000.0}
"""Models, and the deadline of a decision with each, in milliseconds."""

VARIANTS: Final[dict[str, str]] = {
    "paced": "runtime in another process, told of every frame",
    "unpaced": "runtime in another process, neither told of frames nor in the background",
    "background": "runtime in another process that is in the background, and not told of frames",
    "naive": "llama_cpp.Llama in a thread of the game, its defaults",
    "naive-fair": "llama_cpp.Llama in a thread of the game, with as many threads as the runtime's engine",
}
OFF: Final = "off"
CHARACTERS: Final = (8, 4, 1)
USUAL_VARIANTS: Final = ("paced", "unpaced", "naive")
SECONDS: Final = 60.0
QUICK_SECONDS: Final = 8.0
WARM_S: Final[dict[str, float]] = {"starter": 4.0, "4b-shaped": 25.0}
"""How long a run goes before it counts: about until every character has been read once."""

WARM_ALONE_S: Final = 2.0
DISTURBED_SHARE: Final = 0.03
"""What others may have of the machine's cores in a run: a system alone takes one or two hundredths."""

MOST_TRIES: Final = 20
MOST_CHARACTERS: Final = 64
LONGEST_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One run.

    Args:
        scene: What is drawn.
        model: Who thinks; empty when nobody does.
        characters: How many talk and decide.
        variant: How they are run; ``off`` without them.
    """

    scene: str
    model: str = ""
    characters: int = 0
    variant: str = OFF

    @property
    def words(self) -> str:
        """The run in words."""
        if self.variant == OFF:
            return f"{self.scene} scene, no model"
        return f"{self.scene} scene, {self.model}, {self.characters} characters, {self.variant}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How the measurements are made.

    Args:
        seconds: Length of one run.
        warm_s: How long each run goes before it counts; None takes what suits the model.
        scenes: Which scenes.
        models: Which models.
        characters: How many characters.
        variants: How they are run.
        seed: Makes scenes, characters and what they are asked.
        tries: How often a run is made at most while others have more than :data:`DISTURBED_SHARE` of the machine; the
            one in which they had least counts.
        folder: Where synthetic models lie or are built.
        report: Called with a line of progress.
        tick: Called about once a second with what is measured, and the share of everything that is done.

    Raises:
        RequestError: There is no such scene, model or variant, or a number is out of range.
    """

    seconds: float = SECONDS
    warm_s: float | None = None
    scenes: tuple[str, ...] = tuple(SCENES)
    models: tuple[str, ...] = tuple(MODELS)
    characters: tuple[int, ...] = CHARACTERS
    variants: tuple[str, ...] = USUAL_VARIANTS
    seed: int = 1
    tries: int = 3
    folder: Path = field(default_factory=default_folder)
    report: Callable[[str], None] = lambda line: None
    tick: Callable[[str, float], None] = lambda line, share: None

    def __post_init__(self) -> None:
        _check_names("scene", self.scenes, tuple(SCENES))
        _check_names("model", self.models, tuple(MODELS))
        _check_names("variant", self.variants, tuple(VARIANTS))
        if not self.characters or not all(1 <= count <= MOST_CHARACTERS for count in self.characters):
            raise RequestError(
                f"{list(self.characters)} are no numbers of characters.",
                f"Use numbers from 1 to {MOST_CHARACTERS}, such as 1,4,8.",
                code="bad_characters",
            )
        if not 1 <= self.tries <= MOST_TRIES:
            raise RequestError(
                f"A run cannot be made {self.tries} times.", f"Use a number from 1 to {MOST_TRIES}.", code="bad_tries"
            )
        if not 0.2 <= self.seconds <= LONGEST_S:
            raise RequestError(
                f"{self.seconds:g} seconds cannot be measured.",
                f"Use a number from 0.2 to {LONGEST_S:g}.",
                code="bad_seconds",
            )

    def warm_of(self, model: str) -> float:
        """Return how long a run with a model, or with none, goes before it counts."""
        return WARM_S.get(model, WARM_ALONE_S) if self.warm_s is None else self.warm_s


def quick_course(**changes: object) -> dict[str, object]:
    """Return what a short run does differently, changed by what was asked for otherwise."""
    quick: dict[str, object] = {
        "seconds": QUICK_SECONDS,
        "warm_s": WARM_ALONE_S,
        "models": ("starter",),
        "characters": (8,),
    }
    return {**quick, **changes}


def cells_of(course: Course) -> list[Cell]:
    """Return every run in order.

    Most characters come first, and the scene alone before each model and at the end, because it is what all others
    are held against: a machine that changes meanwhile shows in it.
    """
    cells: list[Cell] = []
    for scene in course.scenes:
        for model in course.models:
            cells.append(Cell(scene=scene))
            for characters in sorted(set(course.characters), reverse=True):
                cells += [
                    Cell(scene=scene, model=model, characters=characters, variant=variant)
                    for variant in VARIANTS
                    if variant in course.variants
                ]
        cells.append(Cell(scene=scene))
    return cells


def _check_names(what: str, names: Sequence[str], known: Sequence[str]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        cause = f"There is no {what} {unknown[0]!r:.60}." if unknown else f"No {what} was named."
        raise RequestError(cause, f"Choose among {', '.join(known)}.", code=f"unknown_{what}")
