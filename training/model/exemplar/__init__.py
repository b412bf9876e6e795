"""The networks of the seeds: a feature extractor, the warp submodule and the colorization submodule."""
