"""Every finding code of the product, in one table: the number, how bad it is, and what is wrong.

Codes are stable: people suppress and search for them. A number is never used again for something else.
KZ0xx reading files, KZ1xx kamiwaza.json, KZ2xx what sync-compose changes or refuses, KZ3xx the App Garden
file, KZ4xx pictures.
"""

from __future__ import annotations

from catalog.model.finding import Code, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

FILE_MISSING = Code("KZ001", _ERROR, "A required file is missing")
FILE_UNREADABLE = Code("KZ002", _ERROR, "A file cannot be read")
NOT_UTF8 = Code("KZ003", _ERROR, "A file is not UTF-8 text")
BYTE_ORDER_MARK = Code("KZ004", _WARNING, "A file starts with a byte-order mark")
FILE_EMPTY = Code("KZ005", _ERROR, "A file is empty")
SYNTAX = Code("KZ006", _ERROR, "A file does not parse")
NOT_A_MAPPING = Code("KZ007", _ERROR, "A document is not a mapping")
DUPLICATE_KEY = Code("KZ008", _ERROR, "A key stands twice in one mapping")
TOO_LARGE = Code("KZ009", _ERROR, "A document is too large, too deep or expands too far")
OUTSIDE_WORKSPACE = Code("KZ010", _ERROR, "A path leads out of its extension")
DIRECTORY_NAME = Code("KZ011", _ERROR, "A directory's name cannot be an extension's name")
DUPLICATE_NAME = Code("KZ012", _ERROR, "Two extensions have the same name")
README_MISSING = Code("KZ013", _WARNING, "An extension has no README.md")

FIELD_MISSING = Code("KZ101", _ERROR, "A required field is missing")
FIELD_INVALID = Code("KZ102", _ERROR, "A field has the wrong type or value")
VERSION_INVALID = Code("KZ103", _ERROR, "The version is not a semantic version")
VERSION_BUILD_METADATA = Code("KZ104", _ERROR, "The version has build metadata")
NAME_NOT_DIRECTORY = Code("KZ105", _ERROR, "The name is not the directory's name")
PREFIX_MISSING = Code("KZ106", _ERROR, "The name lacks the prefix of its kind")
PREFIX_OF_OTHER_KIND = Code("KZ107", _ERROR, "The name has the prefix of another kind")
TYPE_MISMATCH = Code("KZ108", _ERROR, "The declared type disagrees with the folder")
CONSTRAINT_INVALID = Code("KZ109", _ERROR, "A version constraint does not parse")
CONSTRAINT_MISSING = Code("KZ110", _ERROR, "The catalog version asked for needs kamiwaza_version")
DESCRIPTION_MISSING = Code("KZ111", _WARNING, "There is no description")
RESERVED_VARIABLE = Code("KZ112", _ERROR, "A reserved variable is set in env_defaults")
PLATFORM_VARIABLE = Code("KZ113", _WARNING, "A variable of the platform's namespace is set in env_defaults")
UNKNOWN_TEMPLATE_VARIABLE = Code("KZ114", _WARNING, "A template variable is not known to the platform")
IMAGE_INVALID = Code("KZ115", _ERROR, "An image reference does not parse")
IMAGE_TAG_ODD = Code("KZ116", _WARNING, "The image's tag does not follow the version")
NOTHING_TO_RUN = Code("KZ117", _ERROR, "There is nothing to run")
SERVER_FIELD = Code("KZ118", _WARNING, "A field belongs to the platform and is left out")
METADATA_WITHOUT_VARIABLE = Code("KZ119", _WARNING, "env_metadata names a variable that env_defaults lacks")

