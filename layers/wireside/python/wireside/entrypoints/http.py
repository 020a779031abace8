"""The HTTP API: FastAPI behind Mangum. The only function that pays for importing them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Response
from mangum import Mangum
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.functional_validators import AfterValidator

from wireside import views, wire
from wireside.bootstrap import application, event_loop, settings
from wireside.domain.conversation import ReplyPolicy, User
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import ConversationId
from wireside.entrypoints.headers import is_allowed
from wireside.entrypoints.http_caller import asked, caller
from wireside.entrypoints.http_errors import answer_errors
from wireside.entrypoints.observability import Event, entrypoint
from wireside.protocol import MAX_SEQ, Model, storable
from wireside.services import deeds
from wireside.services.conversations import NewConversation

MAX_PAGE = 300
MAX_TITLE = 200
MAX_MEMBERS = 1_000
MAX_INVITE = 256
NO_CONTEXT: Any = None
"""Nothing behind Mangum asks for Lambda's context."""

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


v1 = APIRouter(prefix="/v1")


@v1.post("/tickets", status_code=201)
async def ticket(
    user: Annotated[User, Depends(caller)], origin: Annotated[str | None, Header()] = None
) -> wire.Json:
    """Sell a ticket for one handshake or one refresh. It tells a browser, too, why it is refused.

    Raises: Refused ``unauthorized``, ``token_expired``, ``not_allowed`` for a foreign Origin.
    """
    if not is_allowed(origin, settings().allowed_origins):
        raise Refused(ErrorCode.NOT_ALLOWED, "This origin may not connect.")
    presented, until = await application().box_office.sell(user)
    return {"ticket": presented, "expires_at": wire.timestamp(until * 1_000)}


@v1.post("/conversations", status_code=201)
async def create(body: CreateBody, request: Annotated[deeds.Request, Depends(asked)]) -> wire.Json:
    """Create a conversation. The caller is its owner."""
    new = NewConversation(body.title, tuple(body.members), body.model, body.reply_policy)
    return await application().conversations.create(request, new)


@v1.get("/conversations")
async def mine(
    user: Annotated[User, Depends(caller)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> wire.Json:
    """List my conversations, most recent activity first."""
    items, more = await application().conversations.mine(user, limit=limit, cursor=cursor)
    return {"items": items} | ({"cursor": more} if more else {})


# Before the routes that would take "join" for an id.
@v1.post("/conversations/join")
async def join(body: JoinBody, request: Annotated[deeds.Request, Depends(asked)]) -> wire.Json:
    """Become a member by an invitation."""
    return await application().invitations.join(request, body.token)


@v1.get("/conversations/{conversation_id}")
async def read(conversation_id: str, user: Annotated[User, Depends(caller)]) -> wire.Json:
    """Read a conversation."""
    return await application().conversations.view(user, ConversationId(conversation_id))


@v1.patch("/conversations/{conversation_id}")
async def patch(
    conversation_id: str, body: PatchBody, request: Annotated[deeds.Request, Depends(asked)]
) -> wire.Json:
    """Set title, model or reply policy."""
    change = deeds.Patch(body.title, body.model, body.reply_policy)
    return await application().conversations.patch(request, ConversationId(conversation_id), change)


@v1.delete("/conversations/{conversation_id}", status_code=204)
async def delete(
    conversation_id: str, request: Annotated[deeds.Request, Depends(asked)]
) -> Response:
    """Delete a conversation, for everybody and for good. Owners only."""
    await application().deletion.by_owner(request, ConversationId(conversation_id))
    return Response(status_code=204)


@v1.get("/conversations/{conversation_id}/events")
async def events(
    conversation_id: str,
    user: Annotated[User, Depends(caller)],
    after_seq: Annotated[int | None, Query(ge=0, le=MAX_SEQ)] = None,
    before_seq: Annotated[int | None, Query(ge=1, le=MAX_SEQ)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> wire.Json:
    """Read a page of the log, ascending; without a seq the newest."""
    place, window = await application().conversations.events(
        user,
        ConversationId(conversation_id),
        after_seq=after_seq,
        before_seq=before_seq,
        limit=limit,
    )
    return {
        "events": [wire.event_json(event) for event in window.events],
        "head": window.head.seq if window.head else 0,
        "epoch": place.epoch,
    }


@v1.post("/conversations/{conversation_id}/members", status_code=201)
async def add_member(
    conversation_id: str, body: MemberBody, request: Annotated[deeds.Request, Depends(asked)]
) -> wire.Json:
    """Add a member."""
    return await application().conversations.add(
        request, ConversationId(conversation_id), body.user_id, body.name
    )


@v1.delete("/conversations/{conversation_id}/members/{user_id}", status_code=204)
async def remove_member(
    conversation_id: str, user_id: str, request: Annotated[deeds.Request, Depends(asked)]
) -> Response:
    """Remove a member, or leave."""
    await application().conversations.remove(request, ConversationId(conversation_id), user_id)
    return Response(status_code=204)


@v1.post("/conversations/{conversation_id}/invites", status_code=201)
async def invite(
    conversation_id: str, request: Annotated[deeds.Request, Depends(asked)]
) -> wire.Json:
    """Make an invitation that everybody who has it may use for 7 days."""
    token, until = await application().invitations.invite(request, ConversationId(conversation_id))
    return {"token": token, "expires_at": wire.timestamp(until * 1_000)}


@v1.post("/conversations/{conversation_id}/end")
async def end(conversation_id: str, request: Annotated[deeds.Request, Depends(asked)]) -> wire.Json:
    """End a conversation. Its owner does, or the operator who holds it."""
    return await application().operators.end(request, ConversationId(conversation_id))


@v1.post("/admin/conversations/{conversation_id}/takeover")
async def take_over(
    conversation_id: str, request: Annotated[deeds.Request, Depends(asked)]
) -> wire.Json:
    """Take a conversation over: no assistant writes in it until it is handed back."""
    return await application().operators.take_over(request, ConversationId(conversation_id))


@v1.post("/admin/conversations/{conversation_id}/release")
async def release(
    conversation_id: str, request: Annotated[deeds.Request, Depends(asked)]
) -> wire.Json:
    """Hand a conversation back."""
    return await application().operators.release(request, ConversationId(conversation_id))


@v1.get("/models")
async def models(_user: Annotated[User, Depends(caller)]) -> wire.Json:
    """List what may be chosen as a conversation's model."""
    return {"items": views.models_json(application().conversations.assistants)}


health = APIRouter()


@health.get("/healthz")
async def healthz() -> dict[str, Literal["ok"]]:
    """Say that the function runs."""
    return {"status": "ok"}


@health.get("/readyz")
async def readyz() -> dict[str, Literal["ready"]]:
    """Say that the store answers."""
    await application().table.get({"pk": {"S": "READY"}, "sk": {"S": "READY"}})
    return {"status": "ready"}


def build() -> FastAPI:
    """Return the application."""
    app = FastAPI(title="Wireside", version="1", redoc_url=None)
    app.include_router(v1)
    app.include_router(health)
    answer_errors(app)
    return app


_adapter: list[Mangum] = []


def _mangum() -> Mangum:
    if not _adapter:
        event_loop()
        _adapter.append(Mangum(build(), lifespan="off"))
    return _adapter[0]


def _keys(event: Event) -> dict[str, str]:
    """Return the name under which the gateway's access log has the request."""
    return {"gateway_request_id": str(event.get("requestContext", {}).get("requestId"))}


@entrypoint(keys=_keys)
def api(event: Event) -> Any:
    """Answer one HTTP request."""
    return _mangum()(dict(event), NO_CONTEXT)
