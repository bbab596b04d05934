"""An evening in a tavern: three guests who hear each other, answer the player, and each know what the others do not."""
