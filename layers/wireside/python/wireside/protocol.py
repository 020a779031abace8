"""What comes in on the wire: the frames that clients send, decoded and checked."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.functional_validators import AfterValidator

from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import is_participant_id

MAX_FRAME_BYTES = 32_000
MAX_TEXT_CODE_POINTS = 10_000
MAX_SEQ = 999_999_999_999
MAX_ID_BYTES = 128
MAX_MENTIONS = 100
MAX_TOKEN_CHARACTERS = 8_192
MAX_EMOJI = 32
MAX_MODEL = 64
UNSEEN = frozenset({"Cc", "Cs", "Zs", "Zl", "Zp"})
"""Categories of characters that no reaction has: controls, surrogates, blanks."""

NAME_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"


def storable(text: str) -> str:
    """Return ``text``. Raises: ValueError for NUL and lone surrogates."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        message = "NUL and lone surrogates are not text"
        raise ValueError(message)
    return text


def _participant(text: str) -> str:
    if not is_participant_id(text):
        message = "not a participant id"
        raise ValueError(message)
    return text


def _emoji(text: str) -> str:
    if any(unicodedata.category(each) in UNSEEN for each in storable(text)):
        message = "not a reaction"
        raise ValueError(message)
    return text


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
ParticipantId = Annotated[str, AfterValidator(_participant)]
MessageText = Annotated[
    str, StringConstraints(max_length=MAX_TEXT_CODE_POINTS), AfterValidator(storable)
]
"""Text as a person wrote it: never trimmed or normalised; lone surrogates and NUL are refused."""
Emoji = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_EMOJI), AfterValidator(_emoji)
]
"""A reaction: at most 32 code points, nothing blank or invisible but joiners and selectors."""
Model = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_MODEL), AfterValidator(storable)
]
"""What may be chosen: the name of an assistant. Whether there is one of it is asked later."""
Seq = Annotated[int, Field(ge=0, le=MAX_SEQ)]
TargetSeq = Annotated[int, Field(ge=1, le=MAX_SEQ)]


class Frame(BaseModel):
    """What all frames have. Unknown fields and lax types are refused.

    ``answered_by`` is Markdown for ``docs/protocol.md``; empty where nothing answers.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    answered_by: ClassVar[str]

    ref: Name | None = None


class Hello(Frame):
    """The first frame of a connection."""

    answered_by: ClassVar[str] = "`welcome`"

    action: Literal["hello"]


class Open(Frame):
    """Subscribe to a conversation and catch up."""

    answered_by: ClassVar[str] = "`opened`, then `events` until `more` is false"

    action: Literal["open"]
    conversation_id: Name
    after_seq: Seq | None = None
    epoch: Annotated[str, StringConstraints(max_length=MAX_ID_BYTES)] | None = None


class Close(Frame):
    """Unsubscribe from a conversation."""

    answered_by: ClassVar[str] = "`closed`"

    action: Literal["close"]
    conversation_id: Name


class Send(Frame):
    """Append a message."""

    answered_by: ClassVar[str] = "the sender's own `event`"

    action: Literal["send"]
    conversation_id: Name
    client_id: Name
    after_seq: Seq
    text: MessageText
    files: Annotated[list[Name], Field(max_length=20)] | None = None
    mentions: Annotated[list[ParticipantId], Field(max_length=MAX_MENTIONS)] | None = None
    reply_to: TargetSeq | None = None


class Writing(Frame):
    """What all frames have that append one event to a log."""

    answered_by: ClassVar[str] = "own `event`"

    conversation_id: Name
    client_id: Name
    after_seq: Seq


class Edit(Writing):
    """Give one's message another text."""

    action: Literal["edit"]
    target_seq: TargetSeq
    text: Annotated[MessageText, StringConstraints(min_length=1)]


class Delete(Writing):
    """Take away what was written in a message."""

    action: Literal["delete"]
    target_seq: TargetSeq


class React(Writing):
    """React to a message, or take the reaction back."""

    action: Literal["react"]
    target_seq: TargetSeq
    emoji: Emoji
    on: bool


class Regenerate(Writing):
    """Ask an assistant for its answer anew."""

    answered_by: ClassVar[str] = "own `event` (`regenerate_requested`)"

    action: Literal["regenerate"]
    target_seq: TargetSeq


class Select(Writing):
    """Choose which assistant answers where none is mentioned."""

    answered_by: ClassVar[str] = "own `event` (`model_selected`)"

    action: Literal["model"]
    model: Model


class Approve(Writing):
    """Let a call of a tool be carried out that waits for a person, or decline it."""

    answered_by: ClassVar[str] = "own `event` (`approved`)"

    action: Literal["approve"]
    target_seq: TargetSeq
    approved: bool


class Stop(Frame):
    """Stop one run, or every turn up to a seq."""

    answered_by: ClassVar[str] = "`stopped`"

    action: Literal["stop"]
    conversation_id: Name
    run_id: Name | None = None
    after_seq: Seq | None = None


class Sync(Frame):
    """Catch up from a seq."""

    answered_by: ClassVar[str] = "`events`"

    action: Literal["sync"]
    conversation_id: Name
    epoch: Annotated[str, StringConstraints(max_length=MAX_ID_BYTES)]
    after_seq: Seq


