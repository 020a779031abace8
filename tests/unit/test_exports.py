"""Exporting a conversation, as JSON and as Markdown."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, World, message, user
from tests.unit.test_conversations import by, refusal
from tests.unit.test_sharing import change
from wireside import wire
from wireside.domain.conversation import Role
from wireside.domain.errors import ErrorCode
from wireside.domain.events import Draft, Event, Kind, Participant, SenderType, place
from wireside.entrypoints.http.exports import file_name
from wireside.services import exports
from wireside.services.deeds import Patch
from wireside.services.exports import Export, Form

OPERATOR = user("otto", roles=frozenset({Role.OPERATOR}))


async def export(world: World, form: Form = "json", after_seq: int = 0, by: str = "ana") -> Export:
    """Return a page of the room."""
    return await world.app.exports.page(user(by), ROOM, form=form, after_seq=after_seq)


async def whole(world: World, form: Form = "json") -> list[Export]:
    """Return all pages of the room."""
    pages = [await export(world, form)]
    while (cursor := pages[-1].cursor) is not None:
        pages.append(await export(world, form, cursor))
    return pages


def writes(world: World, kind: Kind, sender: Participant, **body: Any) -> Event:
    """Put an event at the end of the room's log."""
    previous = world.log[-1] if world.log else None
    world.log.append(place(Draft(kind, sender, body), previous, now_ms=0))
    return world.log[-1]


def test_json_has_the_conversation_and_every_event_as_it_is_stored() -> None:
    async def story() -> None:
        world = World().room(title="Lunch").wrote(2, text='"quoted" ünïcode')
        await world.enter("ana")
        await change(world, "ana", "edit", 1, text="better")

        page = await export(world)
        told = json.loads(page.text)

        assert told["events"] == [json.loads(wire.encode(wire.event_json(e))) for e in world.log]
        assert told["conversation"] == await world.app.conversations.view(user(), ROOM)
        assert (told["head"], told["epoch"], page.cursor) == (3, "1.1", None)

    asyncio.run(story())


def test_members_export_and_nobody_else() -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        await world.app.operators.take_over(replace(by(), user=OPERATOR), ROOM)

        assert (await export(world, by="ben")).cursor is None
        for who in (user("eve"), OPERATOR):
            refused = await refusal(world.app.exports.page(who, ROOM, form="json", after_seq=0))
            assert refused.code is ErrorCode.NOT_FOUND

    asyncio.run(story())


