"""A wire to the server of the tests that breaks: what was asked arrives, and the answer is lost on the way back."""

import select
import socket
from contextlib import suppress
from random import Random
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class BreakingWire:
    """Passes on what clients and server say; once an answer in `one_in` is not passed on and the connection cut.

    So the server has done what it was asked, and whoever asked cannot know.
    """

    def __init__(self, url: str, rng: Random, one_in: int) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "localhost", parts.port or 5432)
        self._rng, self._one_in = rng, one_in
        self._door = socket.create_server(("127.0.0.1", 0))
        user = f"{parts.username}@" if parts.username else ""
        self.url = parts._replace(netloc=f"{user}127.0.0.1:{self._door.getsockname()[1]}").geturl()
        self._keeper = Thread(target=self._keep_the_door, daemon=True)
        self._open = True

    def _keep_the_door(self) -> None:
        while True:
            client, _ = self._door.accept()
            if not self._open:
                client.close()
                return
            Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self._server) as server:
            while True:
                for side in select.select([client, server], [], [])[0]:
                    said = side.recv(65536)
                    if not said or (side is server and self._rng.randrange(self._one_in) == 0):
                        return
                    (client if side is server else server).sendall(said)

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        socket.create_connection(self._door.getsockname()).close()
        self._keeper.join()
        self._door.close()
