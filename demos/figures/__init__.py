"""How game and model are doing: gathered from the host's status and the game's own clock. Without pygame."""
