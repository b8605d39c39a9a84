"""Rules about environment variables: their names in the manifest, and what their values refer to.

The names and placeholders are those that the platform documents for its App Garden.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.model.finding import Finding
    from catalog.rules.subject import Subject

RESERVED = frozenset(
    {
        "KAMIWAZA_API_URL",
        "KAMIWAZA_APP_PORT",
        "KAMIWAZA_DEPLOYMENT_ID",
        "KAMIWAZA_MODEL_PORT",
        "OPENAI_BASE_URL",
    }
)
"""Variables that the platform sets and that an extension must not."""
_INJECTED = frozenset({"FORWARDAUTH_SIGNATURE_SECRET", "SERVICE_NAME", "SERVICE_PORT"})
_NAMESPACE = "KAMIWAZA_"
_FREE = "KAMIWAZA_API_URI"  # the documentation's own examples set it
TEMPLATE_VARIABLES = frozenset(
    {
        "app_access_path",
        "app_name",
        "app_path_url",
        "app_port",
        "deployment_id",
        "kamiwaza_origin",
        "model_path_url",
        "model_port",
        "openai_base_url",
        "openai_path_base_url",
    }
)
"""Placeholders `{name}` that the platform fills in when it deploys."""
_MEANINGS = ("env_metadata", "optional_env_vars")
_PLACEHOLDER = re.compile(r"(?<![${])\{([a-z_]+)\}(?!\})")  # neither ${name} nor {{name}}
_LOOPBACK = r"(?:localhost|127\.0\.0\.1|\[::1\])"
_LOCALHOST = re.compile(
    rf"^{_LOOPBACK}$"
    rf"|(?<![\w.-]){_LOOPBACK}:(?=[0-9$])"  # not before {app_port}, which is for browsers
    rf"|//(?:[^/@\s]*@)?{_LOOPBACK}(?![\w.:-])"
)
_SET_BY_PLATFORM = re.compile(r"\$\{(?:KAMIWAZA_\w+|OPENAI_BASE_URL)[^{}]*\}")


def no_reserved_variables(subject: Subject) -> Iterator[Finding]:
    """`env_defaults` leaves the reserved names to the platform."""
    for name in subject.env_defaults:
        if name in RESERVED:
            message = f"env_defaults sets {name}, which the platform sets itself."
            hint = f"Take {name} out of env_defaults; the containers get it anyway."
            place = subject.manifest_place / "env_defaults" / name
            yield place.finding(codes.RESERVED_VARIABLE, message, hint)


def no_platform_variables(subject: Subject) -> Iterator[Finding]:
    """`env_defaults` stays out of the names that the platform injects or protects."""
    for name in subject.env_defaults:
        if name in RESERVED or name == _FREE or not (name.startswith(_NAMESPACE) or name in _INJECTED):
            continue
        message = f"env_defaults sets {name}, a name of the platform's own; its value may be overwritten."
        hint = "Choose a name that does not begin with KAMIWAZA_." if name not in _INJECTED else "Rename it."
        place = subject.manifest_place / "env_defaults" / name
        yield place.finding(codes.PLATFORM_VARIABLE, message, hint)


def metadata_names_variables(subject: Subject) -> Iterator[Finding]:
    """`env_metadata` describes variables that `env_defaults` has."""
    metadata = subject.fields.get("env_metadata")
    for name in metadata if isinstance(metadata, dict) else ():
        if name not in subject.env_defaults:
            message = (
                f"env_metadata describes {name!r}, which env_defaults does not have, so no form shows it."
            )
            hint = f'Add "{name}" to env_defaults, or take it out of env_metadata.'
            place = subject.manifest_place / "env_metadata" / name
            yield place.finding(codes.METADATA_WITHOUT_VARIABLE, message, hint)


def variables_have_a_meaning(subject: Subject) -> Iterator[Finding]:
    """`env_metadata` or `optional_env_vars` says what each variable of `env_defaults` is for.

    Those whose value the platform fills in, and those of its own names, need no words.
    """
    for name, value in subject.env_defaults.items():
        is_filled = isinstance(value, str) and bool(_PLACEHOLDER.search(value))
        if is_filled or name.startswith(_NAMESPACE) or name in RESERVED or name in _INJECTED:
            continue
        if not any(_has_words(subject.fields.get(field), name) for field in _MEANINGS):
            message = f"Nothing says what {name} means to the people who are to set it."
            hint = f'Add "{name}" to env_metadata, with a "label" and a "description".'
            place = subject.manifest_place / "env_defaults" / name
            yield place.finding(codes.VARIABLE_WITHOUT_MEANING, message, hint)


def _has_words(section: Any, name: str) -> bool:
    entry = section.get(name) if isinstance(section, dict) else None
    words = (entry.get("description"), entry.get("label")) if isinstance(entry, dict) else (entry,)
    return any(isinstance(text, str) and text.strip() for text in words)


def known_template_variables(subject: Subject) -> Iterator[Finding]:
    """Placeholders in environment values are ones that the platform fills in."""
    for setting in subject.settings():
        if not isinstance(setting.value, str) or "{" not in setting.value:
            continue
        for name in dict.fromkeys(_PLACEHOLDER.findall(setting.value)):
            if name not in TEMPLATE_VARIABLES:
                message = (
                    f"{setting.name} has the placeholder {{{name}}}, which the platform does not fill in."
                )
                yield setting.place.finding(codes.UNKNOWN_TEMPLATE_VARIABLE, message, _instead_of(name))


def _instead_of(name: str) -> str:
    if name == "lb_port":
        return "Write {app_port}: the load balancer's port has that name."
    return f"It knows {', '.join(f'{{{known}}}' for known in sorted(TEMPLATE_VARIABLES))}."


def no_hardcoded_localhost(subject: Subject) -> Iterator[Finding]:
    """Environment values do not point to localhost, which in a container is the container itself."""
    for setting in subject.settings():
        if not isinstance(setting.value, str) or not _may_be_local(setting.value):
            continue
        if _LOCALHOST.search(_SET_BY_PLATFORM.sub("", setting.value)):
            message = f"{setting.name} points to localhost, which in a container is the container itself."
            hint = "Name the other service, or host.docker.internal; for browsers, localhost:{app_port}."
            yield setting.place.finding(codes.HARDCODED_LOCALHOST, message, hint)


def _may_be_local(text: str) -> bool:
    return "localhost" in text or "127.0.0.1" in text or "[::1]" in text
