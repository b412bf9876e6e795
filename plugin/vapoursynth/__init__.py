"""The filter for VapourSynth: runs in VapourSynth's Python, with NumPy beside the standard library."""
