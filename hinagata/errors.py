"""What a person can mend, as one small tree of exceptions: the command line catches its root."""


class HinagataError(Exception):
    """One clear sentence for the user: what is wrong, where, and how to mend it.

    The message is printed as it stands and ends the command with exit code 2, without a traceback.
    """


class UsageError(HinagataError):
    """A command line, or a name on it, that does not exist."""
