"""What stands in paths."""

from typing import Annotated

from fastapi import Path

from wireside.protocol import NAME_PATTERN

type ConversationPath = Annotated[
    str, Path(pattern=NAME_PATTERN, description="The conversation's id.")
]
type UserPath = Annotated[str, Path(min_length=1, max_length=128, description="A member's id.")]
type TokenPath = Annotated[str, Path(max_length=256, description="The token of a link.")]
