"""What may be typed in a terminal chat."""

from dataclasses import dataclass

from wireside_client.errors import WiresideError

HELP = {
    "help": "show this",
    "list": "show my conversations",
    "open": "NUMBER or ID: go to one of them",
    "new": "TITLE: begin one",
    "invite": "NAME: let somebody in; without a name: make an invitation for anybody",
    "join": "INVITATION: come in by one",
    "who": "show who belongs here; a dot marks who is there",
    "model": "NAME: choose who answers; without a name: show who can",
    "stop": "stop what is being answered",
    "again": "NUMBER: have an answer written anew",
    "react": "NUMBER EMOJI: react to a message; once more: take it back",
    "edit": "NUMBER TEXT: give a message of mine another text",
    "delete": "NUMBER: delete a message",
    "yes": "NUMBER: let an assistant use its tool",
    "no": "NUMBER: do not",
    "earlier": "show what was said before",
    "quit": "leave the terminal, not the conversation",
}
"""Names of commands, and what they do. ``//`` begins a message that begins with ``/``."""


class Unclear(WiresideError):
    """What was typed cannot be carried out. ``str()`` says why."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command and the rest of its line."""

    name: str
    rest: str

    @property
    def words(self) -> tuple[str, str]:
        """The first word of the rest, and what comes after it."""
        first, _, others = self.rest.partition(" ")
        return first, others.strip()

    @property
    def number(self) -> int:
        """The first word, as a message's number. Raises: Unclear."""
        first = self.words[0]
        if not (first.isascii() and first.isdecimal()) or len(first) > len("1000000000"):
            message = f"Which message? /{self.name} {HELP[self.name]}"
            raise Unclear(message)
        return int(first)


def parse(typed: str) -> Command | str:
    """Return a command, or the message that was typed. Raises: Unclear for unknown commands."""
    if not typed.startswith("/"):
        return typed
    if typed.startswith("//"):
        return typed[1:]
    name, _, rest = typed[1:].partition(" ")
    if name not in HELP:
        message = "There is no such command; /help shows them."
        raise Unclear(message)
    return Command(name, rest.strip())
