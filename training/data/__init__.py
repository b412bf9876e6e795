"""Data sets of clips and photos."""
