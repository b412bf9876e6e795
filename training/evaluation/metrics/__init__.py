"""Image and video metrics of colorization, one file each; every one is a plain function of arrays."""
