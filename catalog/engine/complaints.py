"""Turns what an engine says when it fails into a message and a hint for people."""

from __future__ import annotations

import re

from msgspec import Struct

from catalog.errors import MissingError

_SAID_LINES = 5
# podman's docker shim says this on every call.
_NOISE = re.compile(r"^Emulate Docker CLI using podman|^\s*$")


class Complaint(Struct, frozen=True):
    """What engines say (a regular expression), what that means, and what to do.

    `message` and `hint` may name `{engine}`, `{subject}` (an image or an archive) and `{start}`, the command
    that starts the engine.
    """

    pattern: str
    message: str
    hint: str


IMAGE_MISSING = Complaint(
    r"no such image|image not known|no such object|reference does not exist|does not exist locally|"
    r"image .{1,300}: not found",
    "{engine} has no image '{subject}'",
    "Build it, or fetch it: {engine} pull {subject}",
)

ENGINE_COMPLAINTS = (
    Complaint(
        r"no space left on device|disk quota exceeded",
        "{engine} has no room left on the disk for '{subject}'",
        "Make room where the engine keeps its images. What can go: {engine} system df",
    ),
    Complaint(
        r"read-only file system",
        "{engine} cannot write: the file system for '{subject}' is read-only",
        "Look at the mount of the folder where the engine keeps its images",
    ),
    Complaint(
        r"permission denied.{0,200}(socket|\.sock\b)|(socket|\.sock\b).{0,200}permission denied|"
        r"rootless containerd not running",
        "This user may not speak to {engine}",
        "Use sudo, or add the user to the engine's group (sudo usermod -aG docker $USER) and log in again",
    ),
    Complaint(
        r"cannot connect to the docker daemon|is the docker daemon running|error during connect|"
        r"cannot connect to podman|unable to connect to podman|cannot access containerd socket|"
        r"failed to dial .{0,200}containerd",
        "{engine} is installed but does not answer",
        "Start it: {start}",
    ),
)
"""The engine itself is not fit for work, whatever was asked of it."""

_REQUEST_COMPLAINTS = (
    Complaint(
        r"toomanyrequests|too many requests|rate limit",
        "The registry of '{subject}' allows no more requests for now",
        "Wait, or log in for a higher limit: {engine} login",
    ),
    Complaint(
        r"no such host|name resolution|server misbehaving|could not resolve host",
        "The registry of '{subject}' is not found: no network, no DNS or a wrong name",
        "On a machine without network, load the image from an archive: {engine} load",
    ),
    Complaint(
        r"x509:|certificate|server gave http response to https client",
        "The engine does not trust the registry of '{subject}'",
        "Give {engine} the registry's CA certificate, or allow the registry without TLS in its settings",
    ),
    Complaint(
        r"pull access denied|unauthorized|authentication required|no basic auth credentials|\bdenied\b|"
        r"\bforbidden\b",
        "The registry refuses '{subject}', or has no such image",
        "Look at the name; if the image is private: {engine} login",
    ),
    Complaint(
        r"no matching manifest|no image found in|specified platform|choosing (an )?image .{0,200}platform",
        "'{subject}' is not there for this platform",
        "Ask for another one (linux/amd64, linux/arm64), or build the image for it",
    ),
    Complaint(
        r"manifest unknown|manifest for .{1,300} not found|name unknown|repository .{1,300} not found|"
        r"failed to resolve reference .{1,300} not found",
        "The registry has no image '{subject}'",
        "Look at its name and tag",
    ),
    Complaint(
        r"connection refused|network is unreachable|no route to host|i/o timeout|deadline exceeded|"
        r"tls handshake timeout|client\.timeout|connection reset|proxyconnect",
        "The registry of '{subject}' does not answer",
        "Look at the network and the proxy's settings, or load the image from an archive: {engine} load",
    ),
    Complaint(
        r"invalid reference format|repository name .{0,300}must be lowercase|short-name .{1,300} did not",
        "'{subject}' is not a name that {engine} takes",
        "Write it in full and in lower case, like docker.io/library/nginx:alpine",
    ),
    Complaint(
        r"image is being used by|image is in use by|image used by",
        "'{subject}' is in use by a container",
        "Remove the container first: {engine} ps --all",
    ),
    IMAGE_MISSING,
)
COMPLAINTS = ENGINE_COMPLAINTS + _REQUEST_COMPLAINTS
"""The first that fits is told, so what causes other complaints stands before them."""


def explain(said: str, engine: str, subject: str, start: str = "") -> MissingError:
    """The failure that `said` tells of.

    Args:
        said: what the program wrote to stderr.
        engine: `docker`, `podman` or `nerdctl`.
        subject: the image that it is about, or what stands for many.
        start: the command that starts this engine.
    """
    found = recognised(said)
    if found is None:
        return MissingError(f"{engine} failed at '{subject}': {last_lines(said) or 'it gave no reason'}")
    words = {"engine": engine, "subject": subject, "start": start}
    message = f"{found.message.format(**words)}. It said: {last_lines(said)}"
    return MissingError(message, found.hint.format(**words))


def recognised(said: str) -> Complaint | None:
    """The first complaint of the table that `said` contains."""
    return next((complaint for complaint in COMPLAINTS if _fits(complaint, said)), None)


def lines_about_missing_images(said: str) -> list[str]:
    """The lines that say that an image is not there."""
    return [line for line in said.splitlines() if _fits(IMAGE_MISSING, line)]


def refusal(said: str) -> str:
    """Why an archive was refused; of podman's reasons, one for each form, the one for Docker's form."""
    lines = said.splitlines()
    return next((line.strip(" *") for line in lines if "* docker-archive:" in line), last_lines(said))


def last_lines(said: str) -> str:
    """The end of what a program said, in one line."""
    lines = [line.strip() for line in said.splitlines() if not _NOISE.search(line)]
    return " / ".join(lines[-_SAID_LINES:])


def _fits(complaint: Complaint, said: str) -> bool:
    return re.search(complaint.pattern, said, re.IGNORECASE) is not None
