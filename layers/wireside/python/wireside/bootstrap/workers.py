"""What nobody waits for: the assistants' turns, and what the schedule does."""

from functools import cache
from typing import TYPE_CHECKING

from wireside.adapters.system import RandomIds, SystemClock
from wireside.bootstrap.presence import delivery, sessions
from wireside.bootstrap.process import jobs, lines, queue, secrets, settings, store

if TYPE_CHECKING:
    from wireside.bootstrap.store import Store
    from wireside.ports import JobQueue, Journal, Toolbox
    from wireside.services.deletion import Deletion
    from wireside.services.delivery import Delivery
    from wireside.services.forgetting import Forgetting
    from wireside.services.runs import Answers, RunService
    from wireside.services.sweeping import Sweeping
    from wireside.services.turns import Turns


@cache
def runs() -> "RunService":
    """Return the worker of the assistants' turns: it alone pays for providers and their client.

    Its calls on the table are made in threads, so that none of them holds up a stream.
    """
    from aws_lambda_powertools import Logger

    from wireside.adapters.journal import LogJournal
    from wireside.adapters.llm.keys import Keys
    from wireside.adapters.llm.registry import ConfiguredProviders
    from wireside.services.answers import Answering
    from wireside.services.calling import Calling
    from wireside.services.charging import Charging

    aside = store().in_threads()
    told = delivery(aside)
    journal = LogJournal(Logger())
    keys = Keys(secrets().read, secrets().forget)
    answering = Answering(
        log=aside.log,
        runs=aside.runs,
        jobs=jobs(),
        delivery=told,
        providers=ConfiguredProviders(settings().assistants, keys, aside.provider_memory),
        clock=SystemClock(),
        journal=journal,
        calling=Calling(aside.log, told, SystemClock(), journal, _toolbox()),
        charging=Charging(aside.ledger, settings().quotas, SystemClock()),
    )
    return _worker(aside, told, jobs(), answering)


def _toolbox() -> "Toolbox":
    """Return the assistants' tools; those of the operator's own have to be there from the start."""
    from wireside.tools.toolbox import Toolbox, check

    toolbox = Toolbox()
    check(toolbox, settings().assistants)
    return toolbox


@cache
def dead_letters() -> "RunService":
    """Return what settles the jobs that no worker could: it asks no provider."""
    from wireside.services.dead_letters import GivingUp

    letters = queue(settings().dead_letter_queue_url)
    return _worker(store(), delivery(store()), letters, GivingUp())


def _worker(
    store: "Store", told: "Delivery", jobs: "JobQueue", answering: "Answers"
) -> "RunService":
    from wireside.services.runs import RunService

    return RunService(
        conversations=store.conversations,
        runs=store.runs,
        turns=turns(store, told),
        jobs=jobs,
        assistants=settings().assistants,
        clock=SystemClock(),
        answering=answering,
    )


def turns(store: "Store", told: "Delivery") -> "Turns":
    """Return which turns are owed, and how they are settled."""
    from wireside.adapters.metrics import LazyMeter
    from wireside.services.turns import Turns

    return Turns(
        log=store.log,
        runs=store.runs,
        delivery=told,
        clock=SystemClock(),
        ids=RandomIds(),
        generation=settings().generation,
        meter=LazyMeter(),
    )


@cache
def sweeping() -> "Sweeping":
    """Return what the schedule does."""
    from aws_lambda_powertools import Logger

    from wireside.adapters.journal import LogJournal
    from wireside.services.deletion import Deletion
    from wireside.services.sweeping import Sweeping

    talk, clock, housekeeping = sessions(), SystemClock(), store().housekeeping
    deletion = Deletion(talk.conversations, talk.connections, housekeeping, clock)
    journal = LogJournal(Logger())
    return Sweeping(
        conversations=talk.conversations,
        housekeeping=housekeeping,
        log=talk.log,
        runs=store().runs,
        jobs=jobs(),
        deletion=deletion,
        attendance=talk.attendance,
        forgetting=_forgetting(deletion, journal),
        clock=clock,
        journal=journal,
        retention_days=settings().retention_days,
    )


def _forgetting(deletion: "Deletion", journal: "Journal") -> "Forgetting":
    """Return what forgets people. It tells everybody of a conversation by itself, however many."""
    from wireside.services.changing import Changing
    from wireside.services.delivery import Delivery
    from wireside.services.forgetting import Forgetting

    talk, parts, clock = sessions(), store(), SystemClock()
    told = Delivery(talk.conversations, talk.connections, lines(), clock)
    return Forgetting(
        orders=parts.orders,
        traces=parts.traces,
        conversations=talk.conversations,
        connections=talk.connections,
        log=talk.log,
        links=parts.links,
        changing=Changing(talk.conversations, talk.log, told, clock, settings().generation),
        deletion=deletion,
        attendance=talk.attendance,
        clock=clock,
        journal=journal,
    )
