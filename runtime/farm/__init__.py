"""What the tasks of a farm do: a plan of chunks, the chunks, and the result that they are joined to.

Nothing here knows of a farm's engine; `tinct.farm` writes jobs for those.
"""
