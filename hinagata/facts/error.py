"""The error of a number that is not there, or of a file of numbers that cannot be used."""

from hinagata.errors import HinagataError


class FactError(HinagataError):
    """A fact that is missing, or a fact file that is not written as one."""
