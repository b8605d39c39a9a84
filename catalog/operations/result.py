"""What operations take and give back: pydantic values that every door can show or send as JSON."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, TypeVar

from msgspec import to_builtins
from pydantic import BaseModel, ConfigDict, InstanceOf, PlainSerializer

from catalog.model.finding import Finding
from catalog.model.suppression import Suppressed

T = TypeVar("T")

StructField = Annotated[InstanceOf[T], PlainSerializer(to_builtins)]
"""A Struct, in JSON as an object with its fields."""
FindingField = Annotated[InstanceOf[Finding], PlainSerializer(Finding.as_dict, return_type=dict[str, Any])]
"""A finding, in JSON as `Finding.as_dict` has it."""
SuppressedField = Annotated[
    InstanceOf[Suppressed], PlainSerializer(Suppressed.as_dict, return_type=dict[str, Any])
]
"""A finding that is not shown, with the reason."""
PathField = Annotated[InstanceOf[Path], PlainSerializer(str, return_type=str)]
"""A path on this machine."""
PurePathField = Annotated[InstanceOf[PurePosixPath], PlainSerializer(str, return_type=str)]
"""A path in the workspace."""


class Request(BaseModel):
    """What somebody asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Result(BaseModel):
    """What came of it; `exit_code` is what a command ends with."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    DONE: ClassVar[int] = 0
    FOUND: ClassVar[int] = 1

    @property
    def exit_code(self) -> int:
        """0, unless an operation says otherwise."""
        return self.DONE
