"""Calling tools in the middle of an answer.

Every call is an event before it is carried out, and its result is one before the model reads it:
whoever succeeds a worker that died finds both in the log. A call that has a result there is never
carried out again; one that has none may be, for nobody knows how far it came.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from wireside import wire
from wireside.domain.bodies import ToolCalled, ToolResult
from wireside.domain.context import BYTES_PER_TOKEN, CUT_MARK
from wireside.domain.conversation import Assistant
from wireside.domain.errors import ToolRefused
from wireside.domain.events import Body, Draft, Event, Kind, RunId
from wireside.domain.tools import (
    MAX_ARGUMENTS_BYTES,
    MAX_CALLS,
    MAX_RESULT_BYTES,
    MAX_ROUNDS,
    SHARE,
    Round,
    ToolSpec,
    ToolUse,
    calls_of,
    json_bytes,
    needs_approval,
    results_of,
    tool_name,
    use_of,
)
from wireside.ports import Clock, Journal, Log, Tool, Toolbox, ToolCall
from wireside.services.delivery import Delivery
from wireside.services.entering import enter
from wireside.services.outcomes import Turn
from wireside.services.rooms import LogRoom
from wireside.services.streams import Stream

PAGE = 300
MAX_NAME = 64
NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
LEAST_ROOM_BYTES = 256
"""With less than that left, a result could say nothing."""
DECLINED = "A person of this conversation has declined this call."
DELETED = "This call was deleted before it was carried out."
UNKNOWN_TOOL = "There is no such tool."
NO_JSON = "The arguments are no JSON object."
TOO_LONG = f"The arguments have more than {MAX_ARGUMENTS_BYTES} bytes."
MAX_EXACT = 2**53 - 1
"""A page reads greater integers as others: people would approve what they do not see.

