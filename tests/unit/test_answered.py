"""How far an assistant has answered, by the log alone."""

from tests.builders import DEMO, SECOND, message
from wireside.domain.context import answered_seq
from wireside.domain.conversation import Assistant
from wireside.domain.events import Draft, Event, Kind, place


def answer(previous: Event, trigger_seq: int, by: Assistant = DEMO, **more: int) -> Event:
    """Return an assistant's message, right after ``previous``."""
    body = {"text": "x", "trigger_seq": trigger_seq, **more}
    return place(Draft(Kind.MESSAGE, by.participant, body), previous, now_ms=0)


def test_what_was_written_while_it_answered_is_not_answered() -> None:
    first = message()
    second = message(first)
    third = answer(second, 1)

    assert answered_seq([first, second, third], DEMO.id) == 1


def test_another_s_answers_and_those_written_anew_do_not_count() -> None:
    first = message()
    second = answer(first, 1)
    third = answer(second, 1, SECOND)
    fourth = message(third)
    anew = answer(fourth, 4, regenerates=2)

    assert answered_seq([first, third], DEMO.id) == 0
    assert answered_seq([first, second, third, fourth, anew], DEMO.id) == 1
