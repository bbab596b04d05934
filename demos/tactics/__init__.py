"""A skirmish of two squads on a grid; each soldier of a side may be a character of a model.

``minds`` is all that the demo does with the SDK while it runs. ``rules`` is the game alone: pure, seeded,
deterministic given the decisions. ``play`` lets it run frame by frame, ``stage`` says what is to be seen, ``picture``
draws it.
"""
