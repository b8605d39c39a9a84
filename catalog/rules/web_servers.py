"""Rules about nginx and Apache, which by themselves start as root: the platform may run containers without.

The conditions are those of the platform's own command-line tool: a low port, root as the user, and paths
that only root may write stop such a container where it is given another user.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from catalog.appgarden.images import parsed
from catalog.appgarden.ports import FIRST_UNPRIVILEGED
from catalog.model import codes
from catalog.rules.nginx import configuration_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from catalog.model.dockerfile import Stage
    from catalog.model.finding import Finding
    from catalog.rules.subject import Subject

_PORT = re.compile(r"(?<![\w$.{-])(\d{1,5})(?:-\d+)?(?:/(?:tcp|udp))?(?!\S)")
_OFFICIAL = re.compile(r"(?:(?:index\.)?docker\.io/|(?:.*/)?library/)?(nginx|httpd|php)")
_ROOT = re.compile(r"(?:root|0+)(?::.*)?", re.IGNORECASE)
_UNPRIVILEGED = "Containers that do not run as root cannot open it: take a port above 1023."
_AS_USER = "Add USER with a number above 0, or build on an image that does not need root"


def no_low_exposed_ports(subject: Subject) -> Iterator[Finding]:
    """Dockerfiles expose ports that any user may open."""
    for build in subject.builds:
        for stage in build.stages():
            for instruction in stage.instructions:
                if instruction.word != "EXPOSE":
                    continue
                for match in _PORT.finditer(instruction.value):
                    if 0 < int(match[1]) < FIRST_UNPRIVILEGED:
                        message = f"The Dockerfile exposes port {match[1]}, which only root may open."
                        yield build.finding(codes.LOW_PORT_EXPOSED, instruction.line, message, _UNPRIVILEGED)


def no_root_web_servers(subject: Subject) -> Iterator[Finding]:
    """An image that is built on nginx or Apache names a user that is not root."""
    for build in subject.builds:
        stages = build.stages()
        server = _server(stages[0].base) if stages else None
        if server is not None and _runs_as_root(stages, build.data.get("user")):
            message = f"The image is built on {stages[0].base}, which starts {server} as root."
            yield build.finding(codes.ROOT_WEB_SERVER, stages[-1].line, message, f"{_AS_USER}.")


def no_root_web_server_images(subject: Subject) -> Iterator[Finding]:
    """A service does not take the image of nginx or Apache as it is: that starts as root."""
    built = {build.service for build in subject.builds if subject.handwritten is None}
    for service in subject.services:
        image, user = service.data.get("image"), service.data.get("user")
        server = _server(image) if isinstance(image, str) and service.name not in built else None
        if server is not None and (user is None or _ROOT.fullmatch(str(user))):
            message = f"The service {service.name!r} takes {image}, which starts {server} as root."
            hint = (
                f"{_AS_USER}, such as nginxinc/nginx-unprivileged." if server == "nginx" else f"{_AS_USER}."
            )
            yield (service.place / "image").finding(codes.ROOT_WEB_SERVER, message, hint)


def nginx_can_write(subject: Subject) -> Iterator[Finding]:
    """Where nginx runs without root, its process file and temporary files lie where it may write."""
    for build in subject.builds:
        stages = build.stages()
        if not stages or _server(stages[0].base) != "nginx" or _runs_as_root(stages, build.data.get("user")):
            continue
        missing = configuration_of(build, stages, subject.source.configurations).unwritable()
        if missing:
            message = (
                f"nginx runs without root, but its {' and '.join(missing)} lie where only root may write."
            )
            hint = "Set pid and the *_temp_path directives to /tmp, or give the folders to its user (chown)."
            yield build.finding(codes.NGINX_CANNOT_WRITE, stages[-1].line, message, hint)


def nginx_listens_high(subject: Subject) -> Iterator[Finding]:
    """Ports that nginx listens on are ones that any user may open."""
    for build in subject.builds:
        stages = build.stages()
        if not stages or "nginx" not in stages[0].base:
            continue
        configuration = configuration_of(build, stages, subject.source.configurations)
        for path, line, port in configuration.low_ports():
            message = f"nginx listens on port {port}, which only root may open."
            if path is None:
                yield build.finding(codes.NGINX_LOW_PORT, line, message, _UNPRIVILEGED)
            else:
                file = subject.extension.directory / path
                yield codes.NGINX_LOW_PORT.at(file, message, hint=_UNPRIVILEGED).on(line)


def _server(image: str) -> str | None:
    """The web server that an image of this name starts as root; None for any other image."""
    ref = parsed(image)
    official = _OFFICIAL.fullmatch(ref.name) if ref is not None else None
    if ref is None or official is None:
        return None
    if official[1] == "php":
        return "Apache" if "apache" in ref.tag else None
    return "Apache" if official[1] == "httpd" else "nginx"


def _runs_as_root(stages: Sequence[Stage], user: Any) -> bool:
    """Whether the image runs as root, by the service's own user or by the last one that a stage names."""
    if user is not None:
        return bool(_ROOT.fullmatch(str(user)))
    named = [one.value for stage in stages for one in stage.instructions if one.word == "USER"]
    return not named or bool(_ROOT.fullmatch(named[-1]))
