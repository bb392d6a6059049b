"""Errors that a person can act on; their text names the thing, what is allowed and the next step."""


class CalscopeError(Exception):
    """Something a person did or has can't work as it is; the text is shown as it stands, without a traceback."""


class RecordingError(CalscopeError):
    """A recording can't be opened or read."""


class ParameterError(CalscopeError):
    """A parameter is unknown, out of range, or doesn't fit another."""


class EngineError(CalscopeError):
    """An engine is absent, or can't do what was asked of it."""


class StoreError(CalscopeError):
    """A stored result can't be written or read."""


class NotAllowedError(CalscopeError):
    """The server may not do what was asked of it."""


class Cancelled(Exception):  # noqa: N818 - a wish of the person, not an error
    """The person asked to stop; raised by a `Progress` call inside long work."""
