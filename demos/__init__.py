"""Demos of the SDK: ``tactics`` is a skirmish whose soldiers think."""
