"""Results that answers point to: what is kept of what strangers tell, and where it goes (C10)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import DEMO, message
from tests.shapes import check_body
from tests.unit.scenes import job, scene, settle
from wireside import wire
from wireside.adapters.dynamodb.log import to_item
from wireside.adapters.memory.wire import ScriptedProvider
from wireside.domain.context import build_context
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.events import ConversationId, Draft, Event, Kind, blanked, place
from wireside.domain.items import (
    MAX_DESCRIPTION,
    MAX_ITEMS,
    MAX_ITEMS_BYTES,
    MAX_NAME,
    Item,
    Shelf,
    item_of,
    items_in,
    listed,
    one_line,
    ranked,
    web_url,
)
from wireside.ports import Finished, ItemsPiece, Piece, TextPiece
from wireside.services.streams import MAX_ANSWER_BYTES

STOP = Finished("stop", None)
ONE = Item("One", "https://site.example/1", "site.example", "Recipe", "The first.", 70)
TWO = Item("Two", "https://site.example/2", score=90)
THREE = Item("Three")
FAILED = ModelFailed(RunErrorCode.MODEL_REJECTED, "No.", is_final=True)
ITEM_BYTES = 400 * 1_024
"""Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""


@pytest.mark.parametrize(
    "url",
    [
        "https://site.example",
        "http://site.example:8080/a/b?c=d&e=%20#f",
        "https://xn--bcher-kva.example/é",
        "https://[2001:db8::1]/a",
        "HTTPS://SITE.EXAMPLE/",
    ],
)
def test_addresses_of_the_web_are_kept_as_they_are(url: str) -> None:
    assert web_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//site.example",
        "/relative",
        "site.example",
        "ftp://site.example",
        "https://",
        "https:site.example",
        "https:///path",
        "https://user@site.example",
        "https://user:secret@site.example",
        "https://site.example\\@evil.example",
        "https://site.example/a b",
        "https://site.example/\n",
        "https://site.example/\u202e",
        'https://site.example/"onclick=',
        "https://site.example/<script>",
        "https://site.example:99999",
        "https://[bad",
        "https://site.example/\ud800",
        "https://site.example/" + "x" * 2_000,
        "",
        None,
        7,
        ["https://site.example"],
    ],
)
def test_what_a_page_should_not_link_to_is_no_address(url: object) -> None:
    assert web_url(url) is None


@pytest.mark.parametrize(
    ("told", "item"),
    [
        ({"name": "  A\n\tb\x00c\u202e\ud800 ", "url": "x"}, Item("A bc")),
        ({"url": "https://site.example/"}, Item("https://site.example/", "https://site.example/")),
        ({"name": "<b>A</b> & [b](c)"}, Item("<b>A</b> & [b](c)")),
        ({"name": "👩\u200d👩"}, Item("👩\u200d👩")),
        ({"name": "A", "score": "90"}, Item("A")),
        ({"name": "A", "score": True}, Item("A")),
        ({"name": "A", "score": float("nan")}, Item("A")),
        ({"name": "A", "score": -1}, Item("A")),
        ({"name": "A", "score": 1e300}, Item("A")),
        ({"name": "A", "score": 10**400}, Item("A")),
        ({"name": "A", "score": float("inf")}, Item("A")),
        ({"name": "A", "score": 71.239}, Item("A", score=71.24)),
        ({"name": "A", "description": ["x"], "type": {}, "site": 7}, Item("A")),
        ({}, None),
        ({"name": "\u200b", "url": "javascript:x"}, None),
        ({"name": 7}, None),
    ],
)
def test_of_what_a_stranger_tells_only_plain_text_is_kept(
    told: dict[str, Any], item: Item | None
) -> None:
    assert item_of(told) == item


def test_texts_are_cut_where_they_are_too_long() -> None:
    item = item_of({"name": "n" * 10_000, "description": "d " * 1_000_000})

    assert item is not None
    assert item.name == "n" * (MAX_NAME - 1) + "…"
    assert len(item.description or "") <= MAX_DESCRIPTION
    assert (item.description or "").endswith("d…")


@given(st.text())
def test_a_text_that_hides_nothing_is_read_as_any_other(text: str) -> None:
    # What is not printable makes every character be looked at; it is not shown itself.
    assert one_line(text, MAX_NAME) == one_line(f"\u200b{text}", MAX_NAME)


def test_a_shelf_holds_nothing_twice_and_no_more_than_it_has_room_for() -> None:
    many = [Item(f"{n}", f"https://site.example/{n}") for n in range(100)]
    large = [Item(f"{n}" + "語" * 199, description="語" * 600) for n in range(100)]
    shelf, small = Shelf(), Shelf()

    assert shelf.put([ONE, ONE, Item("other name", ONE.url), THREE, THREE]) == [ONE, THREE]
    assert len(shelf.put(many)) == MAX_ITEMS - 2
    assert shelf.put([TWO]) == []
    kept = small.put(large)
    views = json.dumps([each.view() for each in kept], ensure_ascii=False).encode()
    assert 0.9 * MAX_ITEMS_BYTES < len(views) <= MAX_ITEMS_BYTES + 2


