"""A server in a thread of the benchmark's process: both ends of what is timed have one clock."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web


@contextmanager
def beside(register: Callable[[web.Application], object]) -> Iterator[int]:
    """Have a server inside a block with the routes that ``register`` adds; yields its port."""
    loop, ports = asyncio.new_event_loop(), list[int]()
    ready = threading.Event()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(_listen(register))
        ports.append(runner.addresses[0][1])
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    ready.wait()
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _listen(register: Callable[[web.Application], object]) -> web.AppRunner:
    app = web.Application()
    register(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner
