"""Looks at the first bytes of an extension's preview picture: whether they are what its name says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from catalog.model import codes
from catalog.model.picture import HEAD_BYTES, content_suffixes, picture_file

if TYPE_CHECKING:
    from catalog.model.extension import Extension
    from catalog.model.finding import Finding
    from catalog.workspace.folders import ExtensionFolder


def picture_findings(folder: ExtensionFolder, extension: Extension) -> tuple[Finding, ...]:
    """A finding if the preview of `extension`, which lies in `folder`, is of another type than its name says.

    One that cannot be read has a finding too.
    """
    path = picture_file(extension)
    if path is None:
        return ()
    file = extension.directory / path
    try:
        descriptor = os.open(folder.path / path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            head = os.read(descriptor, HEAD_BYTES)
        finally:
            os.close(descriptor)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message, hint = f"{path} cannot be read: {reason}.", "Check its permissions."
        return (codes.FILE_UNREADABLE.at(file, message, hint=hint),)
    suffixes = content_suffixes(head)
    if path.suffix.lower() in suffixes:
        return ()
    is_what = f"is a {suffixes[0]} picture" if suffixes else "is no PNG, JPEG, WebP, GIF or SVG picture"
    message = f"The preview picture {path} {is_what}, whatever its name says."
    hint = f"Give it the suffix {suffixes[0]}." if suffixes else "Save the picture again."
    return (codes.PREVIEW_CONTENT.at(file, message, hint=hint),)
