"""A worker of the local run: it ends, whenever its process asks for an event."""

import asyncio
from http import HTTPStatus
from typing import Any

from aiohttp import ClientSession, web

from local.worker import API, Worker

ENOUGH_SECONDS = 10


async def listening(worker: Worker) -> str:
    """Have its Runtime API served; return its address."""
    worker._runner = web.ServerRunner(web.Server(worker._serve), shutdown_timeout=0)
    await worker._runner.setup()
    await web.TCPSite(worker._runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{worker._runner.addresses[0][1]}{API}/invocation/next"


def a_worker() -> Worker:
    nothing: Any = None
    return Worker(nothing, nothing, lambda _: None, lambda _: None)


def test_a_worker_whose_process_waits_for_an_event_ends() -> None:
    async def story() -> None:
        worker = a_worker()
        async with ClientSession() as process:
            asking = asyncio.create_task(process.get(await listening(worker)))
            while not worker.idle:
                await asyncio.sleep(0)

            await asyncio.wait_for(worker.stop(), ENOUGH_SECONDS)
            await asyncio.gather(asking, return_exceptions=True)

    asyncio.run(story())


def test_a_process_that_asks_while_its_worker_ends_holds_nobody_up() -> None:
    async def story() -> None:
        worker = a_worker()
        async with ClientSession() as process:
            address = await listening(worker)
            worker._is_stopped = True
            async with process.get(address) as answer:
                assert answer.status == HTTPStatus.GONE
            assert not worker.idle

            await asyncio.wait_for(worker.stop(), ENOUGH_SECONDS)

    asyncio.run(story())
