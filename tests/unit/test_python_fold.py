"""What the Python client makes of a log is what the page makes of it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.faults import fault
from wireside_client import fold
from wireside_client.fold import Folded
from wireside_client.log import Log
from wireside_client.membership import followed

CASES = json.loads(
    (Path(__file__).parent.parent / "web" / "fold-cases.json").read_text(encoding="utf-8")
)


def camel(told: Any) -> Any:
    """Return fields as the page names them."""
    if isinstance(told, dict):
        return {_camel(key): value for key, value in told.items()}
    return told


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.title() for each in others)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_log_looks_as_it_does_on_the_page(case: Any) -> None:
    folded = [camel(asdict(each)) for each in fold(case["events"])]

    assert len(folded) == len(case["items"])
    for mine, theirs in zip(json.loads(json.dumps(folded)), case["items"], strict=True):
        assert {key: mine[key] for key in theirs} == theirs


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_log_that_grows_looks_at_every_step_like_one_that_is_read_at_once(case: Any) -> None:
    held: list[Any] = []
    folded, seen = Folded(), []

    for event in case["events"]:
        held.append(event)
        items = [*folded.items(held)]
        assert items == fold(held)
        seen.append((items, [asdict(each) for each in items]))

    for items, as_they_were in seen:
        assert [asdict(each) for each in items] == as_they_were


class Read(dict[str, Any]):
    """An event that counts how often anything of it is read."""

    times = 0

    def __getitem__(self, key: str) -> Any:
        Read.times += 1
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        Read.times += 1
        return super().get(key, default)


def test_in_10_000_messages_a_look_costs_what_has_changed() -> None:
    ben = {"id": "ben", "name": "Ben", "type": "human"}

    def event(seq: int, kind: str = "message", **body: Any) -> Read:
        said = {"text": f"number {seq}"} | body
        return Read(seq=seq, n=seq, kind=kind, at="", sender=ben, body=said)

    log, folded = Log(), Folded()
    log.begin([event(seq) for seq in range(5_001, 10_001)], 10_000)
    log.prepend([event(seq) for seq in range(1, 5_001)])
    before = [*folded.items(log.events)]
    Read.times = 0

    assert [*folded.items(log.events)] == before
    assert Read.times == 0
    log.add([event(10_001, "edited", target_seq=7, text="sept"), event(10_002)])
    Read.times = 0
    after = [*folded.items(log.events)]

    assert Read.times < 40
    assert [each is same for each, same in zip(after, before, strict=False)].count(False) == 1
    assert after[6].text == "sept"
    log.replace(event(9, text="the whole of it"))
    assert folded.items(log.events)[8].text == "the whole of it"
    assert len(after) == len(folded.items(log.events)) == 10_001


@fault(6)
def test_nothing_of_a_deleted_message_is_left() -> None:
    deletions = [case for case in CASES if "deletion that was" in case["name"]]

    read, seen = ([asdict(each) for each in fold(case["events"])] for case in deletions)
    assert read == seen


def test_a_conversation_follows_its_events_once_each() -> None:
    ben, carla = {"id": "ben", "name": "Ben"}, {"id": "carla", "name": "Carla"}
    demo = {"id": "assistant:demo", "type": "assistant"}
    before = {"head": 3, "members": [{"id": "ana", "type": "human"}, ben | {"type": "human"}, demo]}

    def event(seq: int, kind: str, **body: Any) -> Any:
        return {"seq": seq, "n": 1, "at": "now", "kind": kind, "body": body}

    assert followed(before, event(3, "joined", user=carla)) is before
    after = before
    for each in (
        event(4, "joined", user=carla),
        event(5, "left", user=ben),
        event(6, "titled", title="Fire"),
        event(7, "taken_over", operator=ben),
    ):
        after = followed(after, each)

    assert [each["id"] for each in after["members"]] == ["ana", "carla", "assistant:demo"]
    assert (after["title"], after["head"], after["operator"]) == ("Fire", 7, ben)
    ended = followed(followed(after, event(8, "released")), event(9, "ended"))
    assert "operator" not in ended
    assert ended["ended_at"] == "now"