Source: https://www.rfc-editor.org/rfc/rfc7493#section-2.2
"""
INEXACT = f"An integer beyond {MAX_EXACT} has to be a string."
NO_ROOM = "There is no room for more results. Answer with what there is."
TOO_LATE = "The tool took too long."
FAILED = "The tool failed."
EMPTY = "(nothing)"


@dataclass(slots=True)
class Calls:
    """The calls of one turn: what is done, what is still to do, and what waits for people."""

    tools: Mapping[str, Tool] = field(default_factory=dict)
    room_bytes: int = 0
    rounds: list[Round] = field(default_factory=list)
    open: list[Event] = field(default_factory=list)
    waiting: list[Event] = field(default_factory=list)
    asked: int = 0
    count: int = 0

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What the model is told of its tools."""
        return tuple(each.spec for each in self.tools.values())

    @property
    def may_call(self) -> bool:
        """Whether the model may call more."""
        return self.asked < MAX_ROUNDS and self.count < MAX_CALLS and self.left_bytes > 0

    @property
    def left_bytes(self) -> int:
        """What further calls and results may take."""
        used = sum(use.size_bytes for each in self.rounds for use in each.uses)
        kept = sum(use_of(each, "").size_bytes + LEAST_ROOM_BYTES for each in self.open)
        return self.room_bytes - used - kept - LEAST_ROOM_BYTES

    @property
    def tokens(self) -> int:
        """About what tools, calls and results take of what the model reads."""
        size = sum(each.size_bytes for each in self.specs)
        size += sum(each.size_bytes for each in self.rounds)
        return -(-size // BYTES_PER_TOKEN)

    def begin_again(self) -> None:
        """Forget what was said before calls: the answer's text starts again."""
        self.rounds = [replace(each, text="") for each in self.rounds if each.uses]

    def refuse(self, name: str, why: str) -> None:
        """Note what the model reads in place of a result."""
        use = ToolUse(f"x{self.count:08d}", name, {}, why)
        self.rounds[-1] = self.rounds[-1].with_use(use)

    def fitted(self, result: str) -> str:
        """Return as much of a result as there is room for."""
        clean = result.encode("utf-8", "replace").decode() if result.strip() else EMPTY
        at_most = LEAST_ROOM_BYTES + max(0, self.left_bytes)
        at_most = min(MAX_RESULT_BYTES, at_most)
        fitting = wire.head(clean, at_most)
        return fitting if fitting == clean else fitting + CUT_MARK

    def done(self, call: Event, result: str) -> None:
        """Note a result, in the round of its call."""
        if not self.rounds:
            self.rounds.append(Round(""))
        self.rounds[-1] = self.rounds[-1].with_use(use_of(call, result))


@dataclass(frozen=True, slots=True)
class Calling:
    """Carries out what models call."""

    log: Log
    delivery: Delivery
    clock: Clock
    journal: Journal
    toolbox: Toolbox

    def prepare(self, assistant: Assistant) -> Mapping[str, Tool]:
        """Return the assistant's tools; what they need is imported and looked at now."""
        tools = self.toolbox.of(assistant)
        for each in tools.values():
            _ = each.spec
        return tools

    async def begin(self, turn: Turn, events: Sequence[Event]) -> Calls:
        """Return what was called before: for this turn, or for the one that it goes on with.

        ``events`` are those up to the turn's end that are read anyway.
        """
        tools = self.prepare(turn.assistant)
        share = turn.assistant.context_tokens * BYTES_PER_TOKEN // SHARE
        calls = Calls(tools, share)
        later = await self._since(turn) if turn.run.fence > 1 else []
        if turn.decides is not None:
            await self._decided(calls, turn, [*events, *later])
        own = calls_of(later, {turn.run.id})
        calls.count += len(own)
        _resume(calls, own, results_of(later))
        return calls

    async def _decided(self, calls: Calls, turn: Turn, events: Sequence[Event]) -> None:
        """Go on where the run was that had to wait: with its results, and the call decided on."""
        call = await self.log.read(turn.place.conversation_id, turn.decides or 0)
        if call is None:
            return
        results = results_of(events)
        run_id = RunId(str(call.body.get("run_id")))
        others = [each for each in calls_of(events, {run_id}) if each.seq != call.seq]
        _resume(calls, [each for each in others if each.seq in results], results)
        _resume(calls, [call], results)

    async def _since(self, turn: Turn) -> list[Event]:
        """Return all that came after the turn: among it is what its run has written."""
        found: list[Event] = []
        seq = turn.through_seq
        while events := await self.log.after(turn.place.conversation_id, seq, limit=PAGE):
            found += events
            seq = events[-1].seq
        return found

    async def note(self, calls: Calls, stream: Stream, called: Sequence[ToolCall]) -> None:
        """Write into the log what the model has called, as far as it may.

        What cannot be called so is answered at once, and enters no log.
        """
        calls.asked += 1
        calls.rounds.append(Round(stream.take_round()))
        for each in called[: max(0, MAX_CALLS - calls.count)]:
            calls.count += 1
            try:
                arguments = self._accepted(calls, stream.turn, each)
            except ToolRefused as refused:
                calls.refuse(_shown(each.name), str(refused))
                continue
            body: ToolCalled = {
                "run_id": stream.turn.run.id,
                "tool": each.name,
                "arguments": arguments,
                "approved": not calls.tools[each.name].spec.needs_approval,
            }
            if (event := await self._write(stream, Kind.TOOL_CALLED, body)) is None:
                return
            calls.open.append(event)

    def _accepted(self, calls: Calls, turn: Turn, call: ToolCall) -> dict[str, object]:
        """Return the arguments of a call that can be carried out.

        Raises: ToolRefused, also where the tool itself fails to look at them.
        """
        tool, arguments = _wanted(calls, call)
        try:
            tool.check(arguments)
        except ToolRefused:
            raise
        except Exception as error:
            self._note_failure(turn, call.name, error)
            raise ToolRefused(FAILED) from error
        return arguments

    async def carry_out(self, calls: Calls, stream: Stream) -> None:
        """Carry out what is open, one after the other; what needs approval waits."""
        while calls.open and not stream.is_over:
            call = calls.open[0]
            if needs_approval(call) and call.seq != stream.turn.decides:
                calls.waiting.append(call)
            else:
                await self._settle(calls, stream, call)
            calls.open.pop(0)

    async def _settle(self, calls: Calls, stream: Stream, call: Event) -> None:
        said = await stream.meanwhile(self._result(calls, stream.turn, call))
        if said is None:
            return
        body: ToolResult = {
            "run_id": stream.turn.run.id,
            "tool": tool_name(call),
            "target_seq": call.seq,
            "result": calls.fitted(said),
        }
        if await self._write(stream, Kind.TOOL_RESULT, body) is not None:
            calls.done(call, body["result"])

    async def _result(self, calls: Calls, turn: Turn, call: Event) -> str:
        """Return what a call leads to; nothing that goes wrong goes further than this."""
        if (barred := _barred(turn, call)) is not None:
            return barred
        tool = calls.tools.get(tool_name(call))
        arguments = call.body.get("arguments")
        if tool is None or not isinstance(arguments, dict):
            return UNKNOWN_TOOL
        room = LogRoom(self.log, turn.place.conversation_id, turn.through_seq)
        try:
            async with asyncio.timeout(tool.spec.seconds):
                return await tool.call(arguments, room)
        except ToolRefused as refused:
            return str(refused)
        except TimeoutError as error:
            self._note_failure(turn, tool_name(call), error)
            return TOO_LATE
        except Exception as error:  # noqa: BLE001 - the boundary to tools
            self._note_failure(turn, tool_name(call), error)
            return FAILED

    def _note_failure(self, turn: Turn, name: str, error: Exception) -> None:
        self.journal.failed(
            "tool failed",
            error,
            conversation_id=turn.place.conversation_id,
            run_id=turn.run.id,
            assistant=turn.assistant.name,
            tool=name,
        )

    async def _write(self, stream: Stream, kind: Kind, body: Body) -> Event | None:
        """Write an event and tell everybody; ``None``: the run is another's, or silenced."""
        turn = stream.turn
        draft = Draft(kind, turn.assistant.participant, body)
        conversation_id = turn.place.conversation_id
        event = await enter(self.log, self.clock, conversation_id, draft, turn.hold())
        if event is None:
            stream.lost = True
        else:
            frame = wire.event_frame(turn.place, event)
            await self.delivery.tell_all(conversation_id, frame)
        return event


def _barred(turn: Turn, call: Event) -> str | None:
    """Return why a call must not be carried out, if it must not."""
    if call.is_deleted:
        return DELETED
    return DECLINED if call.seq == turn.decides and not turn.approved else None


def _resume(calls: Calls, found: Sequence[Event], results: Mapping[int, str]) -> None:
    """Note calls that were made before: done where they have results, still to do elsewhere."""
    for call in found:
        if call.seq in results:
            calls.rounds.append(Round(""))
            calls.done(call, results[call.seq])
        else:
            calls.open.append(call)


def _wanted(calls: Calls, call: ToolCall) -> tuple[Tool, dict[str, object]]:
    """Return the tool that is called and its arguments, which nobody has looked at yet.

    Raises: ToolRefused.
    """
    tool = calls.tools.get(call.name)
    if tool is None:
        raise ToolRefused(UNKNOWN_TOOL)
    arguments = _arguments(call.arguments)
    if json_bytes(arguments) > calls.left_bytes:
        raise ToolRefused(NO_ROOM)
    return tool, arguments


def _arguments(text: str) -> dict[str, object]:
    """Return the arguments that a model wrote.

    Raises: ToolRefused for what is no JSON object, too long, or cannot be stored or shown so.
    """
    if len(text) > MAX_ARGUMENTS_BYTES:
        raise ToolRefused(TOO_LONG)
    try:
        parsed = json.loads(text or "{}", parse_int=_exact)
        stored = json.dumps(parsed, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise ToolRefused(NO_JSON) from error
    if not isinstance(parsed, dict):
        raise ToolRefused(NO_JSON)
    if len(stored) > MAX_ARGUMENTS_BYTES:
        raise ToolRefused(TOO_LONG)
    return parsed


def _exact(digits: str) -> int:
    number = int(digits)
    if abs(number) > MAX_EXACT:
        raise ToolRefused(INEXACT)
    return number


def _shown(name: str) -> str:
    """Return a name that every provider takes back."""
    return "".join(each for each in name if each in NAME_CHARACTERS)[:MAX_NAME] or "unknown"
