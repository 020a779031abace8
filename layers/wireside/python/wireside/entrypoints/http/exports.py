"""Export over HTTP: a conversation as a file, in pages."""

import re
from typing import Annotated, Literal

from fastapi import Query, Response

from wireside.bootstrap import application
from wireside.domain.events import ConversationId
from wireside.entrypoints.http.callers import Caller
from wireside.entrypoints.http.places import ConversationPath
from wireside.entrypoints.http.routing import router

TYPES = {"json": "application/json", "md": "text/markdown"}
MAX_NAME = 60
EMPTY = {"conversation": {}, "epoch": "1.1", "head": 0, "events": list[object]()}
SHAPE = {
    "type": "object",
    "properties": {
        "conversation": {"type": "object"},
        "epoch": {"type": "string"},
        "head": {"type": "integer"},
        "events": {"type": "array", "items": {"$ref": "#/components/schemas/EventView"}},
    },
    "required": [*EMPTY],
}
"""A page of JSON. The endpoint writes it itself: nothing encodes a thousand events twice."""

routes = router("conversations")


@routes.get(
    "/conversations/{conversation_id}/export",
    response_class=Response,
    responses={
        200: {
            "description": "A page of the file.",
            "content": {TYPES["json"]: {"schema": SHAPE, "example": EMPTY}, TYPES["md"]: {}},
        }
    },
)
async def export(
    conversation_id: ConversationPath,
    user: Caller,
    format: Annotated[Literal["json", "md"], Query()] = "json",  # noqa: A002 - its public name
    cursor: Annotated[str, Query(pattern="^[0-9]{1,12}$")] = "0",
) -> Response:
    """Export the whole log as a file: a page, and in ``X-Next-Cursor`` where the next begins."""
    page = await application().exports.page(
        user, ConversationId(conversation_id), form=format, after_seq=int(cursor)
    )
    headers = {"Content-Disposition": f'attachment; filename="{file_name(page.title)}.{format}"'}
    if page.cursor is not None:
        headers["X-Next-Cursor"] = str(page.cursor)
    return Response(page.text, media_type=TYPES[format], headers=headers)


def file_name(title: str | None) -> str:
    """Return a name that every file system takes, whatever the title is."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", title or "")[:MAX_NAME].strip("-").lower()
    return f"wireside-{words or 'conversation'}"
