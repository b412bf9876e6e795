"""The GStreamer element ``tinctcolorize``: runs in GStreamer's own Python, with NumPy beside the standard library."""
