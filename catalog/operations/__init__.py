"""The use cases of the product, one module a command: read, decide, write.

This table is what the doors to them (command line, later an API) are made from.
"""

from __future__ import annotations

from msgspec import Struct


class Operation(Struct, frozen=True):
    """One use case: its name, which is its command, and what it does.

    Its module is called as it is, with `_` for each space and hyphen.
    """

    name: str
    summary: str


OPERATIONS: tuple[Operation, ...] = (
    Operation("init", "Make a workspace for extensions."),
    Operation("new", "Make a new extension that validates, builds and runs."),
    Operation("list", "List the extensions of the workspace."),
    Operation("show", "Show one extension: its services, images, ports and volumes."),
    Operation("bump", "Raise the version of an extension."),
    Operation("sync-compose", "Write docker-compose.appgarden.yml from docker-compose.yml."),
    Operation("validate", "Check extensions and report every finding at once."),
    Operation("schema", "Print the JSON Schema of a kind of file."),
    Operation("build", "Build the registry and the website."),
    Operation("diff", "Show what changed between two registries."),
    Operation("libs build", "Build the packages of shared libraries: wheels and npm packages."),
    Operation("libs install", "Copy built packages of shared libraries into extensions that name them."),
    Operation("images build", "Build the images of extensions and tag them with their versions."),
    Operation("images test", "Run the tests of extensions in their images, cut off from this machine."),
    Operation("images verify", "Verify that images are there, and note their digests and platforms."),
    Operation("images publish", "Publish images, for several platforms where docker buildx is there."),
    Operation("images push", "Push the images of some extensions, for the engine's own platform."),
    Operation("package", "Pack registry, website and images into a bundle for a place without internet."),
    Operation("bundle verify", "Check a bundle: signature, every file, every image."),
    Operation("bundle inspect", "Show what a bundle holds, without unpacking it."),
    Operation("bundle split", "Split a bundle into parts, each with its SHA-256."),
    Operation("bundle join", "Join the parts of a bundle, and check each."),
    Operation("bundle diff", "Show which extensions and images differ between two bundles."),
    Operation("bundle apply-delta", "Make the new bundle from an old one and a delta."),
    Operation("bundle adopt", "Turn a bundle of the older template into one of ours."),
    Operation("keygen", "Make a key that signs bundles."),
    Operation("cache info", "Show what the cache of image layers holds."),
    Operation("cache prune", "Remove what the cache has not used for a while."),
    Operation("kamiwaza push", "Push extensions to a running Kamiwaza."),
    Operation("kamiwaza list", "List the templates that a running Kamiwaza has."),
    Operation("kamiwaza sync", "Have a running Kamiwaza import from the catalog that it reads."),
    Operation("publish", "Publish the catalog of the workspace to a stage."),
    Operation("remote list", "List what is published at a stage."),
    Operation("remote download", "Download a published catalog with its pictures."),
    Operation("remote remove", "Remove extensions from a published catalog."),
    Operation("remote unlock", "Free the lock that a publisher has left behind."),
    Operation("serve", "Serve the registry and the website over HTTPS."),
    Operation("ci", "Run the whole pipeline, and stop at the first step that fails."),
    Operation("clean", "Remove what builds, tests and installs have left."),
)

GROUPS = {
    "bundle": "Verify, inspect, split and compare bundles.",
    "cache": "Look after the cache of image layers.",
    "images": "Build, test, check and publish images.",
    "libs": "Build and install shared libraries.",
    "kamiwaza": "Talk to a running Kamiwaza.",
    "remote": "Look after published catalogs.",
}
"""What commands of two words have in common, by their first word."""
