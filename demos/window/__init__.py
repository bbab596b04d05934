"""The window that a demo runs in: its beat, its keys, its pictures and films. Needs pygame-ce."""
