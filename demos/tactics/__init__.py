"""A skirmish of two squads on a grid; each soldier of a side may be a character of a model.

``rules`` is the game alone: pure, seeded, deterministic given the decisions. ``soldiers`` is all that the demo does
with the SDK. Nothing here draws.
"""
