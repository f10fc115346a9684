"""Drawing lots: the same ones for the same seed, whatever else happens meanwhile."""

import hashlib


def lot(seed: str, identity: str) -> float:
    """Return a number from 0 up to 1 that looks random and depends on its arguments alone.

    Args:
        seed: of the fault.
        identity: what it is drawn for, such as a message's id or the number of an invocation.
    """
    digest = hashlib.blake2b(f"{seed}/{identity}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
