"""``python -m demos.tactics --headless --seed 1 --squads model:utility --report out.json``."""

from __future__ import annotations

import sys

from .headless import main

if __name__ == "__main__":
    sys.exit(main())
