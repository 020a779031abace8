"""Lines that show a conversation."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wireside_client.items import Call, Item, Message, Notice
from wireside_client.streams import Run
from wireside_client.terminal.plain import line, plain
from wireside_client.unsent import Unsent

MARKS = {"human": "", "assistant": "🤖 ", "operator": "🛟 ", "system": ""}
DECLINED = {"waits": "asks to use", "declined": "was not allowed to use", "runs": "uses"}
LIVE_CHARACTERS = 4_000
PENDING_CHARACTERS = 200


def told(item: Item) -> str:
    """Return what an item looks like; its number is what commands take."""
    match item:
        case Message():
            return f"{item.seq:>4} {_who(item.sender)}: {_text(item)}{_reactions(item)}"
        case Notice():
            return f"   · {_notice(item)}"
        case Call():
            used = f"{DECLINED.get(item.state, 'has used')} {line(item.tool)}"
            answer = f" (/yes {item.seq} or /no {item.seq})" if item.state == "waits" else ""
            return f"   · {_who(item.sender)} {used} {line(item.arguments)}{answer}"
    return f"   · {line(item.participant)} had said: {plain(item.text)}"


def not_sent(unsent: Unsent) -> str:
    """Return a line of what was refused; its words are told, because they are nowhere else."""
    what = unsent.write.get("text") or unsent.write["action"]
    return f"   ! Not sent: {plain(str(what))} ({line(str(unsent.error))})"


def live(
    runs: Iterable[Run],
    typing: Sequence[str],
    names: Mapping[str, str],
    pending: Iterable[Mapping[str, Any]] = (),
) -> str:
    """Return what is being said right now: the ends of answers, who is writing, what is unsent."""
    lines: list[str] = []
    for run in runs:
        text = _indented(plain(run.text[-LIVE_CHARACTERS:])) or "…"
        lines.append(f"     🤖 {line(names.get(run.participant, run.participant))}: {text}")
    if typing:
        who = ", ".join(line(names.get(each, each)) for each in typing)
        lines.append(f"   · {who} {'is' if len(typing) == 1 else 'are'} writing")
    lines += [f"   ↑ {what_of(each)[:PENDING_CHARACTERS]}" for each in pending]
    return "\n".join(lines)


def what_of(write: Mapping[str, Any]) -> str:
    """Return a line of what somebody has written, or of what else they do."""
    return line(str(write.get("text") or write["action"]))


def activity(frame: Mapping[str, Any], number: int) -> str:
    """Return a line of something that happened elsewhere."""
    return f"   · New in {title_of(frame)}: /open {number}"


def listed(conversation: Mapping[str, Any], number: int) -> str:
    """Return a line of the list of conversations."""
    unread = conversation.get("unread", 0)
    news = f" ({unread} unread)" if unread else ""
    return f"{number:>4} {title_of(conversation)}{news}  {conversation['id']}"


def title_of(conversation: Mapping[str, Any]) -> str:
    """Return a conversation's name."""
    return line(conversation.get("title") or "(no title)")


def people(conversation: Mapping[str, Any], present: Iterable[str]) -> str:
    """Return a line of who belongs to a conversation; a dot marks who is there."""
    there = frozenset(present)
    names = [
        ("● " if each["id"] in there else "") + MARKS[each["type"]] + line(each["name"])
        for each in conversation["members"]
    ]
    return "   · " + ", ".join(names)


def _who(sender: Mapping[str, Any]) -> str:
    return MARKS.get(sender["type"], "") + line(sender["name"])


def _text(message: Message) -> str:
    if message.is_deleted:
        return "(deleted)"
    reply = f"(to {message.reply_to}) " if message.reply_to else ""
    notes = [
        *(["edited"] if message.is_edited else []),
        *([f"instead of {message.regenerates}"] if message.regenerates else []),
        *([message.finish_reason] if message.finish_reason not in {None, "stop"} else []),
    ]
    also = f" ({', '.join(line(str(each)) for each in notes)})" if notes else ""
    results = "".join(f"\n       → {line(each.name)} {line(each.url)}" for each in message.results)
    return reply + _indented(plain(message.text)) + also + results


def _indented(text: str) -> str:
    return text.replace("\n", "\n       ")


def _reactions(message: Message) -> str:
    if not message.reactions:
        return ""
    return "  " + " ".join(f"{line(each)}{len(who)}" for each, who in message.reactions.items())


def _notice(notice: Notice) -> str:
    who, body = _who(notice.sender), notice.body
    user = line((body.get("user") or {}).get("name", ""))
    texts = {
        "run_failed": f"{who} could not answer: {line(str(body.get('message', '')))}",
        "joined": f"{user} came in",
        "left": f"{user} has left",
        "removed": f"{user} was removed",
        "titled": f"{who} named this: {line(str(body.get('title', '')))}",
        "model_selected": f"{who} chose {line(str(body.get('model', '')))}",
        "taken_over": f"{who} has taken over: assistants are silent",
        "released": f"{who} has handed back",
        "ended": f"{who} has ended the conversation",
    }
    return texts.get(notice.kind, f"{who}: {notice.kind.replace('_', ' ')}")
