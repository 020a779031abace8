"""A Wireside chat in Streamlit: several people, answers that stream, and a button that stops them.

`make streamlit` runs it beside `make run`; WIRESIDE_URL says where the system is.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from desk import Desk, View

from wireside_client import Call, Item, Message, Notice, Remnant, WiresideError

URL = os.environ.get("WIRESIDE_URL", "http://localhost:8000")
FACES = {"human": "🙂", "assistant": "🤖", "operator": "🛟", "system": "📢"}
CALLS = {
    "waits": "asks to use",
    "declined": "was not allowed to use",
    "runs": "uses",
    "done": "has used",
}
REFRESH_SECONDS = 0.4
LIST_SECONDS = 5.0


def main() -> None:
    """Draw the page."""
    st.set_page_config(page_title="Wireside", page_icon="🔥")
    desk = st.session_state.get("desk")
    if desk is None or desk.is_gone:
        sign_in()
        return
    with st.sidebar:
        begin(desk)
        choose(desk)
    conversation(desk)
    if text := st.chat_input("Say something"):
        desk.send(text)


def sign_in() -> None:
    """Ask who it is: at a local run a name is enough."""
    st.title("🔥 Wireside")
    with st.form("sign in"):
        name = st.text_input("Your name")
        if st.form_submit_button("Come in") and name.strip():
            try:
                st.session_state.desk = Desk(URL, name.strip())
            except WiresideError as error:
                st.error(str(error))
                return
            st.rerun()


def begin(desk: Desk) -> None:
    """Let the person begin a conversation."""
    with st.form("new", clear_on_submit=True):
        title = st.text_input("New conversation")
        people = st.text_input("With (names, parted by commas)")
        if st.form_submit_button("Begin"):
            with complaining():
                desk.create(title, people.split(","))


@st.fragment(run_every=LIST_SECONDS)
def choose(desk: Desk) -> None:
    """Show the person's conversations, again and again: others begin some, too."""
    with complaining():
        for each in desk.conversations():
            if st.button(safe(each["title"] or "(no title)"), key=each["id"], width="stretch"):
                desk.open(each["id"])


@contextmanager
def complaining() -> Iterator[None]:
    """Show what goes wrong inside a block, in place of it."""
    try:
        yield
    except WiresideError as error:
        st.warning(str(error))


@st.fragment(run_every=REFRESH_SECONDS)
def conversation(desk: Desk) -> None:
    """Draw the conversation, again and again: answers grow in it."""
    view = desk.view()
    if view is None:
        st.info("Begin a conversation, or choose one.")
        return
    st.subheader(safe(view.info["title"] or "(no title)"))
    st.caption(safe(people_of(view)))
    for item in view.items:
        show(item)
    for text in view.pending:
        with st.chat_message(safe(desk.user_id), avatar=FACES["human"]):
            st.markdown(safe(text))
            st.caption("· not sent yet")
    for name, text in view.answers:
        with st.chat_message(safe(name), avatar=FACES["assistant"]):
            st.markdown(safe(text) + " ▌")
    if view.answers and st.button("■ Stop"):
        desk.stop()
    if view.typing:
        st.caption(safe(f"{', '.join(view.typing)}: writing…"))
    while desk.complaints:
        st.toast(safe(desk.complaints.pop(0)), icon="⚠️")


def show(item: Item) -> None:
    """Draw one thing that was said, or that happened."""
    if isinstance(item, Message):
        with st.chat_message(safe(item.sender["name"]), avatar=FACES[item.sender["type"]]):
            reactions = " ".join(f"{each} {len(who)}" for each, who in item.reactions.items())
            st.caption(safe(f"{item.sender['name']} {'· edited' if item.is_edited else ''}"))
            st.markdown("*deleted*" if item.is_deleted else safe(item.text))
            if reactions or item.finish_reason == "stopped":
                st.caption(
                    safe(f"{reactions} {'· stopped' if item.finish_reason == 'stopped' else ''}")
                )
    elif isinstance(item, Remnant):
        with st.chat_message(safe(item.participant), avatar=FACES["assistant"]):
            st.markdown(safe(item.text))
            st.caption("· stopped")
    elif isinstance(item, Call):
        verb = CALLS[item.state]
        st.caption(safe(f"{item.sender['name']} {verb} {item.tool}"))
        if not item.is_deleted:
            st.code(item.arguments, language="json")
    elif isinstance(item, Notice):
        st.caption(safe(f"{item.sender['name']}: {item.kind.replace('_', ' ')}"))


def people_of(view: View) -> str:
    """Return who belongs to a conversation; a dot marks who is there."""
    return ", ".join(
        f"{'● ' if each['id'] in view.present else ''}{FACES[each['type']]} {each['name']}"
        for each in view.info["members"]
    ) + ("" if view.is_online else " · offline, what you write is sent later")


def safe(text: str) -> str:
    """Return a stranger's text as Markdown that loads nothing: images become links.

    Streamlit shows no HTML in Markdown unless it is told to.
    """
    return text.replace("![", "!\u200b[")


main()
