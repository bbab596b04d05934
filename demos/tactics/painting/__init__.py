"""How a battle is painted: ground, soldiers, what they intend and say, bars, and the panel of a conversation."""
