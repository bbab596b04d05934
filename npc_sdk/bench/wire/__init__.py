"""What ``npc bench wire`` measures: round trips, a steady load, faults, and fuzzing of the host."""
