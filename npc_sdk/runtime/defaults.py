"""Settings that suit a machine, when nobody chose others."""

from __future__ import annotations

CELLS_FOR_EACH_SLOT = 2048


def slots_for(cpu_count: int) -> int:
    """Return how many characters should be live at once: four on a small machine, eight else."""
    return 4 if cpu_count <= 4 else 8


def cells_for(slots: int) -> int:
    """Return how many tokens the context should hold for so many live characters."""
    return slots * CELLS_FOR_EACH_SLOT


def threads_for(cpu_count: int) -> int:
    """Return how many CPU threads to use: half of them, because the game needs the rest; at most eight."""
    return max(1, min(8, cpu_count // 2))
