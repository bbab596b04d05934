"""What the tests of the demos share; the demos are imported from beside the package."""

from __future__ import annotations

import sys
from pathlib import Path

# Last, so that the package that is installed is the one that is tested.
sys.path.append(str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))
