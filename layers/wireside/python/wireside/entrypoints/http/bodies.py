"""What requests bring in their bodies."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.functional_validators import AfterValidator

from wireside.domain.conversation import ReplyPolicy
from wireside.protocol import Model, storable

MAX_TITLE = 200
MAX_MEMBERS = 1_000
MAX_INVITE = 256

type Title = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_TITLE), AfterValidator(storable)
]
type UserName = Annotated[
    str, StringConstraints(min_length=1, max_length=128), AfterValidator(storable)
]


class Body(BaseModel):
    """What all request bodies have: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CreateBody(Body):
    """A new conversation. All fields may be left out."""

    title: Title | None = None
    members: Annotated[list[UserName], Field(max_length=MAX_MEMBERS)] = Field(default_factory=list)
    model: Model | None = None
    reply_policy: ReplyPolicy = ReplyPolicy.ALWAYS


class PatchBody(Body):
    """What is to change."""

    title: Title | None = None
    model: Model | None = None
    reply_policy: ReplyPolicy | None = None


class MemberBody(Body):
    """Who is to become a member."""

    user_id: UserName
    name: UserName | None = None


class JoinBody(Body):
    """The invitation."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=MAX_INVITE)]
