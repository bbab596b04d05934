"""How a battle is painted: ground, figures, what they intend and say, bars, and the panel of a conversation."""
