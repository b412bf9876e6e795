"""``tinct bench``: what a frame costs, stage by stage, beside a network of DEVC's size."""
