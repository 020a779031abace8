"""Shows one conversation as it goes on."""

from wireside_client.client import Client
from wireside_client.connection import State
from wireside_client.conversation import Conversation
from wireside_client.items import Item, Remnant
from wireside_client.terminal.plain import line
from wireside_client.terminal.screen import Screen
from wireside_client.terminal.shown import live, title_of, told

STATES = {
    State.CONNECTED: "",
    State.CONNECTING: " · connecting",
    State.WAITING: " · offline, what you write is sent later",
    State.STOPPED: " · the service has said goodbye",
}


class Window:
    """Says each item once, and again whenever it has changed."""

    def __init__(self, client: Client, room: Conversation, screen: Screen) -> None:
        self._client, self._room, self._screen = client, room, screen
        self._said: dict[tuple[int, str], str] = {}
        self._seen: tuple[int, int] | None = None

    async def watch(self) -> None:
        """Show every change until nobody looks any more."""
        async for _ in self._room.changes():
            self._show_items()
            self._show_now()
            self._room.read()

    def _show_items(self) -> None:
        seen = (self._room.room.log.start, self._room.room.log.through)
        if seen == self._seen:
            return
        self._seen = seen
        for item in self._room.items:
            text, key = told(item), _key(item)
            if self._said.get(key) != text:
                self._screen.say(text)
            self._said[key] = text

    def _show_now(self) -> None:
        info = self._room.info or {"members": []}
        names = {each["id"]: each["name"] for each in info["members"]}
        typing = [each for each in self._room.typing_ids if each != self._client.user_id]
        self._screen.live(live(self._room.answers, typing, names, self._room.pending))
        kept = "" if self._client.outbox.trouble is None else " · what you write is not kept"
        refusal = self._client.refusal
        refused = "" if refusal is None else f" · not let in: {line(str(refusal))}"
        self._screen.status(title_of(info) + STATES[self._client.state] + refused + kept)


def _key(item: Item) -> tuple[int, str]:
    return item.seq, item.type + (item.run_id if isinstance(item, Remnant) else "")
