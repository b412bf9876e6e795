"""Motion sources: where the previous frame's colour goes in this one."""
