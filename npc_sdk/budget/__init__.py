"""What the model may use: memory and time, probed, planned, governed and paced."""
