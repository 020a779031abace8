"""Every key of the table. No other module spells one.

========================================= ================================ =====================
partition                                 sort key                         item
========================================= ================================ =====================
``C#<conversation>``                      ``META``                         conversation; its mark
``C#<conversation>``                      ``E#<seq>``                      event
``C#<conversation>``                      ``M#<user>``                     member (in ``by_user``)
``C#<conversation>``                      ``M#<user>#<connection>``        subscription
``C#<conversation>``                      ``R#<assistant>#<seq>``          run
``C#<conversation>``                      ``X#<run>#<fence>#<offset>``     chunk of a run's text
``C#<conversation>``                      ``D#<assistant>``                provider's memory
``C#<conversation>``                      ``K#<user>#<key>``               HTTP request done
``C#<conversation>``                      ``B#<user>``                     who was removed
``C#<conversation>``                      ``P#<user>``                     who left (in ``by_user``)
``C#<conversation>``                      ``S#<block>``                    block of the search index
``C#<conversation>``                      ``ACTIVITY``                     activity (in ``by_user``)
``N#<connection>``                        ``CONNECTION``                   connection
``U#<user>``                              ``N#<connection>``               entry (in ``by_user``)
``U#<user>``                              ``PLACES``                       places of connections
``U#<user>``                              ``K#<key>``                      creating request done
``U#<user>``                              ``RATE#<minute>``                messages in a minute
``U#<user>``                              ``Q#<day>``                      tokens of a day
``C#<conversation>``                      ``Q#<day>``                      tokens of a day
``A#<address>``                           ``RATE#<minute>``                connections in a minute
``T#<hash of ticket>``                    ``TICKET``                       ticket
``I#<hash of token>``                     ``INVITE``                       invitation
``L#<hash of token>``                     ``LINK``                         link to what is shared
``F#<user>``                              ``ORDER``                        who is to be forgotten
========================================= ================================ =====================

Seqs, fences and offsets are padded with zeros so that text order is their order. No user or
connection id contains ``#``. An operator's subscription lies where a member's would. Tickets,
invitations and traces of who left stand in ``by_user`` under ``P#<user>``, to be found with them.
"""

from wireside.domain.events import AssistantId, ConnectionId, ConversationId, RunId, UserId

type Key = dict[str, dict[str, str]]

BY_USER = "by_user"
ACTIVE = "ACTIVE"
"""Partition of the index in which all conversations stand by their last activity."""
DELETED = "DELETED"
"""Partition of the index in which marked conversations stand until they are all gone."""
FORGET = "FORGET"
"""Partition of the index in which orders to forget somebody stand until they are carried out."""
LIVE = "LIVE"
"""Where ``by_user`` has everybody's connections. No user's partition is called so."""
EVENT_PREFIX = "E#"
MEMBER_PREFIX = "M#"
SEARCH_PREFIX = "S#"
PROVIDER_MEMORY_PREFIX = "D#"
CONVERSATION_PREFIX = "C#"
CONVERSATION_SORT = "META"
"""Sorts right after all members and subscriptions: one query returns them with it."""
TICKET_PREFIX = "T#"
INVITE_PREFIX = "I#"
LINK_PREFIX = "L#"
SEQ_DIGITS = 12
LAST_SEQ = 10**SEQ_DIGITS - 1


def _key(partition: str, sort: str) -> Key:
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def conversation_partition(conversation_id: ConversationId) -> str:
    """Return the partition of everything in a conversation."""
    return f"C#{conversation_id}"


def conversation_of(partition: str) -> ConversationId:
    """Return whose partition this is."""
    return ConversationId(partition.removeprefix("C#"))


def user_partition(user_id: UserId) -> str:
    """Return the partition of everything of one user; also the index's partition."""
    return f"U#{user_id}"


def list_time(at_ms: int) -> str:
    """Return what the index's sort keys of that moment begin with."""
    return f"{at_ms:015d}"


def user_of(partition: str) -> UserId:
    """Return whose partition this is."""
    return UserId(partition.removeprefix("U#"))


def conversation(conversation_id: ConversationId) -> Key:
    """Return the key of the conversation item."""
    return _key(conversation_partition(conversation_id), CONVERSATION_SORT)


def event_sort(seq: int) -> str:
    """Return the sort key of an event."""
    return f"{EVENT_PREFIX}{seq:0{SEQ_DIGITS}d}"


def event(conversation_id: ConversationId, seq: int) -> Key:
    """Return the key of an event."""
    return _key(conversation_partition(conversation_id), event_sort(seq))


def ticket(ticket_id: str) -> Key:
    """Return the key of a ticket."""
    return _key(f"{TICKET_PREFIX}{ticket_id}", "TICKET")


def ticket_of(partition: str) -> str:
    """Return which ticket's partition this is."""
    return partition.removeprefix(TICKET_PREFIX)


def invite(invite_id: str) -> Key:
    """Return the key of an invitation."""
    return _key(f"{INVITE_PREFIX}{invite_id}", "INVITE")


def invite_of(partition: str) -> str:
    """Return which invitation's partition this is."""
    return partition.removeprefix(INVITE_PREFIX)


def link(link_id: str) -> Key:
    """Return the key of a link to what is shared."""
    return _key(f"{LINK_PREFIX}{link_id}", "LINK")


def link_of(partition: str) -> str:
    """Return which link's partition this is."""
    return partition.removeprefix(LINK_PREFIX)


def member(conversation_id: ConversationId, user_id: UserId) -> Key:
    """Return the key of a member."""
    return _key(conversation_partition(conversation_id), f"{MEMBER_PREFIX}{user_id}")


