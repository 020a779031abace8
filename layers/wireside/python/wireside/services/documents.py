"""A conversation as Markdown: days, and beneath them who wrote what and when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wireside import wire
from wireside.domain.events import ASSISTANT_PREFIX, Event, Kind, SenderType
from wireside.domain.markdown import code, inline, quote
from wireside.frames import ConversationView
from wireside.services.transcripts import Version

EXCERPT = 80
UNKNOWN = Version("")
NEWS = {
    Kind.TITLED: "{by} named the conversation “{title}”",
    Kind.MODEL_SELECTED: "{by} chose {model}",
    Kind.REPLY_POLICY_SET: "{by} set the reply policy: {reply_policy}",
    Kind.TAKEN_OVER: "{by} took over",
    Kind.RELEASED: "{by} handed back",
    Kind.ENDED: "{by} ended the conversation",
    Kind.RUN_FAILED: "{by} failed: {message}",
    Kind.TOOL_CALLED: "{by} called {tool}",
    Kind.APPROVED: "{by} decided on {tool}: {decision}",
}
"""What is told of an event, besides messages and who came and went, with fields of its body."""


@dataclass(frozen=True, slots=True)
class Original:
    """What a message replies to."""

    event: Event
    version: Version

    @property
    def excerpt(self) -> str:
        """The beginning of its text, in one line."""
        line = " ".join(self.version.text.split())
        return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


@dataclass(slots=True)
class Document:
    """What is known of a conversation while its events are written down."""

    view: ConversationView
    versions: Mapping[int, Version]
    originals: Mapping[int, Original]
    day: str = field(default="", init=False)

    def head(self) -> str:
        """Return title, people and times: the beginning of the first page."""
        view = self.view
        people = [
            f"- {inline(each['name'])} {code(each['id'])}, {each['role']}"
            + (", *assistant*" if each["type"] == "assistant" else "")
            for each in view["members"]
        ]
        ended = f", ended {view['ended_at']}" if "ended_at" in view else ""
        begun = f"Created {view['created_at']}{ended}. Times are in UTC."
        title = inline(view["title"] or "Conversation")
        return "\n".join([f"# {title}", "", begun, "", *people, "", ""])

    def entry(self, event: Event) -> str:
        """Return an event, with its day where that is another one; empty where it is no news."""
        written = "\n\n".join(self._written(event))
        if not written:
            return ""
        day = wire.timestamp(event.at_ms)[:10]
        heading = f"## {day}\n\n" if day != self.day else ""
        self.day = day
        return f"{heading}{written}\n\n"

    def _written(self, event: Event) -> Iterator[str]:
        if event.kind is Kind.MESSAGE:
            yield from self._message(event)
        elif news := self._news(event):
            yield f"*{_time(event)} — {news}*"
        for run in _stopped_runs(event):
            yield self._heading(_assistant(event, run), "*stopped*")
            yield quote(str(run["text"]))

    def _message(self, event: Event) -> Iterator[str]:
        version = self.versions.get(event.seq, UNKNOWN)
        reason = event.body.get("finish_reason", "stop")
        marks = [
            *(["*edited*"] if version.edited else []),
            *(["*deleted*"] if version.deleted else []),
            *([f"*{inline(str(reason))}*"] if reason != "stop" else []),
            *self._reply(event),
        ]
        yield self._heading(event, *marks)
        if version.deleted:
            return
        if version.text:
            yield quote(version.text)
        if found := list(_found(event)):
            yield "\n".join(found)

    def _reply(self, event: Event) -> Iterator[str]:
        original = self.originals.get(_number(event, "reply_to"))
        if original is None:
            return
        whom = f"reply to {self._who(original.event.sender.id, original.event.sender.name)}"
        when = wire.timestamp(original.event.at_ms)[:16].replace("T", " ")
        yield f"{whom}, {when}: “{inline(original.excerpt)}”"

    def _heading(self, event: Event, *marks: str) -> str:
        sender = event.sender
        kind = [f"*{sender.type.value}*"] if sender.type is not SenderType.HUMAN else []
        parts = [self._who(sender.id, sender.name), *kind, _time(event), *marks]
        return f"### {' · '.join(parts)}"

    def _who(self, participant_id: str, name: str) -> str:
        """Return a name, with its id where it does not tell alone who is meant."""
        namesakes = {each["id"] for each in self.view["members"] if each["name"] == name}
        if namesakes == {participant_id}:
            return inline(name)
        return f"{inline(name)} {code(participant_id)}"

    def _news(self, event: Event) -> str:
        """Return what happened; empty for what the messages themselves show."""
        by = self._who(event.sender.id, event.sender.name)
        if isinstance(user := event.body.get("user"), dict):
            return self._came_or_went(event.kind, by, event.sender.id, user)
        if event.is_deleted:
            return ""
        said = {name: inline(str(value)) for name, value in event.body.items()}
        decision = "approved" if event.body.get("approved") else "declined"
        return NEWS.get(event.kind, "").format(**said | {"by": by, "decision": decision})

    def _came_or_went(self, kind: Kind, by: str, by_id: str, user: Mapping[str, str]) -> str:
        whom = self._who(user["id"], user["name"])
        if kind is Kind.REMOVED:
            return f"{by} removed {whom}"
        if user["id"] != by_id:
            return f"{by} added {whom}"
        return f"{whom} joined" if kind is Kind.JOINED else f"{whom} left"


def _time(event: Event) -> str:
    return wire.timestamp(event.at_ms)[11:19]


def _number(event: Event, name: str) -> int:
    found = event.body.get(name)
    return found if isinstance(found, int) else 0


def _stopped_runs(event: Event) -> Sequence[Mapping[str, object]]:
    runs = event.body.get("stopped_runs")
    return [each for each in runs if each["text"]] if isinstance(runs, list) else []


def _assistant(event: Event, run: Mapping[str, object]) -> Event:
    """Return the event as if the assistant of a run had written it."""
    participant = str(run["participant"])
    name = participant.removeprefix(ASSISTANT_PREFIX)
    sender = replace(event.sender, id=participant, name=name, type=SenderType.ASSISTANT)
    return replace(event, sender=sender)


def _found(event: Event) -> Iterator[str]:
    """Yield the results that an answer points to."""
    items = event.body.get("items")
    for each in items if isinstance(items, list) else ():
        url = str(each.get("url", "")).replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
        yield f"> - {inline(str(each['name']))}" + (f": <{url}>" if url else "")
