"""Schedules that call functions."""

import json

from tests.contract.gateway.parity import parity
from tests.contract.gateway.toys import Event, Toy, until


def ticks(toy: Toy) -> list[Event]:
    return [json.loads(each["event"]) for each in toy.items("tick")]


@parity(
    "A schedule calls its function with an event of EventBridge's shape, or with its own input.",
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html",
)
def test_a_schedule_calls_again_and_again(compressed: Toy) -> None:
    def both(found: list[Event]) -> bool:
        return len([each for each in found if "told" not in each]) > 1 and len(found) > 3

    found = until(lambda: ticks(compressed), both)

    told = [each for each in found if "told" in each]
    plain = next(each for each in found if "told" not in each)
    assert {json.dumps(each) for each in told} == {'{"told": "this"}'}
    assert plain["detail-type"] == "Scheduled Event"
    assert plain["source"] == "aws.events"
    assert plain["resources"][0].startswith("arn:aws:events:")
    assert {"version", "id", "account", "time", "region", "detail"} <= set(plain)
