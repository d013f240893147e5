"""A folder that an ensemble is written to: on this machine, or anywhere that fsspec reaches."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from cardhouse.errors import InputError
from cardhouse.user_cache import umask

EXTRA = "ensemble"


class Folder:
    """A folder by its path or address (``runs/a``, ``s3://bucket/a``, ``memory://a``).

    Raises
    ------
    InputError
        When it is a file, or what reaches it is not installed.
    """

    def __init__(self, name: str | Path) -> None:
        self.name = os.fspath(name).rstrip("/") or "/"
        self._is_local = "://" not in self.name
        if self._is_local and Path(self.name).exists() and not Path(self.name).is_dir():
            raise InputError(f"--out names '{self.name}', which is a file. Name a folder.")

    def write(self, name: str, content: bytes) -> None:
        """Write a file into the folder, whole or not at all.

        Raises
        ------
        InputError
            When it cannot be written.
        """
        try:
            if self._is_local:
                _write_local(Path(self.name) / name, content)
            else:
                system, root = self._remote()
                system.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
                system.pipe_file(f"{root}/{name}", content)
        except OSError as error:
            raise InputError(cannot_write(self.name, error)) from error

    def read(self, name: str) -> bytes | None:
        """Return a file of the folder; None where it has none of that name.

        Raises
        ------
        InputError
            When it is there and cannot be read.
        """
        try:
            if self._is_local:
                return (Path(self.name) / name).read_bytes()
            system, root = self._remote()
            return bytes(system.cat_file(f"{root}/{name}"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(
                f"'{self.name}/{name}' cannot be read: {error.strerror or error}."
            ) from error

    def zarr_store(self, name: str) -> Any:
        """Return the zarr store of this name in the folder."""
        zarr = zarr_package()
        if self._is_local:
            return zarr.storage.LocalStore(Path(self.name) / name)
        self._remote()
        return zarr.storage.FsspecStore.from_url(f"{self.name}/{name}")

    def _remote(self) -> tuple[Any, str]:
        """Return the file system that reaches the folder, and its path there."""
        fsspec = _fsspec_package()
        try:
            system, root = fsspec.core.url_to_fs(self.name)
        except (ImportError, ValueError) as error:
            raise InputError(
                f"--out '{self.name}' cannot be reached: {error}. Install what reaches it, or name "
                "a folder on this machine."
            ) from error
        return system, str(root)


def _write_local(path: Path, content: bytes) -> None:
    """Write beside the place and move there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".cardhouse-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o666 & ~umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def cannot_write(name: str, error: OSError) -> str:
    """Return the sentence that says why a folder cannot be written."""
    return f"'{name}' cannot be written: {error.strerror or error}."


def zarr_package() -> Any:
    """Return zarr; raises InputError where it is not installed."""
    try:
        import zarr
    except ImportError as error:
        raise InputError(_missing("zarr")) from error
    return zarr


def _fsspec_package() -> Any:
    try:
        import fsspec
    except ImportError as error:
        raise InputError(_missing("fsspec")) from error
    return fsspec


def _missing(package: str) -> str:
    return (
        f"--out keeps an ensemble in zarr, and '{package}' is not installed. Install "
        f"'cardhouse[{EXTRA}]', or leave --out away."
    )
