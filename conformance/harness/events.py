"""What happens to pods and containers, as a client hears it."""

import threading
from typing import Any

from harness.client import Client


class Listener:
    """GetContainerEvents in a thread of its own."""

    def __init__(self, client: Client) -> None:
        self._call = client.GetContainerEvents()
        self.events: list[Any] = []
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        try:
            for event in self._call:
                self.events.append(event)
        except Exception:  # the end of a cancelled call
            pass

    def of(self, identifier: str) -> list[int]:
        """The types of the events of one container or sandbox, in their order."""
        return [event.container_event_type for event in self.events
                if event.container_id == identifier]

    def close(self) -> None:
        """No more of them."""
        self._call.cancel()
        self._thread.join()
