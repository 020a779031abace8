"""Frames: decode, call one service, answer through connection management."""

import asyncio
from typing import Any, Literal, assert_never

from wireside import wire
from wireside.bootstrap import Application, application, event_loop
from wireside.domain.errors import (
    FATAL,
    ConnectionGone,
    ErrorCode,
    Refused,
    Unavailable,
)
from wireside.domain.events import ConnectionId, ConversationId, RunId
from wireside.entrypoints.loop import on_loop
from wireside.entrypoints.observability import (
    Event,
    entrypoint,
    logger,
    websocket_keys,
)
from wireside.entrypoints.writing import write_of
from wireside.frames import Closed, Goodbye, ServerFrame, Stopped
from wireside.protocol import (
    AnyFrame,
    Approve,
    Close,
    Delete,
    Edit,
    Hello,
    Open,
    Ping,
    React,
    Read,
    Reference,
    Refresh,
    Regenerate,
    Select,
    Send,
    Stop,
    Sync,
    Typing,
    decode,
    malformed,
    parse,
    reference,
)
from wireside.services.flooding import Verdict
from wireside.services.reading import Opened, Position

DONE = {"statusCode": 200}
RETRY_MS = 500


def _failed(event: Event) -> dict[str, Any]:
    """Tell the sender of a frame that we failed; they try again."""
    refused = Refused(ErrorCode.INTERNAL, "Something went wrong here.", retry_after_ms=RETRY_MS)
    event_loop().run_until_complete(
        _refuse(application(), _connection_id(event), refused, _reference_of(event))
    )
    return DONE


@entrypoint(keys=websocket_keys, failed=_failed)
@on_loop
async def message(event: Event) -> dict[str, Any]:
    """Answer one frame. Whatever is wrong with it, the connection lives."""
    await answer_frame(application(), event)
    return DONE


async def answer_frame(app: Application, event: Event) -> None:
    """Answer one frame with what the application says, or with its refusal."""
    connection_id = _connection_id(event)
    match app.gate.judge(connection_id, app.sessions.clock.now_ms()):
        case Verdict.HANG_UP:
            logger.warning("flooding")
            await _part(app, connection_id, "flooding")
            await app.sessions.disconnect(connection_id)
        case Verdict.ANSWER:
            await _answer_one(app, connection_id, event)
        case Verdict.IGNORE:
            return


async def _answer_one(app: Application, connection_id: ConnectionId, event: Event) -> None:
    about = Reference()
    try:
        parsed = parse(_body(event))
        about = reference(parsed)
        await _dispatch(app, connection_id, decode(parsed))
    except Refused as refused:
        logger.info("refused", code=refused.code.value)
        await _refuse(app, connection_id, refused, about)
    except Unavailable as failure:
        unavailable = Refused(ErrorCode.UNAVAILABLE, str(failure), retry_after_ms=RETRY_MS)
        logger.warning("unavailable", reason=str(failure))
        await _refuse(app, connection_id, unavailable, about)
    except ConnectionGone:
        await app.delivery.lines.hang_up(connection_id)


def _connection_id(event: Event) -> ConnectionId:
    return ConnectionId(event["requestContext"]["connectionId"])


def _body(event: Event) -> str:
    """Return the frame's text.

    Raises: Refused ``malformed_frame`` for a binary frame.
    """
    if event.get("isBase64Encoded"):
        raise malformed()
    return event.get("body") or ""


def _reference_of(event: Event) -> Reference:
    try:
        return reference(parse(_body(event)))
    except Refused:
        return Reference()


async def _refuse(
    app: Application, connection_id: ConnectionId, refused: Refused, about: Reference
) -> None:
    frame = wire.error_frame(
        refused, ref=about.ref, conversation_id=about.conversation_id, client_id=about.client_id
    )
    await app.delivery.answer(connection_id, frame)
    if refused.code in FATAL:
        await _part(app, connection_id, "expired")
    if refused.code is ErrorCode.TOKEN_EXPIRED:
        await app.sessions.disconnect(connection_id)


