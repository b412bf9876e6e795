"""Tinct in Nuke 14 and later: a node that has its plate's file coloured by the worker and shows the result.

Standard library alone, Python 3.9. Of the host only `nuke` is used, and everything of it in the main thread.
"""
