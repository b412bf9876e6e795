"""A run over a plate: its request, frame by frame through bounded stages, and what it keeps to go on from."""
