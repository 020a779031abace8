"""Words and runs of a text, in any language, and signatures of what has them."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireside.domain.searches import (
    MAX_SIGNATURE_BYTES,
    SNIPPET_AFTER,
    SNIPPET_BEFORE,
    query,
    signature,
    snippet,
)
from wireside.domain.words import folded, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where's the SOUP_bowl?", ["where", "s", "the", "soup", "bowl"]),
        ("Straße", ["strasse"]),
        ("ΣΊΣΥΦΟΣ", ["σίσυφοσ"]),
        ("cafe\u0301 CAFÉ", ["café", "café"]),
        ("ＡＢＣ １２", ["abc", "12"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("a-b_c/d", ["a", "b", "c", "d"]),
        ("iPhone手机", ["iphone", "手机"]),
        ("ｶﾞｲﾄﾞ", ["ガイド"]),
        ("done 🎉", ["done", "🎉"]),
        ("I ❤\ufe0f it", ["i", "❤", "it"]),
        (" … !? ", []),
    ],
)
def test_a_text_is_parted_into_folded_words_and_runs(text: str, expected: list[str]) -> None:
    assert [each.text for each in words(text)] == expected


LETTERS = ("a", "é", "e\u0301", "ﬃ", "\u1112\u1161\u11ab", "한", "ｶﾞ", "かみ\u3099", "漢", "ກຳ", "ཀྲྀ")
"""Letters of one or several code points, some of which others would join."""


@given(st.lists(st.sampled_from(LETTERS), min_size=60, max_size=200))
def test_what_is_folded_in_slices_is_what_it_is_as_a_whole(letters: list[str]) -> None:
    text = "".join(letters)

    whole = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())

    assert folded(text) == whole


@pytest.mark.parametrize("marks", ["\u0315\u0316", "\u0344\u0315", "\u0f73\u0f71", "\u302f\u302a"])
def test_ten_thousand_marks_take_no_longer_than_letters(marks: str) -> None:
    begun = time.process_time()

    for _ in range(8):
        list(words("a" + marks * 5_000))

    assert time.process_time() - begun < 1


@given(st.text())
def test_every_word_says_where_it_is(text: str) -> None:
    ends = [0]
    for each in words(text):
        assert ends[-1] <= each.start < each.end <= len(text)
        assert [again.text for again in words(text[each.start : each.end])] == [each.text]
        ends.append(each.end)


@pytest.mark.parametrize(
    ("asked", "text", "found"),
    [
        ("soup", "The Soup is hot.", True),
        ("hot soup", "The Soup is hot.", True),
        ("hot stew", "The Soup is hot.", False),
        ("sou", "The Soup is hot.", True),
        ("sou ", "The Soup is hot.", False),
        ("sou hot", "The Soup is hot.", False),
        ("internatio", "We go international.", True),
        ("internal", "We go international.", False),
        ("so", "The Soup is hot.", False),
        ("is", "The Soup is hot.", True),
        ("京都", "明日は東京都へ行く。", True),
        ("京", "明日は東京都へ行く。", True),
        ("都京", "明日は東京都へ行く。", False),
        ("학교", "나는 학교에서 배운다", True),
        ("🎉", "done 🎉🎉", True),
        ("soup", "", False),
    ],
)
def test_a_text_is_found_by_all_of_its_words_and_the_beginning_of_the_last(
    asked: str, text: str, found: bool
) -> None:
    sought = query(asked)

    assert (sought.place(text) is not None) is found


@given(st.lists(st.text(max_size=30), max_size=5), st.text(min_size=1, max_size=10))
def test_a_signature_never_denies_what_is_there(texts: list[str], asked: str) -> None:
    made = signature(0, texts, is_full=False)
    sought = query(asked)

    if any(sought.place(text) is not None for text in texts):
        assert made.may_have(sought.terms)


def test_a_signature_denies_nearly_all_that_is_not_there() -> None:
    texts = [f"word{number:04d} thing{number * 7:04d}" for number in range(500)]
    made = signature(0, texts, is_full=True)

    said = [made.may_have(query(f"{number:03x}zzz ").terms) for number in range(1_000)]

    assert sum(said) < 15
    assert len(made.bits) < 3_000


def test_a_signature_is_the_same_in_any_order_and_has_a_largest_size() -> None:
    texts = [chr(0x4E00 + number) + chr(0x9FA5 - number) for number in range(20_000)]

    made = signature(3, texts, is_full=True)

    assert made == signature(3, reversed(texts), is_full=True)
    assert len(made.bits) == MAX_SIGNATURE_BYTES
    assert made.may_have(query(texts[7]).terms)


def test_a_snippet_is_one_line_around_the_hit() -> None:
    text = "before " * 50 + "the\nsoup is here " + "after " * 50
    shown = snippet(text, text.index("soup"))

    assert "the soup is here" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) <= SNIPPET_BEFORE + SNIPPET_AFTER + 2
    assert snippet("soup", 0) == "soup"
