"""The folder in which the compiled kernel is kept: private, outside the project, and of this source alone.

numba's index is pickle and does not notice when a function in another file has changed, so the folder belongs to this
user only, and its name holds a digest of the kernel's whole source.
"""

import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import Any

_state: dict[str, Any] = {"folder": None, "numba": None}


class UnsafeFolder(Exception):
    """The folder is another user's, or others may write to it: what it holds would be run."""


def use(folder: Path) -> None:
    """Keep the compiled kernel under a folder, made where there is none. Raises `UnsafeFolder` or `OSError`.

    To be called before the kernel is imported first; later calls change nothing.
    """
    if _state["folder"] is not None or _state["numba"] is not None:
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise UnsafeFolder(f"{folder} is not a folder of this user")
    if found.st_mode & 0o077:
        folder.chmod(0o700)
    place = folder / source_digest()
    place.mkdir(mode=0o700, exist_ok=True)
    _state["folder"] = place


def is_set() -> bool:
    """Whether what is compiled is kept."""
    return _state["folder"] is not None


def use_by(numba: Any) -> None:
    """Tell numba of the folder."""
    _state["numba"] = numba or False
    if numba is not None and _state["folder"] is not None:
        numba.config.CACHE_DIR = str(_state["folder"])


def source_digest() -> str:
    """Return a digest of all files that are compiled, and of what compiles them."""
    digest = hashlib.sha256(f"{sys.version} {sys.platform}".encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
