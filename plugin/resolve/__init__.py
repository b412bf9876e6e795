"""Tinct in DaVinci Resolve: scripts that read the timeline, have its clips coloured outside, and put the result back.

Standard library alone, Python 3.9. Nothing stays resident in Resolve: a script takes a snapshot of the clips and writes
it down as a job (`job`), a process of its own has the worker colour it (`run_job`), and this or a later script places
what is finished (`placement`).
"""
