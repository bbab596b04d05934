"""What the guests wear and how they hold themselves, a guest a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .anna import Anna
from .look import Look
from .odo import Odo
from .pip import Pip

LOOKS: Final[Mapping[str, Look]] = {"odo": Odo(), "anna": Anna(), "pip": Pip()}
