"""What items keep of a user: as the token said, at the time."""

from wireside.adapters.dynamodb.attributes import Item, Value, number, text, texts
from wireside.domain.conversation import Role, User
from wireside.domain.events import UserId


def user_values(user: User) -> dict[str, Value]:
    """Return the attributes of a user, to be packed with others."""
    return {
        "user_id": user.id,
        "user_name": user.name,
        "roles": frozenset(role.value for role in user.roles),
        "expires_at": user.expires_at,
    }


def user_of(item: Item) -> User:
    """Return the user of an item."""
    return User(
        id=UserId(text(item, "user_id")),
        name=text(item, "user_name"),
        roles=frozenset(Role(each) for each in texts(item, "roles")),
        expires_at=number(item, "expires_at"),
    )
