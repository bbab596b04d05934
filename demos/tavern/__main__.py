"""``python -m demos.tavern --headless --say "Anna, how much for ale?" --report out.json``."""

from __future__ import annotations

import sys

from .headless import main

if __name__ == "__main__":
    sys.exit(main())
