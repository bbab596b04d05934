"""Places, and the ways to say where something is."""

from __future__ import annotations

from npc_sdk.forge.corpus.split import Table

PLACE_NOUNS = Table.words("""
Mill, Bridge, Tavern, Inn, Chapel, Tower, Gate, Market, Harbour, Cave, Forest, Hill, Well, Farm, Quarry, Mine,
Library, Temple, Garden, Barracks, Stable, Smithy, Bakery, Ruin, Keep, Castle, Lighthouse, Ford, Dock,
Warehouse, Bathhouse, Crypt, Cellar, Square, Theatre, School, Hospital, Prison, Orchard, Vineyard, Marsh, Pond,
Spring, Meadow, Shrine, Camp, Outpost
""")

PLACE_QUALITIES = tuple(
    """
    Old New Crooked Broken Silent Golden Red Black White Sunken Burnt Lonely Drunken Merry Laughing Sleeping
    Hidden High Low Upper Lower Northern Southern Eastern Western Iron Stone Wooden Mossy Haunted Holy Long
    Narrow Windy Quiet
    """.split()
)

ANIMALS = tuple(
    "Fox Boar Stag Goose Hen Raven Owl Wolf Bear Badger Otter Salmon Lion Dragon Unicorn Mule Cat Hound".split()
)

LANDMARKS = (
    "the well",
    "the chapel",
    "the market",
    "the bridge",
    "the river",
    "the gate",
    "the old oak",
    "the town wall",
    "the harbour",
    "the mill",
    "the crossroads",
    "the stables",
    "the square",
    "the graveyard",
    "the fountain",
    "the inn",
    "the stone circle",
    "the south road",
    "the north road",
    "the watchtower",
)

WHERE = Table.lines("""
north of {landmark}
south of {landmark}
east of {landmark}
west of {landmark}
behind {landmark}
just past {landmark}
across from {landmark}
next to {landmark}
under {landmark}
two streets from {landmark}
on the hill above {landmark}
an hour north of {landmark}
a short walk east of {landmark}
down the path from {landmark}
to the left of {landmark}
to the right of {landmark}
between {landmark} and {landmark_2}
at the end of the lane by {landmark}
three miles west of {landmark}
half a day south of {landmark}
""")

HOURS = ("dawn", "noon", "dusk", "midnight", "sunset", "sunrise", *(f"{hour} o'clock" for hour in range(1, 13)))
