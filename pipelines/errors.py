"""The errors a user sees.

UserError        the user's input is wrong, or the machine refuses (exit code 2)
 └ StorageError  a folder cannot be read or written: full disk, no permission, no such bucket
RunFailed        the run ended and something asked for does not hold (exit code 1)
"""

from __future__ import annotations

import errno


class UserError(Exception):
    """One line: the key or file, what is wrong with it, what would be right."""


class StorageError(UserError):
    """A folder or bucket cannot be read or written."""


class RunFailed(Exception):
    """The run finished, but something in it failed; the message is one line for each."""


_REFUSALS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EFBIG: "the file is too large for this disk",
}


def storage_error(error: OSError, where: str) -> StorageError | None:
    """The clear word for an error that trying again will not mend, or None for others."""
    if isinstance(error, PermissionError):
        return StorageError(f"{where}: permission denied")
    refusal = _REFUSALS.get(error.errno or 0)
    return StorageError(f"{where}: {refusal}") if refusal else None
