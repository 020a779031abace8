"""Who a connection belongs to, as the authorizer tells it with every frame."""

import json

from wireside.domain.conversation import Role, User
from wireside.domain.events import UserId
from wireside.entrypoints.observability import Event


def context_of(user: User) -> dict[str, str]:
    """Return the authorizer's context. Its values must be texts; ASCII is safe in every header."""
    identity = {
        "sub": user.id,
        "name": user.name,
        "roles": sorted(role.value for role in user.roles),
        "exp": user.expires_at,
    }
    return {"identity": json.dumps(identity, separators=(",", ":"))}


def identity_of(event: Event) -> User:
    """Return the user that the authorizer let in."""
    known = json.loads(event["requestContext"]["authorizer"]["identity"])
    return User(
        id=UserId(known["sub"]),
        name=known["name"],
        roles=frozenset(Role(each) for each in known["roles"]),
        expires_at=known["exp"],
    )
