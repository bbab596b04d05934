"""What the demos draw with: colours, type, bubbles, panels, and the overlay of figures. Needs pygame-ce."""