def test_a_full_shelf_costs_no_more_work() -> None:
    shelf = Shelf([Item(f"{n}") for n in range(MAX_ITEMS)])

    def more() -> Iterator[Item]:
        pytest.fail("somebody looked at what there is no room for")
        yield ONE

    assert shelf.put(more()) == []


def test_the_best_comes_first_and_what_has_no_score_last() -> None:
    assert ranked([THREE, ONE, Item("Four"), TWO]) == (TWO, ONE, THREE, Item("Four"))


def test_a_list_tells_names_and_addresses() -> None:
    nameless = Item("https://site.example/", "https://site.example/")

    assert listed([ONE, THREE, nameless]) == (
        "- One: https://site.example/1\n- Three\n- https://site.example/"
    )


def test_what_events_carry_is_read_back_and_nonsense_is_not() -> None:
    assert items_in([each.view() for each in (ONE, TWO, THREE)]) == (ONE, TWO, THREE)
    assert items_in([7, {}, {"name": ""}]) == ()
    assert items_in("x") == ()
    assert items_in(None) == ()


def settled(*script: Piece | Exception) -> Event:
    """Return the outcome of an answer that a provider gives so."""
    world = scene(0, provider=ScriptedProvider(script))
    settle(world, job(1))
    outcome = world.log[-1]
    check_body(outcome.kind.value, dict(outcome.body))
    return outcome


def told(event: Event) -> tuple[object, object, tuple[Item, ...]]:
    return event.body["text"], event.body["finish_reason"], items_in(event.body.get("items"))


def test_an_answer_carries_what_it_points_to_the_best_first() -> None:
    outcome = settled(ItemsPiece((ONE,)), TextPiece("Two of "), ItemsPiece((TWO, ONE)), STOP)

    assert told(outcome) == ("Two of ", "stop", (TWO, ONE))


def test_an_answer_without_results_has_no_items() -> None:
    assert "items" not in settled(TextPiece("x"), STOP).body


def test_results_without_a_word_are_told_as_a_list_too() -> None:
    assert told(settled(ItemsPiece((ONE, TWO)), STOP)) == (listed([TWO, ONE]), "stop", (TWO, ONE))


def test_results_are_kept_where_the_words_to_them_fail() -> None:
    silent, speaking = settled(ItemsPiece((ONE,)), FAILED), settled(TextPiece("x"), FAILED)

    assert told(silent) == (listed([ONE]), "error", (ONE,))
    assert told(speaking) == ("x", "error", ())


def test_what_an_earlier_attempt_has_shown_is_told_without_its_results() -> None:
    again = ModelFailed(RunErrorCode.MODEL_UNAVAILABLE, "Again.")
    provider = ScriptedProvider([TextPiece("x"), ItemsPiece((ONE,)), again], later=[[FAILED]])
    world = scene(0, provider=provider)

    settle(world, job(1))

    assert told(world.log[-1]) == ("x", "error", ())


def test_the_longest_answer_with_the_most_results_fits_the_table_and_a_frame() -> None:
    many = [Item(f"{n}" + "語" * 190, description="語" * 600) for n in range(100)]
    outcome = settled(ItemsPiece(tuple(many)), TextPiece("😀" * 100_000), STOP)

    item = to_item(ConversationId("room"), outcome)
    seen = wire.fitted(outcome)

    assert outcome.body["finish_reason"] == "length"
    assert sum(len(json.dumps(each, ensure_ascii=False).encode()) for each in item.items()) < (
        ITEM_BYTES
    )
    assert seen["truncated"] is True
    assert seen["body"]["items"] == outcome.body["items"]
    assert len(wire.encode(seen)) <= wire.MAX_FRAME_BYTES + 100
    assert MAX_ITEMS_BYTES + MAX_ANSWER_BYTES < ITEM_BYTES


def test_a_deleted_answer_points_to_nothing() -> None:
    outcome = settled(ItemsPiece((ONE,)), TextPiece("x"), STOP)

    assert blanked(outcome).body == {
        "text": "",
        "deleted": True,
        "run_id": outcome.body["run_id"],
        "trigger_seq": 1,
    }


def test_a_model_s_question_knows_results_and_who_is_a_person() -> None:
    first = message(text="pasta?")
    other = Draft(Kind.MESSAGE, replace(DEMO, name="other").participant, {"text": "I know"})
    second = place(other, first, now_ms=0)
    body = {"text": "Two.", "items": [ONE.view(), TWO.view()]}
    third = place(Draft(Kind.MESSAGE, DEMO.participant, body), second, now_ms=0)

    context = build_context([first, second, third], DEMO.id, budget_tokens=500, turn_from=3)

    assert [each.is_of_person for each in context] == [True, False, False]
    assert [each.items for each in context] == [(), (), (ONE, TWO)]


def test_a_provider_is_told_where_its_turn_begins() -> None:
    provider = ScriptedProvider([TextPiece("x"), STOP])
    world = scene(0, 10_000, provider=provider)

    settle(world, job(1), job(2))

    assert [each.turn_from for each in provider.asked] == [1, 2]
