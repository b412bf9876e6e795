"""The clip and the stills that `tinct demo` colours, and the script that made them."""
