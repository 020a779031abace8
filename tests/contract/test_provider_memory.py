"""What every store of the providers' memory promises."""

from tests.builders import DEMO, ROOM, SECOND
from tests.contract.stores import Stores, make_room, run
from wireside.adapters.memory.wire import START_MS
from wireside.domain.events import ConversationId


def test_what_is_kept_last_is_read_and_every_assistant_has_its_own(stores: Stores) -> None:
    async def story() -> None:
        memory, other = stores.provider_memory, ConversationId("other")
        nothing = await memory.read(ROOM, DEMO.id)

        await memory.keep(ROOM, DEMO.id, "first")
        await memory.keep(ROOM, DEMO.id, "second")
        await memory.keep(ROOM, SECOND.id, "another's")

        assert nothing is None
        assert await memory.read(ROOM, DEMO.id) == "second"
        assert await memory.read(ROOM, SECOND.id) == "another's"
        assert await memory.read(other, DEMO.id) is None

    run(story())


def test_it_goes_with_its_conversation(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await stores.provider_memory.keep(ROOM, DEMO.id, "kept")
        await stores.housekeeping.mark_deleted(ROOM, None, now_ms=START_MS)

        await stores.housekeeping.purge(ROOM, before_ms=START_MS + 1, at_most=1_000)

        assert await stores.provider_memory.read(ROOM, DEMO.id) is None

    run(story())
