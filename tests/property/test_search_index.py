"""Whatever happened, in whatever order it is told: the index is the log's, and searches are right."""

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import ROOM, World, member, user
from wireside.domain.events import Event, Kind, UserId
from wireside.domain.searches import BLOCK_EVENTS, block_of, query, signature, texts_of
from wireside.services.indexing import StoredEvent

WORDS = ("soup", "stew", "salad", "スープ", "Straße")
ANA, BEN = UserId("ana"), UserId("ben")

deeds = st.lists(
    st.tuples(
        st.sampled_from(["send", "send", "edit", "delete", "leave", "join", "told"]),
        st.sampled_from(WORDS),
        st.integers(1, 12),
    ),
    max_size=25,
)


async def carry_out(world: World, deeds: Sequence[tuple[str, str, int]], start: int) -> None:
    """Do what is possible of it, and let the stream tell of some of it, late or twice."""
    for index, (deed, word, target) in enumerate(deeds):
        about = {"conversation_id": ROOM, "client_id": f"c{index}", "after_seq": len(world.log)}
        if deed in {"send", "edit", "delete"}:
            fields = {} if deed == "delete" else {"text": f"{word} {index}"}
            aimed = {} if deed == "send" else {"target_seq": start + target}
            await world.say("ana", {"action": deed, **about, **fields, **aimed})
        elif deed == "told":
            await tell(world, world.log[-target:])
        elif deed == "leave":
            world.store.members.pop((ROOM, BEN), None)
        else:
            world.store.members[ROOM, BEN] = member("ben")


async def tell(world: World, events: Sequence[Event]) -> None:
    """Let the stream tell of events: of each as it was new."""
    await world.app.following.take([StoredEvent(ROOM, each, is_new=True) for each in events])


def read(log: Sequence[Event]) -> dict[int, str]:
    """Return the messages as people read them."""
    texts: dict[int, str] = {}
    for each in log:
        target = each.body.get("target_seq")
        if each.kind is Kind.MESSAGE:
            texts[each.seq] = each.text
        elif each.kind is Kind.EDITED and isinstance(target, int) and texts.get(target):
            texts[target] = each.text
        elif each.kind is Kind.DELETED and isinstance(target, int):
            texts[target] = ""
    return texts


@settings(max_examples=60, deadline=None)
@given(deeds, st.randoms(use_true_random=False), st.sampled_from([0, BLOCK_EVENTS - 3]))
def test_the_index_is_what_the_log_says_after_any_history(
    history: Sequence[tuple[str, str, int]], chance: "object", start: int
) -> None:
    async def story() -> None:
        world = World().room()
        world.wrote(start, text="before")
        world.store.active_at |= {(ANA, ROOM): 0, (BEN, ROOM): 0}
        await world.enter("ana")
        await carry_out(world, history, start)
        untold = [*world.log, *world.log[-4:]]
        chance.shuffle(untold)  # type: ignore[attr-defined]
        await tell(world, untold)

        for (_, block), (kept, _) in world.store.signatures.items():
            events = [each for each in world.log if block_of(each.seq) == block]
            texts = [text for each in events for text in texts_of(each)]
            assert kept.bits == signature(block, texts, is_full=False).bits
        for word in WORDS:
            expected = [
                seq
                for seq, text in read(world.log).items()
                if text and query(f"{word} ").place(text) is not None
            ]
            is_member = (ROOM, BEN) in world.store.members
            for name, right in (("ana", expected), ("ben", expected if is_member else [])):
                items, complete = await world.app.searching.search(
                    user(name), f"{word} ", limit=100
                )
                assert complete
                assert sorted(each["seq"] for each in items) == right

    asyncio.run(story())