def bar(conversation_id: ConversationId, user_id: UserId) -> Key:
    """Return the key of what keeps a removed person from joining by an invitation."""
    return _key(conversation_partition(conversation_id), f"B#{user_id}")


def trace(conversation_id: ConversationId, user_id: UserId) -> Key:
    """Return the key of what tells that somebody was here."""
    return _key(conversation_partition(conversation_id), person_partition(user_id))


def person_partition(user_id: UserId) -> str:
    """Return the index's partition of what is of somebody and in nobody's list."""
    return f"P#{user_id}"


def of_person(user_id: UserId, prefix: str, name: str) -> dict[str, str]:
    """Return the attributes by which an item stands in that partition."""
    return {"user_pk": person_partition(user_id), "user_sk": f"{prefix}{name}"}


def order(user_id: UserId) -> Key:
    """Return the key of an order to forget somebody."""
    return _key(f"F#{user_id}", "ORDER")


def order_sort(user_id: UserId, at_ms: int) -> str:
    """Return an order's place among those that wait, since then."""
    return f"{list_time(at_ms)}#{user_id}"


def order_of(partition: str) -> UserId:
    """Return whom this partition's order is about."""
    return UserId(partition.removeprefix("F#"))


def search_sort(block: int) -> str:
    """Return the sort key of a block of the search index."""
    return f"{SEARCH_PREFIX}{block:0{SEQ_DIGITS}d}"


def search_block(conversation_id: ConversationId, block: int) -> Key:
    """Return the key of a block of the search index."""
    return _key(conversation_partition(conversation_id), search_sort(block))


def subscription(
    conversation_id: ConversationId, user_id: UserId, connection_id: ConnectionId
) -> Key:
    """Return the key of a subscription: beneath its member."""
    sort = f"{MEMBER_PREFIX}{user_id}#{connection_id}"
    return _key(conversation_partition(conversation_id), sort)


def run_sort(assistant_id: AssistantId, first_seq: int) -> str:
    """Return the sort key of a run."""
    return f"R#{assistant_id}#{first_seq:0{SEQ_DIGITS}d}"


def run(conversation_id: ConversationId, assistant_id: AssistantId, first_seq: int) -> Key:
    """Return the key of a run."""
    return _key(conversation_partition(conversation_id), run_sort(assistant_id, first_seq))


def provider_memory(conversation_id: ConversationId, assistant_id: AssistantId) -> Key:
    """Return the key of what an assistant's provider wants to know again."""
    return _key(conversation_partition(conversation_id), f"{PROVIDER_MEMORY_PREFIX}{assistant_id}")


def chunks_prefix(run_id: RunId) -> str:
    """Return what the sort keys of a run's chunks begin with."""
    return f"X#{run_id}#"


def chunk_prefix(run_id: RunId, fence: int) -> str:
    """Return what the sort keys of one attempt's chunks begin with."""
    return f"{chunks_prefix(run_id)}{fence:06d}#"


def chunk(conversation_id: ConversationId, run_id: RunId, fence: int, offset: int) -> Key:
    """Return the key of a chunk."""
    sort = f"{chunk_prefix(run_id, fence)}{offset:09d}"
    return _key(conversation_partition(conversation_id), sort)


def request(conversation_id: ConversationId | None, user_id: UserId, key: str) -> Key:
    """Return the key of a request that was carried out, in a conversation or to create one."""
    if conversation_id is None:
        return _key(user_partition(user_id), f"K#{key}")
    return _key(conversation_partition(conversation_id), f"K#{user_id}#{key}")


def activity(conversation_id: ConversationId) -> Key:
    """Return the key of the activity marker."""
    return _key(conversation_partition(conversation_id), "ACTIVITY")


def connection(connection_id: ConnectionId) -> Key:
    """Return the key of a connection."""
    return _key(f"N#{connection_id}", "CONNECTION")


def user_connection(user_id: UserId, connection_id: ConnectionId) -> Key:
    """Return the key of a connection beneath its user."""
    return _key(user_partition(user_id), f"N#{connection_id}")


def live_sort(connection_id: ConnectionId, connected_at_ms: int) -> str:
    """Return a connection's sort key in ``by_user``: time, then connection."""
    return f"{connected_at_ms:015d}#{connection_id}"


def places(user_id: UserId) -> Key:
    """Return the key of the places that a user's connections take."""
    return _key(user_partition(user_id), "PLACES")


def address_rate(address: str, minute: int) -> Key:
    """Return the key of an address's count of connections in one minute since the epoch."""
    return _key(f"A#{address}", f"RATE#{minute}")


def rate(user_id: UserId, minute: int) -> Key:
    """Return the key of a user's message count in one minute since the epoch."""
    return _key(user_partition(user_id), f"RATE#{minute}")


def user_quota(user_id: UserId, day: int) -> Key:
    """Return the key of what a user has used in one day since the epoch."""
    return _key(user_partition(user_id), f"Q#{day}")


def outlives_order(sort: str, day: int) -> bool:
    """Whether what lies there beneath a user stays when they are forgotten, and goes by itself.

    Their connections end otherwise. What they have used up today they have used up still.
    """
    return not sort.startswith(("K#", "Q#")) or sort == f"Q#{day}"


def requests_prefix(user_id: UserId) -> str:
    """Return what the sort keys of a user's requests in a conversation begin with."""
    return f"K#{user_id}#"


def conversation_quota(conversation_id: ConversationId, day: int) -> Key:
    """Return the key of what was used in a conversation in one day since the epoch."""
    return _key(conversation_partition(conversation_id), f"Q#{day}")
