"""The table of all rules of one extension: each function with the codes that it may yield."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from msgspec import Struct

from catalog.model import codes
from catalog.model.finding import Code, Finding
from catalog.rules import (
    building,
    currency,
    handwritten,
    health,
    identity,
    images,
    mounts,
    ports,
    presence,
    preview,
    secrets,
    variables,
    web_servers,
)
from catalog.rules.subject import Subject

Check: TypeAlias = Callable[[Subject], Iterable[Finding]]


class Rule(Struct, frozen=True):
    """One check, and the codes of what it finds. It never raises, whatever the extension's files hold."""

    check: Check
    codes: tuple[Code, ...]


def _rule(check: Check, *found: Code) -> Rule:
    return Rule(check, found)


RULES: tuple[Rule, ...] = (
    _rule(identity.directory_name, codes.DIRECTORY_NAME),
    _rule(identity.name_is_directory, codes.NAME_NOT_DIRECTORY),
    _rule(identity.has_prefix, codes.PREFIX_MISSING),
    _rule(identity.has_no_other_prefix, codes.PREFIX_OF_OTHER_KIND),
    _rule(identity.type_is_folder, codes.TYPE_MISMATCH),
    _rule(identity.version_is_a_tag, codes.VERSION_BUILD_METADATA),
    _rule(presence.has_readme, codes.README_MISSING),
    _rule(presence.has_description, codes.DESCRIPTION_MISSING),
    _rule(presence.has_something_to_run, codes.NOTHING_TO_RUN),
    _rule(presence.has_no_server_fields, codes.SERVER_FIELD),
    _rule(variables.no_reserved_variables, codes.RESERVED_VARIABLE),
    _rule(variables.no_platform_variables, codes.PLATFORM_VARIABLE),
    _rule(variables.metadata_names_variables, codes.METADATA_WITHOUT_VARIABLE),
    _rule(variables.variables_have_a_meaning, codes.VARIABLE_WITHOUT_MEANING),
    _rule(variables.known_template_variables, codes.UNKNOWN_TEMPLATE_VARIABLE),
    _rule(variables.no_hardcoded_localhost, codes.HARDCODED_LOCALHOST),
    _rule(secrets.no_secrets_in_variables, codes.SECRET_IN_SIGHT),
    _rule(secrets.no_secrets_in_builds, codes.SECRET_IN_SIGHT),
    _rule(secrets.no_secrets_elsewhere, codes.SECRET_IN_SIGHT),
    _rule(building.dockerfile_is_there, codes.DOCKERFILE_MISSING),
    _rule(building.builds_inside, codes.BUILD_OUTSIDE),
    _rule(web_servers.no_low_exposed_ports, codes.LOW_PORT_EXPOSED),
    _rule(web_servers.no_root_web_servers, codes.ROOT_WEB_SERVER),
    _rule(web_servers.no_root_web_server_images, codes.ROOT_WEB_SERVER),
    _rule(web_servers.nginx_can_write, codes.NGINX_CANNOT_WRITE),
    _rule(web_servers.nginx_listens_high, codes.NGINX_LOW_PORT),
    _rule(health.reached_services_have_a_check, codes.HEALTHCHECK_MISSING),
    _rule(images.manifest_image_follows_version, codes.IMAGE_TAG_ODD),
    _rule(images.handwritten_images_follow_version, codes.IMAGE_TAG_ODD),
    _rule(images.handwritten_images_parse, codes.APPGARDEN_IMAGE_INVALID),
    _rule(images.foreign_images_are_pinned, codes.IMAGE_UNPINNED),
    _rule(currency.file_is_there, codes.APPGARDEN_MISSING),
    _rule(currency.file_is_current, codes.APPGARDEN_STALE),
    _rule(currency.file_is_generated, codes.APPGARDEN_HANDWRITTEN),
    _rule(handwritten.sound_for_the_platform, *handwritten.REFUSED),
    _rule(handwritten.needs_no_other_files, codes.HOST_FILE),
    _rule(handwritten.builds_nothing, codes.BUILD_PRESENT),
    _rule(handwritten.limits_resources, codes.LIMITS_MISSING),
    _rule(handwritten.reaches_the_host, codes.HOST_GATEWAY_MISSING),
    _rule(ports.no_host_ports, codes.HOST_PORT_PRESENT),
    _rule(ports.no_port_ranges, codes.PORT_RANGE),
    _rule(ports.offers_a_port, codes.NO_PORT),
    _rule(mounts.no_binds, codes.BIND_PRESENT),
    _rule(mounts.no_host_devices, codes.DRIVER_DEVICE),
    _rule(preview.path_is_allowed, codes.PREVIEW_PATH_INVALID),
    _rule(preview.file_is_there, codes.PREVIEW_MISSING),
    _rule(preview.published_file_is_shipped, codes.PREVIEW_NOT_SHIPPED),
    _rule(preview.type_is_accepted, codes.PREVIEW_TYPE),
    _rule(preview.size_is_accepted, codes.PREVIEW_TOO_LARGE),
)
"""A new rule is a function, a line here, a section in docs/reference/findings.md, and a test."""
