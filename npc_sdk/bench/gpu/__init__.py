"""``npc bench gpu``: plans, speed, parking, memory given back and frame times on a real NVIDIA card."""