class Typing(Frame):
    """Tell the others that somebody is writing."""

    answered_by: ClassVar[str] = ""

    action: Literal["typing"]
    conversation_id: Name
    on: bool


class Read(Frame):
    """Tell how far one has read."""

    answered_by: ClassVar[str] = ""

    action: Literal["read"]
    conversation_id: Name
    seq: TargetSeq


class Refresh(Frame):
    """Go on with a newer token."""

    answered_by: ClassVar[str] = "`refreshed`"

    action: Literal["refresh"]
    token: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TOKEN_CHARACTERS)]


class Ping(Frame):
    """Ask for a sign of life."""

    answered_by: ClassVar[str] = "`pong`"

    action: Literal["ping"]


type Written = Send | Edit | Delete | React | Regenerate | Select | Approve

type AnyFrame = Hello | Open | Close | Written | Stop | Sync | Typing | Read | Refresh | Ping

MODELS: Mapping[str, type[AnyFrame]] = {
    "hello": Hello,
    "open": Open,
    "close": Close,
    "send": Send,
    "edit": Edit,
    "delete": Delete,
    "react": React,
    "regenerate": Regenerate,
    "model": Select,
    "approve": Approve,
    "stop": Stop,
    "sync": Sync,
    "typing": Typing,
    "read": Read,
    "refresh": Refresh,
    "ping": Ping,
}

ACTIONS = tuple(MODELS)
"""The actions that this version answers; the template has a route for each."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What an error names of the frame that caused it, as far as it could be read."""

    ref: str | None = None
    conversation_id: str | None = None
    client_id: str | None = None


def parse(body: str) -> dict[str, object]:
    """Return the frame's JSON object.

    Raises: Refused ``frame_too_large`` above 32,000 bytes of UTF-8, ``malformed_frame`` for what
    is not a JSON object, or has a key twice, ``NaN`` or endless nesting.
    """
    if len(body.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
        message = f"A frame has at most {MAX_FRAME_BYTES} bytes."
        raise Refused(ErrorCode.FRAME_TOO_LARGE, message)
    try:
        parsed = strict_json(body)
    except (ValueError, RecursionError) as error:
        raise malformed() from error
    if not isinstance(parsed, dict):
        raise malformed()
    return parsed


def strict_json(text: str) -> object:
    """Return what the JSON says.

    Raises: ValueError where it has a key twice, or ``NaN``; RecursionError.
    """
    return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)


def malformed() -> Refused:
    """Return the refusal of what is not a frame at all."""
    return Refused(ErrorCode.MALFORMED_FRAME, "A frame is one JSON object with an action.")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key stands twice"
        raise ValueError(message)
    return found


def _no_constant(name: str) -> object:
    message = f"{name} is not JSON"
    raise ValueError(message)


def reference(parsed: Mapping[str, object]) -> Reference:
    """Return what an error may name of this frame; fields that are no names are left out."""
    return Reference(
        ref=_name(parsed.get("ref")),
        conversation_id=_name(parsed.get("conversation_id")),
        client_id=_name(parsed.get("client_id")),
    )


_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_MAX_NAME = 64


def _name(value: object) -> str | None:
    if not isinstance(value, str) or not 1 <= len(value) <= _MAX_NAME:
        return None
    return value if _NAME_CHARACTERS.issuperset(value) else None


def decode(parsed: Mapping[str, object]) -> AnyFrame:
    """Return the frame.

    Raises: Refused ``malformed_frame``, ``unknown_action``, ``text_too_long``, ``invalid_field``.
    """
    action = parsed.get("action")
    if not isinstance(action, str):
        raise malformed()
    model = MODELS.get(action)
    if model is None:
        raise Refused(ErrorCode.UNKNOWN_ACTION, "There is no such action.")
    try:
        frame = model.model_validate(parsed)
    except ValidationError as error:
        raise invalid(error) from error
    return _checked(frame)


def _checked(frame: AnyFrame) -> AnyFrame:
    if isinstance(frame, Send) and not frame.text and not frame.files:
        refused = invalid_field("text", "A message needs a text or a file.")
        raise refused
    if isinstance(frame, Stop) and (frame.run_id is None) is (frame.after_seq is None):
        refused = invalid_field("run_id", "Either run_id or after_seq says what to stop.")
        raise refused
    return frame


def invalid(error: ValidationError) -> Refused:
    """Return the refusal for the first thing that a model found wrong."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    if field == "text" and first["type"] == "string_too_long":
        message = f"A text has at most {MAX_TEXT_CODE_POINTS} characters."
        return Refused(ErrorCode.TEXT_TOO_LONG, message, details={"field": field})
    return invalid_field(field, "A field is missing, unknown or not what it should be.")


def invalid_field(field: str, message: str) -> Refused:
    """Return the refusal of one field."""
    return Refused(ErrorCode.INVALID_FIELD, message, details={"field": _shown(field)})


def _shown(field: str) -> str:
    return field[:MAX_ID_BYTES].encode("utf-8", "replace").decode()
