"""What a terminal chat shows of strangers' texts, and how it reads what is typed."""

import asyncio
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from wireside_client import Message, Notice, Run, Unsent
from wireside_client.errors import Refused
from wireside_client.sign_in import NameTokens, claims_of, slug
from wireside_client.terminal.commands import HELP, Command, Unclear, parse
from wireside_client.terminal.plain import line, plain
from wireside_client.terminal.screen import PipeScreen
from wireside_client.terminal.shown import live, not_sent, told
from wireside_client.terminal.wrapping import wrapped

STRANGE = st.text(
    st.one_of(
        st.sampled_from("\x1b\x07\x00\x9b\x7f\r\n\t\u202e\u2066\u2028\ud800[]2J0;é🔥"),
        st.characters(),
    )
)
ANA = {"id": "ana", "name": "Ana\x1b[2J", "type": "human"}


def is_harmless(text: str) -> bool:
    """Whether a terminal would only show it."""
    text.encode()
    return not any((ord(each) < 32 and each != "\n") or 0x7F <= ord(each) < 0xA0 for each in text)


@given(STRANGE)
def test_nothing_that_a_terminal_would_carry_out_is_left(text: str) -> None:
    assert is_harmless(plain(text))
    assert "\n" not in line(text)
    assert "\u202e" not in plain(text)


@given(STRANGE)
def test_whatever_strangers_say_is_shown_and_not_carried_out(text: str) -> None:
    shown = [
        told(
            Message(1, "now", ANA, text, reactions={text: ["ben"]}, finish_reason=text, model=text)
        ),
        told(Notice(2, "now", "titled", ANA, {"title": text})),
        told(Notice(3, "now", "run_failed", ANA, {"message": text})),
        live([Run("r", text, 1, 1, text=text)], [text], {}),
    ]

    assert all(is_harmless(each) for each in shown)


def test_letters_of_every_script_stay_as_they_are() -> None:
    text = "Γειά, 火 🔥, עברית: e\u0301"

    assert plain(text) == text


def test_what_begins_with_a_slash_is_a_command_and_two_make_a_message() -> None:
    assert parse("/react 3 🔥 ") == Command("react", "3 🔥")
    assert parse("//etc/hosts") == "/etc/hosts"
    assert parse(" hello ") == " hello "
    with pytest.raises(Unclear):
        parse("/nonsense")


@pytest.mark.parametrize("rest", ["", "x", "-1", "٣", "1e3", "99999999999999999999"])
def test_a_command_about_a_message_needs_its_number(rest: str) -> None:
    with pytest.raises(Unclear):
        _ = Command("delete", rest).number


def test_every_command_has_its_line_of_help() -> None:
    assert all(parse(f"/{name} 1") == Command(name, "1") for name in HELP)


def test_names_become_ids_as_on_the_page() -> None:
    assert slug("Ána María") == "ana-maria"
    assert slug("  火 & Söhne_2 ") == "火-sohne-2"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.e30=.c\n", "a.W10.c"])
def test_what_is_no_token_is_refused_or_says_nothing(token: str) -> None:
    try:
        assert claims_of(token) == {}
    except Refused as refused:
        assert refused.code == "unauthorized"


def test_lines_are_broken_between_words_and_indented() -> None:
    said = "   2 Ana: one two three four\n\n       five sixsevensixsevensix"

    assert wrapped(said, 20).split("\n") == [
        "   2 Ana: one two",
        "       three four",
        "",
        "       five",
        "       sixsevensixse",
        "       vensix",
    ]
    assert wrapped("火" * 12, 20).split("\n") == ["火" * 10, "       火火"]
    assert wrapped("", 20) == ""


@given(st.text(alphabet="ab 火\n", max_size=200), st.integers(20, 40))
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(text: str, columns: int) -> None:
    lines = wrapped(text, columns).split("\n")

    assert all(get_cwidth(each) <= columns for each in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_what_is_not_stored_yet_is_seen() -> None:
    now = live(
        (), ["ben"], {"ben": "Ben"}, [{"action": "send", "text": "so\x1b"}, {"action": "react"}]
    )

    assert now.split("\n") == ["   · Ben is writing", "   ↑ so␛", "   ↑ react"]


def test_a_refusal_that_nobody_waited_for_is_told_with_its_words() -> None:
    refusal = Refused({"code": "not_found", "message": "It is\x07 gone."})
    unsent = Unsent("c", "m", {"action": "send", "text": "Is there\x1b soup?"}, refusal)

    assert not_sent(unsent) == "   ! Not sent: Is there␛ soup? (It is␇ gone.)"


def test_lines_come_from_a_pipe_however_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    text = "/new Fire\nGood evening 🔥\nno end"

    async def read() -> list[str]:
        with os.fdopen(reading) as piped:
            monkeypatch.setattr(sys, "stdin", piped)
            lines = PipeScreen().lines()
            for byte in text.encode():
                os.write(writing, bytes([byte]))
            os.close(writing)
            return [each async for each in lines]

    assert asyncio.run(asyncio.wait_for(read(), 10)) == text.split("\n")


@pytest.mark.parametrize("name", ["", " ", "!?", "🔥"])
def test_a_name_that_makes_no_id_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="a letter or a digit"):
        NameTokens(None, "http://localhost", name)  # type: ignore[arg-type]
