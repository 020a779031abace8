"""What becomes of everything that is the caller's."""

from wireside import views
from wireside.bootstrap import application
from wireside.entrypoints.http.callers import Asked
from wireside.entrypoints.http.routing import router
from wireside.pages import Forgotten

routes = router("account")


@routes.delete("/me", status_code=202)
async def forget(request: Asked) -> Forgotten:
    """Delete my data, everywhere and for good; it takes minutes.

    Asked again it tells how far it is.
    From the next minute on my connections are closed and I leave my conversations. To hear that it
    is done ask under the same ``Idempotency-Key``: under another one it would begin anew.
    """
    return views.forgotten_json(await application().wishes.take(request))
