"""Starts everything in order, and ends it in the reverse one."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

from local.account import Account, account, origins
from local.assistants import AssistantsWrongError, check, line
from local.aws import Aws
from local.console import say
from local.emulator import Emulator
from local.gateway import Gateway
from local.http_api import HttpApi
from local.intrinsics import TemplateError
from local.invoke import Invoke
from local.model import Function
from local.options import OptionError, Options
from local.page import Page
from local.place import Place
from local.port import PortTakenError, application, listen, refuse_taken
from local.reload import watch
from local.runtime import Pool
from local.sources import sources
from local.stack import Stack
from local.tokens import SecretError


@asynccontextmanager
async def running(options: Options) -> AsyncIterator[Emulator]:
    """Run the whole system; it is ready inside the context, which has what it cannot do without.

    Raises: OptionError, PortTakenError, SecretError, TemplateError, AssistantsWrongError.
    """
    await refuse_taken(options.port)
    async with AsyncExitStack() as ending:
        made = await account(options, ending)
        pools = _pools(made, options, ending)
        await _warm(made, pools)
        await _follow(made, pools, options, ending)
        await _open(made, pools, options, ending)
        if entries := made.stack.parameters.get("Assistants"):
            say(line(entries))
        yield made.emulator


def _pools(account: Account, options: Options, ending: AsyncExitStack) -> dict[str, Pool]:
    pools = {
        name: Pool(_with_emulator(function, account.emulator), account.place, options.workers)
        for name, function in account.stack.functions.items()
    }
    for pool in pools.values():
        ending.push_async_callback(pool.stop)
    return pools


def _called_by_sources(stack: Stack) -> set[str]:
    """Return the functions that nobody waits for."""
    mapped = {each.function for each in stack.mappings}
    return mapped | {each.function for each in stack.schedules} | stack.called_and_forgotten


async def _warm(account: Account, pools: Mapping[str, Pool]) -> None:
    """Have one worker ready of each function that somebody waits for."""
    aside = _called_by_sources(account.stack)
    await asyncio.gather(
        _check_assistants(account.stack, account.place),
        *(pool.warm() for name, pool in pools.items() if name not in aside),
    )


async def _follow(
    account: Account, pools: Mapping[str, Pool], options: Options, ending: AsyncExitStack
) -> None:
    """Start the event sources and what watches the source code."""
    stack = account.stack
    aws = Aws(account.emulator.url)
    ending.push_async_callback(aws.close)
    found = sources(stack, account.emulator, aws, pools, options.schedule_seconds)
    followers = [asyncio.create_task(each.run()) for each in found]
    followers.append(asyncio.create_task(watch(stack, pools, say)))
    followers += [asyncio.create_task(pools[each].warm()) for each in _called_by_sources(stack)]
    ending.push_async_callback(_cancel, followers)


async def _open(
    account: Account, pools: Mapping[str, Pool], options: Options, ending: AsyncExitStack
) -> None:
    """Open the port: WebSockets, HTTP API, connection management, Lambda's Invoke, the page."""
    stack, domain = account.stack, f"localhost:{options.port}"
    gateway = Gateway(stack.websocket, pools, options.limits, domain)
    http = HttpApi(stack.http_routes, stack.cors, pools, domain)
    signs = None if options.identity else account.secret
    here = frozenset(origins(options))
    page = Page(options.root / "web", stack.page_headers, signs, here, options.parents)
    invoke = Invoke(pools)
    runner = await listen(application(gateway, http, invoke, page), options.port)
    ending.push_async_callback(runner.cleanup)
    ending.push_async_callback(invoke.close)
    ending.push_async_callback(gateway.close)


async def _check_assistants(stack: Stack, place: Place) -> None:
    """Say at the start what is wrong with them, not with the first message."""
    for function in stack.functions.values():
        if "WIRESIDE_ASSISTANTS" in function.environment:
            await check(function, place)
            return


def _with_emulator(function: Function, emulator: Emulator) -> Function:
    environment = {
        name: value.replace("{ministack}", emulator.url)
        for name, value in function.environment.items()
    }
    return replace(function, environment=environment)


async def _cancel(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def serve(options: Options) -> int:
    """Run until a signal ends it, or ministack does; return the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    started = loop.time()
    try:
        async with running(options) as emulator:
            took = loop.time() - started
            say(f"Wireside is ready after {took:.1f} s: http://localhost:{options.port}")
            await _until(stop, emulator)
            say("stopping")
    except (
        OptionError,
        PortTakenError,
        SecretError,
        TemplateError,
        AssistantsWrongError,
        RuntimeError,
    ) as error:
        print(f"wireside: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


async def _until(stop: asyncio.Event, emulator: Emulator) -> None:
    """Wait for the signal.

    Raises: RuntimeError when ministack ends before it: nothing works without it.
    """
    waiting = {asyncio.create_task(stop.wait()), asyncio.create_task(emulator.process.wait())}
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()
        with suppress(asyncio.CancelledError):
            await each
    if not stop.is_set():
        status = emulator.process.returncode
        message = f"ministack ended by itself, status {status}; what came since the start is lost"
        raise RuntimeError(message)


def main() -> int:
    """Run with the options of the environment."""
    try:
        options = Options.from_environment(os.environ)
    except OptionError as error:
        print(f"wireside: {error}", file=sys.stderr, flush=True)
        return 1
    return asyncio.run(serve(options))