async def _part(
    app: Application, connection_id: ConnectionId, reason: Literal["expired", "flooding"]
) -> None:
    """Say goodbye and hang up."""
    farewell: Goodbye = {"type": "goodbye", "reason": reason, "reconnect": True}
    await app.delivery.answer(connection_id, wire.encoded(farewell))
    await app.delivery.lines.hang_up(connection_id)


async def _dispatch(app: Application, connection_id: ConnectionId, frame: AnyFrame) -> None:
    match frame:
        case Hello(ref=ref):
            await _answer(app, connection_id, await app.sessions.greet(connection_id), ref)
        case Open():
            await _open(app, connection_id, frame)
        case Close(conversation_id=name, ref=ref):
            connection = await app.sessions.resume(connection_id)
            await app.reading.close(connection, ConversationId(name))
            closed: Closed = {"type": "closed", "conversation_id": name}
            await _answer(app, connection_id, closed, ref)
        case Send() | Edit() | Delete() | React() | Regenerate() | Select() | Approve():
            await app.messages.write(connection_id, write_of(frame), ref=frame.ref)
        case Stop():
            await _stop(app, connection_id, frame)
        case Sync():
            await _sync(app, connection_id, frame)
        case Typing() | Read():
            await _note(app, connection_id, frame)
        case Refresh(ref=ref, token=token):
            renewed = await app.renewals.refresh(connection_id, token)
            await _answer(app, connection_id, renewed, ref)
        case Ping(ref=ref):
            await _answer(app, connection_id, await app.sessions.pong(connection_id), ref)
        case _:
            assert_never(frame)


async def _note(app: Application, connection_id: ConnectionId, frame: Typing | Read) -> None:
    """Pass on what nothing answers."""
    conversation_id = ConversationId(frame.conversation_id)
    match frame:
        case Typing(on=on):
            await app.messages.typing(connection_id, conversation_id, on=on)
        case Read(seq=seq):
            await app.markers.read(connection_id, conversation_id, seq)


async def _answer(
    app: Application, connection_id: ConnectionId, frame: ServerFrame, ref: str | None
) -> None:
    await app.delivery.answer(connection_id, wire.encoded(frame, ref=ref))


async def _open(app: Application, connection_id: ConnectionId, frame: Open) -> None:
    connection = await app.sessions.hear_of(connection_id)
    position, name = Position(frame.after_seq, frame.epoch), ConversationId(frame.conversation_id)
    opened = await app.reading.open(connection, name, position)
    await asyncio.gather(
        _show(app, connection_id, opened, frame),
        app.delivery.presence.arrived(connection, name, opened.listeners),
    )


async def _show(app: Application, connection_id: ConnectionId, opened: Opened, frame: Open) -> None:
    await _answer(app, connection_id, opened.frame, frame.ref)
    head = opened.window.head.seq if opened.window.head else 0
    for page in wire.events_frames(opened.place, opened.window.events, head=head, ref=frame.ref):
        await app.delivery.answer(connection_id, page)


async def _sync(app: Application, connection_id: ConnectionId, frame: Sync) -> None:
    connection = await app.sessions.resume(connection_id)
    position = Position(frame.after_seq, frame.epoch)
    place, window = await app.reading.sync(
        connection.user, ConversationId(frame.conversation_id), position
    )
    head = window.head.seq if window.head else 0
    for page in wire.events_frames(place, window.events, head=head, ref=frame.ref):
        await app.delivery.answer(connection_id, page)


async def _stop(app: Application, connection_id: ConnectionId, frame: Stop) -> None:
    connection = await app.sessions.resume(connection_id)
    conversation_id = ConversationId(frame.conversation_id)
    if frame.run_id is not None:
        run_ids = await app.stops.run(connection.user, conversation_id, RunId(frame.run_id))
    else:
        run_ids = await app.stops.all(connection.user, conversation_id, frame.after_seq or 0)
    told: Stopped = {"type": "stopped", "conversation_id": conversation_id, "runs": [*run_ids]}
    await _answer(app, connection_id, told, frame.ref)
