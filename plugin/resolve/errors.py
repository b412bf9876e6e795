"""Errors of the scripts in Resolve; each message says what was wrong, with which clip or file, and what to do.

ResolveScriptError
+-- ResolveUnavailable    Resolve cannot be reached from here
+-- NothingToDo           no project, no timeline, no clip
+-- SettingsError         the settings' file
+-- StillsError           stills that cannot be had
+-- PlacementError        Resolve did not do what it was asked
    +-- ClipChanged       the clip is not what it was when it was read
"""


class ResolveScriptError(Exception):
    """Root of the errors of the scripts in Resolve."""


class ResolveUnavailable(ResolveScriptError):
    """Resolve cannot be reached from here."""


class NothingToDo(ResolveScriptError):
    """There is no project, no timeline or no clip to work on."""


class SettingsError(ResolveScriptError):
    """The settings' file cannot be read, or a value in it is wrong."""


class StillsError(ResolveScriptError):
    """Stills are missing or cannot be exported."""


class PlacementError(ResolveScriptError):
    """Resolve did not import or place a result as it was asked to."""


class ClipChanged(PlacementError):
    """The clip is gone, or shows other frames than it did when it was read; to ask again is of no use."""