NO_SERVICES = Code("KZ201", _ERROR, "A compose file has no services")
SERVICE_INVALID = Code("KZ202", _ERROR, "A service is not a mapping")
SECTION_INVALID = Code("KZ203", _ERROR, "A part of a compose file has the wrong form")
REFERENCE_UNRESOLVED = Code("KZ204", _ERROR, "An extends or include cannot be resolved")
VARIABLE_UNRESOLVED = Code("KZ205", _ERROR, "A variable without a default stands where a value is needed")
IMAGE_MISSING = Code("KZ206", _ERROR, "A service has neither image nor build")
OWN_IMAGE_KEPT = Code("KZ207", _WARNING, "An image of our namespace keeps its tag")
PORT_INVALID = Code("KZ208", _ERROR, "A port does not parse")
LOOPBACK_PORT = Code("KZ209", _WARNING, "A port that was private becomes routable")
PRIVILEGED_PORT = Code("KZ210", _WARNING, "A container port is below 1024")
MOUNT_CONVERTED = Code("KZ211", _WARNING, "A bind mount became a named volume")
MOUNT_DROPPED = Code("KZ212", _WARNING, "A bind mount was dropped")
ENGINE_SOCKET = Code("KZ213", _WARNING, "The engine's socket was dropped")
ENGINE_SOCKET_LOW_RISK = Code("KZ214", _ERROR, "The engine's socket is mounted below risk tier 2")
VOLUME_OPTIONS_DROPPED = Code("KZ215", _WARNING, "A volume's options were dropped")
VOLUME_EXTERNAL = Code("KZ216", _WARNING, "An external volume became a plain one")
PROFILE_DROPPED = Code("KZ217", _WARNING, "A service with profiles was dropped")
HOST_NETWORK = Code("KZ218", _ERROR, "A service uses another network namespace")
NETWORKS_DROPPED = Code("KZ219", _WARNING, "Networks were dropped")
HOST_POWER = Code("KZ220", _ERROR, "A service takes power over the host below risk tier 2")
HOST_FILE = Code("KZ221", _ERROR, "A service needs a file that the target does not have")
LINK_UNSUPPORTED = Code("KZ222", _ERROR, "A service shares with containers that are not there")
KEY_DROPPED = Code("KZ223", _WARNING, "A key with no use on the platform was dropped")
PULL_ALWAYS = Code("KZ224", _WARNING, "An image is pulled at every start")
PLATFORM_PINNED = Code("KZ225", _WARNING, "A service is pinned to one processor platform")
TRAEFIK_LABEL = Code("KZ226", _WARNING, "A label steers the platform's own router")
VARIABLE_WITHOUT_DEFAULT = Code("KZ227", _WARNING, "An environment value has a variable without a default")
LIMITS_CONFLICT = Code("KZ228", _WARNING, "Old and new resource limits disagree")
NO_VERSION_FOR_IMAGE = Code("KZ229", _ERROR, "An image cannot be tagged without a valid version")
VOLUME_OPTIONS_KEPT = Code("KZ230", _WARNING, "A volume's options depend on the target")

APPGARDEN_MISSING = Code("KZ301", _ERROR, "The App Garden file is missing")
APPGARDEN_STALE = Code("KZ302", _ERROR, "The App Garden file is stale")
APPGARDEN_HANDWRITTEN = Code("KZ303", _WARNING, "The App Garden file is written by hand")
BUILD_PRESENT = Code("KZ304", _ERROR, "The App Garden file builds an image")
HOST_PORT_PRESENT = Code("KZ305", _ERROR, "The App Garden file publishes a host port")
BIND_PRESENT = Code("KZ306", _ERROR, "The App Garden file mounts a host path")
LIMITS_MISSING = Code("KZ307", _ERROR, "A service has no resource limits")
HOST_GATEWAY_MISSING = Code("KZ308", _ERROR, "A service cannot reach host.docker.internal")
APPGARDEN_IMAGE_INVALID = Code("KZ309", _ERROR, "A service's image reference does not parse")
DRIVER_DEVICE = Code("KZ310", _ERROR, "A volume is tied to a host path")
IMAGE_UNPINNED = Code("KZ311", _WARNING, "An image has no tag, or the tag latest")
HARDCODED_LOCALHOST = Code("KZ312", _WARNING, "An environment value points to localhost")
NO_PORT = Code("KZ313", _WARNING, "No service offers a port")
PORT_RANGE = Code("KZ314", _WARNING, "A range of ports stands where one port is expected")

PREVIEW_MISSING = Code("KZ401", _ERROR, "The preview picture is missing")
PREVIEW_PATH_INVALID = Code("KZ402", _ERROR, "The preview picture's path is not allowed")
PREVIEW_NOT_SHIPPED = Code("KZ403", _WARNING, "The preview picture is named but not in the extension")
PREVIEW_TYPE = Code("KZ404", _ERROR, "The preview picture is not of an accepted type")
PREVIEW_TOO_LARGE = Code("KZ405", _ERROR, "The preview picture is too large")

ALL_CODES: tuple[Code, ...] = tuple(
    sorted((value for value in vars().copy().values() if isinstance(value, Code)), key=lambda code: code.id),
)
