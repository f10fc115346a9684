"""The files of a project, before they are written."""

from collections.abc import Mapping
from typing import TypeAlias

# POSIX path relative to the project's root -> content.
Files: TypeAlias = Mapping[str, bytes]
