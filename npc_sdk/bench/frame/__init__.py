"""Frame times of a game that draws beside characters who talk and decide all the time."""
