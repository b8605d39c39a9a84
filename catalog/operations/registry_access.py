"""Opens the image registries for an operation, with the logins and authorities of this machine."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from catalog.remote.oci_registry import OciRegistries

PLAIN_VARIABLE = "CATALOG_PLAIN_REGISTRIES"
_CERTIFICATES = (Path("/etc/docker/certs.d"), Path("/etc/containers/certs.d"))


@contextmanager
def open_registries(environment: Mapping[str, str] | None = None) -> Iterator[OciRegistries]:
    """The registries, spoken to as the engines of this machine are set up to.

    Args:
        environment: where DOCKER_CONFIG, CATALOG_PLAIN_REGISTRIES and the like are looked up; the process's
            own unless given.

    Raises:
        MissingError: the library that speaks HTTP is not installed.
    """
    try:
        import httpx  # noqa: F401, PLC0415  # an extra: who only builds needs none
    except ModuleNotFoundError:
        raise MissingError(
            "Talking to an image registry needs the package httpx, which is not installed.",
            "Install it: pip install httpx",
        ) from None
    from catalog.remote.docker_logins import DockerLogins  # noqa: PLC0415
    from catalog.remote.oci_registry import OciRegistries  # noqa: PLC0415
    from catalog.remote.oci_transports import Access  # noqa: PLC0415

    given = os.environ if environment is None else environment
    plain = frozenset(filter(None, (host.strip() for host in given.get(PLAIN_VARIABLE, "").split(","))))
    with OciRegistries(Access(DockerLogins(given).login, authority_of, plain)) as registries:
        yield registries


def authority_of(host: str, folders: tuple[Path, ...] = _CERTIFICATES) -> Path | None:
    """The certificate of the authority that the engines believe for the registry at `host`, if there is one.

    Docker and podman look in the same way into `certs.d/HOST:PORT/ca.crt`. A folder that this user may not
    look into holds none for this user.
    """
    return next((path for path in (folder / host / "ca.crt" for folder in folders) if _is_there(path)), None)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        return False
