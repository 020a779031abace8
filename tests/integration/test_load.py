"""A little of what ``make load`` does: twenty connections for a few seconds."""

import asyncio

from local.harness import Running
from tests.faults import fault
from tests.load.scenes import Crowd, at_once, play, steadily


@fault(6)
def test_rooms_of_people_who_talk_lose_nothing_and_repeat_nothing(running: Running) -> None:
    crowd, scene = Crowd(rooms=4, people=5), steadily(messages=20, per_second=5)

    played = asyncio.run(play("rooms", running, crowd, scene, on_ready=lambda: None))

    assert (played.lost, played.twice, played.book.errors) == (0, 0, [])
    assert (len(played.book.echo_ms), len(played.book.others_ms)) == (20, 80)


@fault(6)
def test_people_who_talk_at_once_lose_nothing_and_repeat_nothing(running: Running) -> None:
    crowd, scene = Crowd(rooms=1, people=10), at_once(rounds=2)

    played = asyncio.run(play("race", running, crowd, scene, on_ready=lambda: None))

    assert (played.lost, played.twice, played.book.errors) == (0, 0, [])
    assert (len(played.book.echo_ms), len(played.book.others_ms)) == (20, 180)
