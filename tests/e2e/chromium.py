"""A real browser, driven by its own DevTools protocol: one page, what it asked for, what it complained about."""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

START_SECONDS, LOOK_SECONDS = 30.0, 15.0
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=zh-CN", "--window-size=420,900",
    "--remote-debugging-port=0",
)  # fmt: skip


@dataclass
class Page:
    """One tab."""

    socket: ClientConnection
    session: str = ""
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _answers: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    _number: int = 0

    async def call(self, method: str, **params: Any) -> Any:
        """One command of the protocol and its answer."""
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        message = {"id": self._number, "method": method, "params": params} | ({"sessionId": self.session} if self.session else {})
        await self.socket.send(json.dumps(message))
        return await asyncio.wait_for(answer, LOOK_SECONDS)

    async def listen(self) -> None:
        """Answers to whom they belong; requests and complaints into their lists."""
        async for text in self.socket:
            message = json.loads(text)
            if "id" in message:
                self._settle(message)
            else:
                self._note(message["method"], message["params"])

    def _settle(self, message: dict[str, Any]) -> None:
        waiting = self._answers.pop(message["id"])
        if "error" in message:
            waiting.set_exception(RuntimeError(str(message["error"])))
        else:
            waiting.set_result(message["result"])

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"].get("exception", params)))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.complaints.append(str(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{params['entry']['source']}: {params['entry']['text']} {params['entry'].get('url', '')}")

    async def open(self, url: str) -> None:
        for domain in ("Page", "Network", "Runtime", "Log", "DOM"):
            await self.call(f"{domain}.enable")
        await self.call("Page.navigate", url=url)
        await self.see("document.readyState === 'complete'")

    async def run(self, expression: str) -> Any:
        found = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def see(self, expression: str) -> None:
        """Wait until the page is as told."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                while not await self.run(expression):  # noqa: ASYNC110  the page has no event for us
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"never saw {expression}; the page says: {await self.text('body')}; {self.complaints}") from None

    async def text(self, selector: str) -> str:
        return str(await self.run(f"document.querySelector({json.dumps(selector)}).innerText"))

    async def type(self, selector: str, text: str) -> None:
        """As a finger does: touch the field, type."""
        await self.click(selector)
        await self.run(f"document.querySelector({json.dumps(selector)}).select?.()")
        await self.call("Input.insertText", text=text)

    async def click(self, selector: str) -> None:
        """A real click in the middle of what is there."""
        where = await self.run(
            f"(() => {{ const it = document.querySelector({json.dumps(selector)}); it.scrollIntoView({{block: 'center', behavior: 'instant'}});"
            " const box = it.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=where[0], y=where[1], button="left", clickCount=1)

    async def give_files(self, selector: str, *files: Path) -> None:
        root = (await self.call("DOM.getDocument"))["root"]["nodeId"]
        node = (await self.call("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]
        await self.call("DOM.setFileInputFiles", nodeId=node, files=[str(file) for file in files])


@asynccontextmanager
async def browse(program: str) -> AsyncIterator[Page]:
    """A fresh browser with one empty page; it ends with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        silent = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            program, *FLAGS, f"--user-data-dir={folder}", "about:blank", stdout=silent, stderr=silent, env=kept | {"HOME": folder}
        )
        try:
            async with connect(await _address(Path(folder)), max_size=None, proxy=None) as socket:
                page = Page(socket)
                listening = asyncio.create_task(page.listen())
                target = await page.call("Target.createTarget", url="about:blank")
                attached = await page.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
                page.session = attached["sessionId"]
                try:
                    yield page
                finally:
                    listening.cancel()
        finally:
            process.terminate()
            await process.wait()


async def _address(folder: Path) -> str:
    """Where the browser listens, once it says so."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            told = (folder / "DevToolsActivePort").read_text().split() if (folder / "DevToolsActivePort").exists() else []
            if len(told) == 2:
                return f"ws://127.0.0.1:{told[0]}{told[1]}"
            await asyncio.sleep(0.05)
