"""What requests bring in their bodies."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.functional_validators import AfterValidator

from wireside.domain.conversation import ReplyPolicy
from wireside.protocol import Model, storable

MAX_TITLE = 200
MAX_MEMBERS = 1_000
MAX_INVITE = 256
STORABLE = r"^[^\u0000]*$"
"""For the description: lone surrogates are no text either, but no pattern can say so."""

type Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TITLE),
    AfterValidator(storable),
    Field(json_schema_extra={"pattern": STORABLE}, examples=["Soup on Friday"]),
]
"""What people call a conversation."""
type UserName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    AfterValidator(storable),
    Field(json_schema_extra={"pattern": STORABLE}, examples=["Ben"]),
]
type UserId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    AfterValidator(storable),
    Field(
        description="The `sub` of somebody's token: at most 128 bytes, no `#`, nothing invisible.",
        json_schema_extra={"pattern": "^(?!assistant:)[^#]+$", "format": "user-id"},
        examples=["ben"],
    ),
]
type ModelName = Annotated[
    Model,
    Field(
        description="An assistant, as `GET /v1/models` names it.",
        json_schema_extra={"format": "model"},
        examples=["demo"],
    ),
]


class Body(BaseModel):
    """What all request bodies have: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CreateBody(Body):
    """A new conversation. All fields may be left out."""

    title: Title | None = None
    members: Annotated[list[UserId], Field(max_length=MAX_MEMBERS)] = Field(default_factory=list)
    model: ModelName | None = None
    reply_policy: ReplyPolicy = ReplyPolicy.ALWAYS


class PatchBody(Body):
    """What is to change."""

    title: Title | None = None
    model: ModelName | None = None
    reply_policy: ReplyPolicy | None = None


class MemberBody(Body):
    """Who is to become a member."""

    user_id: UserId
    name: UserName | None = None


class JoinBody(Body):
    """The invitation."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=MAX_INVITE)]
