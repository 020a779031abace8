"""A line between a browser and the local run that can be cut and mended."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager

READ_BYTES = 65_536
HOST = "127.0.0.1"


class Line:
    """A TCP relay to ``target``; while it is cut, what was open is gone and nothing new opens."""

    def __init__(self, target: int) -> None:
        """Args: target: the port to which everything is passed on."""
        self.target = target
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._is_cut = threading.Event()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._accept, HOST, 0))
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Hang up for good."""
        self.cut()
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection, and each new one at once."""
        self._is_cut.set()
        self._run(self._hang_up())

    def mend(self) -> None:
        """Let connections through again."""
        self._is_cut.clear()

    def _run[Result](self, work: Coroutine[object, object, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _hang_up(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut.is_set():
            writer.transport.abort()
            return
        up_reader, up_writer = await asyncio.open_connection(HOST, self.target)
        self._open |= {writer, up_writer}
        if self._is_cut.is_set():
            await self._hang_up()
        await asyncio.gather(self._pass_on(reader, up_writer), self._pass_on(up_reader, writer))
        self._open -= {writer, up_writer}

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(READ_BYTES):
                writer.write(piece)
                await writer.drain()
        writer.close()


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """Have a line to ``port`` inside a block."""
    line = Line(port)
    line.start()
    try:
        yield line
    finally:
        line.stop()
