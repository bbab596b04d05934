"""What ``npc doctor`` looks at, one module for each part of the machine."""
