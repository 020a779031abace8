"""What a terminal chat shows of strangers' texts, and how it reads what is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireside_client import Message, Notice, Run
from wireside_client.errors import Refused
from wireside_client.sign_in import claims_of, slug
from wireside_client.terminal.commands import HELP, Command, Unclear, parse
from wireside_client.terminal.plain import line, plain
from wireside_client.terminal.shown import live, told

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
