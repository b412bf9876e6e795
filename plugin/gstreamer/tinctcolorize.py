"""What GStreamer's loader of Python plugins reads: `tinct install gstreamer` puts a copy into its folder."""

from __future__ import annotations

from tinct.plugin.gstreamer.element import register_element

__gstelementfactory__ = register_element()
