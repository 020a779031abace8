"""What this deployment does not do, or only so far: from its settings and the code's constants."""

from collections.abc import Collection, Iterator

from wireside import wire
from wireside.domain import invites
from wireside.domain.changes import MAX_EDITS
from wireside.pages import Limitation
from wireside.protocol import ACTIONS, MAX_FRAME_BYTES, MAX_TEXT_CODE_POINTS
from wireside.services import exports, log, presence, sessions, writes
from wireside.services.activity import ACTIVITY_EVERY_MS
from wireside.settings import CENT, Settings

BACKUP_DAYS = 35
LIST_LAG_SECONDS = 60
DAY_SECONDS = 24 * 60 * 60


def limitations(known: Settings, paths: Collection[str]) -> list[Limitation]:
    """Return all of them; ``paths`` are the routes that are answered."""
    return [
        *_sizes(),
        *_people(known),
        *_quotas(known),
        *_keeping(known),
        *_promises(known),
        *_not_offered(paths),
        *_assistants(known),
    ]


def _sizes() -> Iterator[Limitation]:
    yield _limit(
        "frame_bytes", MAX_FRAME_BYTES, "A frame that a client sends has at most {} bytes."
    )
    yield _limit(
        "event_bytes",
        wire.MAX_FRAME_BYTES,
        "A text that makes an event larger than {} bytes is cut in frames; it is whole over HTTP.",
    )
    yield _limit("text_code_points", MAX_TEXT_CODE_POINTS, "A message has at most {} code points.")
    yield _limit("edits", MAX_EDITS, "A message is edited at most {} times.")
    yield _limit(
        "open_conversations",
        sessions.MAX_OPEN,
        "One connection has at most {} conversations open.",
    )
    yield _limit(
        "events_behind", log.MAX_BEHIND, "Who is more than {} events behind reloads over HTTP."
    )
    yield _limit(
        "export_events",
        exports.MAX_EVENTS,
        "An export comes in pages of at most {} events, fewer where they are long.",
    )


def _people(known: Settings) -> Iterator[Limitation]:
    yield _limit("participants", known.max_participants, "A conversation has at most {} people.")
    yield _limit(
        "presence_listeners",
        presence.CROWD,
        "Above {} connections in a conversation neither typing nor presence is told.",
    )
    yield _limit(
        "connections_per_user",
        known.connections_per_user,
        "A person has at most {} connections at once.",
        none="A person has any number of connections at once.",
    )
    yield _limit(
        "connects_per_minute",
        known.connects_per_minute,
        "An address makes at most {} new connections a minute.",
        none="An address makes any number of new connections a minute.",
    )
    yield _limit(
        "connection_seconds",
        known.connection_seconds,
        "A connection lives for {} seconds; clients change to a new one before.",
    )
    yield _limit(
        "messages_per_minute",
        known.messages_per_minute,
        "A person writes at most {} times a minute.",
    )
    yield _limit(
        "unanswered_messages",
        writes.MAX_UNANSWERED,
        "A person has at most {} messages waiting for assistants in a conversation.",
    )


def _quotas(known: Settings) -> Iterator[Limitation]:
    for whose, words in (("user", "A person"), ("conversation", "A conversation")):
        quota = getattr(known.quotas, whose)
        yield _limit(
            f"{whose}_tokens_per_day",
            quota.tokens,
            f"{words} uses at most {{}} tokens of models a day.",
            none=f"{words} uses any number of tokens of models a day.",
        )
        yield _limit(
            f"{whose}_cents_per_day",
            quota.nano_dollars // CENT,
            f"{words} costs at most {{}} cents a day, as far as prices are configured.",
            none=f"{words} may cost anything a day.",
        )


def _keeping(known: Settings) -> Iterator[Limitation]:
    yield _limit(
        "retention_days",
        known.retention_days,
        "A conversation without activity is deleted after {} days.",
        none="Conversations are kept until somebody deletes them.",
    )
    yield _limit(
        "backup_days", BACKUP_DAYS, "Backups of the store hold what was deleted for {} days more."
    )
    yield _fact(
        "forgotten",
        "What somebody wrote goes when they delete their data; their id stays, and so does what "
        "others and assistants wrote.",
    )
    yield _limit(
        "invitation_days",
        invites.LIFE_SECONDS // DAY_SECONDS,
        "An invitation lets people in for {} days and cannot be withdrawn; a shared link does not "
        "run out and can.",
    )
    yield _limit(
        "repeat_hours", 24, "A repeated request is known by its Idempotency-Key for {} hours."
    )


def _promises(known: Settings) -> Iterator[Limitation]:
    yield _limit(
        "list_lag_seconds", LIST_LAG_SECONDS, "The list of conversations may lag by {} seconds."
    )
    yield _limit(
        "activity_seconds",
        ACTIVITY_EVERY_MS // 1_000,
        "Activity of a conversation that is not open is told once in {} seconds.",
    )
    yield _limit(
        "silence_seconds",
        presence.STALE_MS // 1_000,
        "Somebody who vanished without a word is seen as present for up to {} seconds.",
    )
    yield _fact(
        "at_least_once",
        "Events arrive at least once, in order of their seq; clients show each seq once. A stopped "
        "or failed answer may have been paid for.",
    )
    yield _fact(
        "region",
        f"Everything is in one region, {known.region}. While it does not answer, nothing does.",
    )
    yield _fact(
        "epoch",
        f"This is generation {known.generation} of the log. After a restore from a backup it is "
        "another one: clients reload, and what was written since the backup is lost.",
    )
    yield _fact(
        "encryption",
        "Texts are encrypted in transit and at rest, not from end to end: the service and the "
        "providers of the assistants read them.",
    )
    yield _fact(
        "costs",
        "Nothing costs by the hour. Each request, message and answer costs what AWS and the "
        "providers of models take for it.",
    )


NOT_OFFERED = (
    (
        "files",
        "/v1/files/{file_id}",
        "There are no files, no voice messages and no spoken answers.",
    ),
    ("search", "/v1/search", "There is no search."),
    (
        "admin",
        "/v1/admin/metrics",
        "Operators have no lists, numbers and audit beside the events of the log.",
    ),
)
"""What the protocol has and this version does not: name, a route that it would have, and words."""


def _not_offered(paths: Collection[str]) -> Iterator[Limitation]:
    for name, path, words in NOT_OFFERED:
        if path not in paths:
            yield _fact(f"no_{name}", words)
    if "/v1/search" in paths:
        yield _fact(
            "search",
            "A search looks through so much and no more; it says so where there was more "
            "(complete: false).",
        )
    if "help" not in ACTIONS:
        yield _fact("no_help", "People cannot ask for help; operators find them by themselves.")


def _assistants(known: Settings) -> Iterator[Limitation]:
    if all(each.provider == "demo" for each in known.assistants):
        yield _fact("demo", "The assistant is a demo: it repeats what it was asked.")
    unpriced = [
        each.name for each in known.assistants if each.prices is None and each.provider != "demo"
    ]
    if unpriced:
        yield _fact("unpriced", f"Nobody knows what answers cost of: {', '.join(unpriced)}.")


def _limit(name: str, value: int, words: str, *, none: str = "") -> Limitation:
    """Return a limit; ``none`` says what holds where it is set to 0."""
    return {"id": name, "text": words.format(f"{value:,}") if value else none, "value": value}


def _fact(name: str, words: str) -> Limitation:
    return {"id": name, "text": words}
