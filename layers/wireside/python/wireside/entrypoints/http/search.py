"""Searching one's conversations."""

from typing import Annotated

from fastapi import Query
from pydantic.functional_validators import AfterValidator

from wireside.bootstrap import application
from wireside.entrypoints.http.callers import Caller
from wireside.entrypoints.http.routing import router
from wireside.pages import FoundPage
from wireside.protocol import storable

MAX_QUERY = 200
"""Code points of what is looked for."""

routes = router("search")


@routes.get("/search")
async def search(
    user: Caller,
    q: Annotated[str, Query(min_length=1, max_length=MAX_QUERY), AfterValidator(storable)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> FoundPage:
    """Find messages of my conversations that have all of these words, newest first.

    ``complete`` is false where there was more to look through than one search may read.
    """
    items, complete = await application().searching.search(user, q, limit=limit)
    return {"items": items, "complete": complete}
