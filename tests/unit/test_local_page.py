"""The page's files, as the local run serves them."""

import asyncio
import gzip
from pathlib import Path

from aiohttp import ClientSession, web

from local.page import Page


def test_a_file_comes_compressed_and_only_if_it_has_changed(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("let a = 1;\n" * 100)

    async def story() -> None:
        app = web.Application()
        app.router.add_get("/{name}", Page(tmp_path, {}, None, frozenset()).file)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/app.js"
        async with ClientSession(auto_decompress=False) as session:
            packed = await session.get(address, headers={"Accept-Encoding": "gzip, br"})
            tag = packed.headers["ETag"]
            assert packed.headers["Content-Type"] == "text/javascript"
            assert gzip.decompress(await packed.read()) == (tmp_path / "app.js").read_bytes()
            known = {"Accept-Encoding": "gzip", "If-None-Match": tag}
            for _ in range(2):
                same = await session.get(address, headers=known)
                assert (same.status, await same.read()) == (304, b"")
            plain = await session.get(address, headers={"Accept-Encoding": "identity"})
            assert await plain.read() == (tmp_path / "app.js").read_bytes()
            (tmp_path / "app.js").write_text("let b = 2;\n")
            fresh = await session.get(address, headers=known)
            assert gzip.decompress(await fresh.read()) == b"let b = 2;\n"
        await runner.cleanup()

    asyncio.run(story())
