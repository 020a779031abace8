"""Brings what is known of a conversation up to events that came after it was read."""

from typing import Any

from wireside_client.log import Event

type Info = dict[str, Any]

SAID = {
    "titled": "title",
    "model_selected": "model",
    "reply_policy_set": "reply_policy",
    "taken_over": "operator",
}
"""Kinds of events whose body says what a field is from there on."""


def followed(conversation: Info, event: Event) -> Info:
    """Return a conversation as it is after an event; one up to its ``head`` changes nothing."""
    if event["seq"] <= conversation["head"]:
        return conversation
    about = {"head": event["seq"], "n": event["n"], "last_at": event["at"]}
    after = {**conversation, **about, **_changes(conversation, event)}
    if event["kind"] == "released":
        after.pop("operator", None)
    return after


def _changes(conversation: Info, event: Event) -> Info:
    kind, body, members = event["kind"], event["body"], conversation["members"]
    match kind:
        case "joined":
            return {"members": _joined(members, body["user"], event["at"])}
        case "left" | "removed":
            return {"members": [each for each in members if each["id"] != body["user"]["id"]]}
        case "ended":
            return {"ended_at": event["at"]}
    name = SAID.get(kind)
    return {name: body[name]} if name else {}


def _joined(members: list[Info], user: Info, at: str) -> list[Info]:
    """Return people before assistants, as the service lists them."""
    others = [each for each in members if each["id"] != user["id"]]
    fresh = {**user, "type": "human", "role": "member", "joined_at": at}
    people = [each for each in others if each["type"] != "assistant"]
    return [*people, fresh, *(each for each in others if each["type"] == "assistant")]
