"""What quotas look like to people: an answer, or a visible refusal, and no call without any."""

from dataclasses import replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, SECOND, World
from tests.unit.scenes import job, scene, settle
from wireside.adapters.memory.wire import ScriptedProvider
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.events import RunId
from wireside.domain.quotas import Amount, Quotas, Reservation
from wireside.domain.runs import Run, RunState
from wireside.domain.usage import Prices
from wireside.ports import Finished, TextPiece, Usage

BOUNDED = replace(DEMO, max_output_tokens=100, prices=Prices(1_000_000, 2_000_000))
ANSWER = [TextPiece("yes"), Finished("stop", Usage(20, 30, estimated=False))]
MOST = (3 + 4) + (2 + 4) + 100
"""The prompt, the message, and the longest answer."""


def asked(quotas: Quotas, *scripts: Any, messages: int = 1, **fields: Any) -> World:
    """Return a room in which these messages were answered under quotas."""
    provider = ScriptedProvider(scripts[0] if scripts else ANSWER, later=scripts[1:])
    times = range(0, messages * 60_000, 60_000)
    known: dict[str, Any] = {"assistants": (BOUNDED, SECOND), "quotas": quotas} | fields
    world = scene(*times, provider=provider, **known)
    settle(world, job(messages))
    return world


def counted(world: World, whose: str) -> Amount:
    """Return the only counter of its kind."""
    (amount,) = (each for key, each in world.store.quotas.items() if key[0] == whose)
    return amount


def codes(world: World) -> list[object]:
    """Return how each turn ended."""
    told = [each for each in world.log if "trigger_seq" in each.body]
    return [each.body.get("code", each.body.get("finish_reason")) for each in told]


def test_what_was_reserved_is_settled_to_what_was_used() -> None:
    world = asked(Quotas(Amount(MOST), Amount(MOST, 10**9)))

    assert codes(world) == ["stop"]
    used = Amount(50, 20 * 1 + 30 * 2)
    assert (counted(world, "user"), counted(world, "conversation")) == (used, used)


@pytest.mark.parametrize(
    ("quotas", "words"),
    [
        (Quotas(user=Amount(MOST - 1)), "Your quota"),
        (Quotas(conversation=Amount(MOST - 1)), "This conversation's quota"),
        (Quotas(user=Amount(nano_dollars=200)), "Your quota"),
    ],
)
def test_a_question_that_might_pass_a_quota_is_not_asked(quotas: Quotas, words: str) -> None:
    world = asked(quotas)

    assert codes(world) == ["quota_exceeded"]
    assert str(world.log[1].body["message"]).startswith(words)
    assert world.provider.asked == []  # type: ignore[attr-defined]
    assert not any(world.store.quotas.values())
    assert world.meter.runs[0].outcome == "quota_exceeded"


def test_what_one_answer_took_the_next_one_has_not() -> None:
    world = asked(Quotas(user=Amount(2 * MOST)), messages=6)

    assert codes(world).count("stop") >= 2
    assert codes(world)[-1] == "quota_exceeded"
    assert counted(world, "user").tokens == 50 * codes(world).count("stop")


def test_who_wrote_the_turns_first_message_is_charged() -> None:
    world = asked(Quotas(user=Amount(1_000)))

    assert [key[:2] for key in world.store.quotas] == [("user", "ana")]


def test_the_next_day_everything_is_there_again() -> None:
    world = asked(Quotas(user=Amount(MOST + 50)))
    before = dict(world.store.quotas)
    world.clock.time_ms += 24 * 60 * 60 * 1_000
    world.wrote(1, addressed=[BOUNDED.id], now_ms=world.clock.time_ms - 10_000)

    settle(world, job(3))

    assert codes(world) == ["stop", "stop"]
    assert len(world.store.quotas) == len(before) + 1


def test_a_refused_try_takes_nothing_of_a_quota() -> None:
    refused = ModelFailed(RunErrorCode.MODEL_RATE_LIMITED, "No.", is_refusal=True)

    world = asked(Quotas(user=Amount(MOST)), [refused], ANSWER)

    assert codes(world) == ["stop"]
    assert counted(world, "user").tokens == 50


def test_a_try_of_which_nothing_is_known_counts_with_all_that_was_reserved() -> None:
    broken = ModelFailed(RunErrorCode.MODEL_UNAVAILABLE, "No.")

    world = asked(Quotas(user=Amount(1_000)), [broken], ANSWER)

    assert counted(world, "user").tokens == MOST + 50


def test_a_try_that_may_not_be_made_any_more_ends_the_answer() -> None:
    broken = ModelFailed(RunErrorCode.MODEL_UNAVAILABLE, "No.")

    world = asked(Quotas(user=Amount(2 * MOST - 1)), [broken], ANSWER)

    assert codes(world) == ["quota_exceeded"]
    assert counted(world, "user").tokens == MOST


def test_what_a_dead_worker_reserved_stands() -> None:
    world = scene(0, provider=ScriptedProvider(ANSWER), assistants=(BOUNDED, SECOND))
    world = replace(world, quotas=Quotas(user=Amount(1_000)))
    day = world.clock.time_ms // 86_400_000
    reserved = Reservation(Amount(MOST), day, world.log[0].sender.id, in_conversation=False)  # type: ignore[arg-type]
    dead = Run(RunId("r1"), BOUNDED.id, 1, RunState.STREAMING, 1, 0, 1, reserved=reserved)
    world.store.runs[ROOM, BOUNDED.id, 1] = dead
    world.store.quotas["user", "ana", day] = reserved.amount

    settle(world, job(1))

    assert codes(world) == ["stop"]
    assert counted(world, "user").tokens == MOST + 50


def test_without_quotas_nothing_is_counted() -> None:
    world = asked(Quotas())

    assert codes(world) == ["stop"]
    assert world.store.quotas == {}
    assert world.store.runs[ROOM, DEMO.id, 1].reserved is None
