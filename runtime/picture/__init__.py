"""Arithmetic of pictures: colour spaces, chroma brought to the plate's size and put under its luma, the gamut."""