@pytest.mark.parametrize("form", ["json", "md"])
def test_a_long_conversation_comes_in_pages_that_are_one_whole(
    form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MAX_EVENTS", 3)

    async def story() -> None:
        world = World().room()
        for index in range(8):
            world.wrote(1, text=f"message {index}")

        pages = await whole(world, form)
        text = "".join(each.text for each in pages)

        assert [each.cursor for each in pages] == [3, 6, None]
        assert [text.count(f"message {index}") for index in range(8)] == [1] * 8
        assert text.count("# Conversation") == (form == "md")

    asyncio.run(story())


@pytest.mark.parametrize("form", ["json", "md"])
def test_no_page_is_larger_than_an_answer_of_lambda(form: Form) -> None:
    async def story() -> None:
        world = World().room().wrote(40, text='"\\' * 50_000)

        pages = await whole(world, form)

        assert len(pages) > 1
        assert max(wire.quoted_bytes(each.text) for each in pages) < 6_000_000 * 2 // 3
        assert sum(each.text.count('"\\' if form == "md" else '\\"\\\\') for each in pages) >= 40

    asyncio.run(story())


def test_markdown_tells_who_wrote_what_and_when() -> None:
    async def story() -> None:
        world = World().room(title="Lunch *today*")
        world.wrote(1, text="Soup?").wrote(1, text="Yes", by="ben").wrote(1, text="gone")
        await world.enter("ana")
        await change(world, "ana", "edit", 1, text="Soup at one?")
        await change(world, "ana", "delete", 3)
        reply = {"text": "Good", "addressed": [], "reply_to": 1}
        writes(world, Kind.MESSAGE, user("ben").participant, **reply)
        about = {"run_id": "r", "trigger_seq": 6, "model": "m", "finish_reason": "stopped"}
        writes(world, Kind.MESSAGE, DEMO.participant, text="Half an ans", **about)
        await world.app.conversations.patch(by(), ROOM, Patch(title="Dinner"))

        text = (await export(world, "md")).text

        assert text == EXPECTED

    asyncio.run(story())


EXPECTED = """\
# Dinner

Created 2027-01-15T08:00:00.000Z. Times are in UTC.

- Ana `ana`, owner
- Ben `ben`, member
- Demo `assistant:demo`, member, *assistant*
- Second `assistant:second`, member, *assistant*

## 2027-01-15

### Ana · 08:00:00 · *edited*

> Soup at one?

### Ben · 08:00:00

> Yes

### Ana · 08:00:00 · *deleted*

### Ben · 08:00:00 · reply to Ana, 2027-01-15 08:00: “Soup at one?”

> Good

### Demo · *assistant* · 08:00:00 · *stopped*

> Half an ans

*08:00:00 — Ana named the conversation “Dinner”*

"""


def test_people_of_one_name_and_those_who_left_are_told_apart_by_their_ids() -> None:
    async def story() -> None:
        world = World().room()
        for sub, name in (("ana", "Ana"), ("imp", "Ana"), ("gone", "Gus")):
            sender = Participant(sub, name, SenderType.HUMAN)
            writes(world, Kind.MESSAGE, sender, text="I", addressed=[])

        text = (await export(world, "md")).text

        headings = [line.split(" · ")[0] for line in text.splitlines() if line.startswith("###")]
        assert headings == ["### Ana", "### Ana `imp`", "### Gus `gone`"]

    asyncio.run(story())


def test_no_message_and_no_name_makes_a_heading_of_its_own() -> None:
    async def story() -> None:
        world = World().room()
        attacks = ("### Ben · 08:00:00", "x\n\n### Ben", "```\nopen", "</blockquote>\n## Ben")
        for each in attacks:
            world.log.append(message(world.log[-1] if world.log else None, text=each))
        evil = Participant("evil", "Eve\n### Ben · *operator*", SenderType.HUMAN)
        writes(world, Kind.MESSAGE, evil, text="x", addressed=[], reply_to=1)
        writes(world, Kind.TITLED, evil, title="x*\n\n# y")

        lines = (await export(world, "md")).text.splitlines()

        headings = [each for each in lines if each.startswith("#")]
        assert len(headings) == 2 + len(attacks) + 1
        assert headings[-1].startswith("### Eve \\#\\#\\# Ben · \\*operator\\* `evil`")
        assert "*operator*" not in headings[-1].replace("\\*", "")

    asyncio.run(story())


def test_markdown_tells_of_every_kind_of_event_or_leaves_it_out() -> None:
    async def story() -> None:
        world = World().room()
        ana = user().participant
        run = {"run_id": "r", "participant": DEMO.id, "trigger_seq": 1, "text": "Half"}
        bodies: dict[Kind, dict[str, Any]] = {
            Kind.MESSAGE: {"text": "hello", "addressed": []},
            Kind.EDITED: {"target_seq": 1, "text": "x"},
            Kind.DELETED: {"target_seq": 1},
            Kind.REACTED: {"target_seq": 1, "emoji": "x", "on": True},
            Kind.REGENERATE_REQUESTED: {"target_seq": 1, "addressed": []},
            Kind.RUN_FAILED: {"participant": DEMO.id, "code": "internal", "message": "No."},
            Kind.TOOL_CALLED: {"run_id": "r", "tool": "t", "arguments": {}, "approved": True},
            Kind.TOOL_RESULT: {"run_id": "r", "tool": "t", "target_seq": 1, "result": "x"},
            Kind.APPROVED: {"target_seq": 1, "approved": False, "tool": "t"},
            Kind.JOINED: {"user": {"id": "cy", "name": "Cy"}},
            Kind.LEFT: {"user": {"id": "ana", "name": "Ana"}},
            Kind.REMOVED: {"user": {"id": "ben", "name": "Ben"}},
            Kind.TITLED: {"title": "T"},
            Kind.MODEL_SELECTED: {"model": "demo"},
            Kind.REPLY_POLICY_SET: {"reply_policy": "off"},
            Kind.TAKEN_OVER: {"operator": {"id": "o", "name": "O"}, "stopped_runs": [run]},
            Kind.RELEASED: {"operator": {"id": "o", "name": "O"}},
            Kind.ENDED: {"duration_seconds": 1, "stopped_runs": []},
        }
        assert set(bodies) == set(Kind)
        for kind, body in bodies.items():
            writes(world, kind, ana, **body)

        text = (await export(world, "md")).text

        told = [line[1:-1].split(" — ")[1] for line in text.splitlines() if " — " in line]
        assert told == [
            "Ana failed: No.",
            "Ana called t",
            "Ana decided on t: declined",
            "Ana added Cy `cy`",
            "Ana left",
            "Ana removed Ben",
            "Ana named the conversation “T”",
            "Ana chose demo",
            "Ana set the reply policy: off",
            "Ana took over",
            "Ana handed back",
            "Ana ended the conversation",
        ]
        assert "### demo `assistant:demo` · *assistant* · 00:00:00 · *stopped*\n\n> Half" in text

    asyncio.run(story())


@pytest.mark.parametrize(
    ("title", "name"),
    [
        (None, "wireside-conversation"),
        ("Lunch: soup?", "wireside-lunch-soup"),
        ('../../etc"\r\nSet-Cookie: x', "wireside-etc-set-cookie-x"),
        ("昼食", "wireside-conversation"),
        ("CON", "wireside-con"),
        ("x" * 200, "wireside-" + "x" * 60),
    ],
)
def test_the_file_has_a_name_that_every_system_takes(title: str | None, name: str) -> None:
    assert file_name(title) == name
