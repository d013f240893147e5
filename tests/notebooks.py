"""A widget whose messages a test carries: what a kernel does between a notebook's two sides."""

from __future__ import annotations

from typing import Any

from comm.base_comm import BaseComm


class Line(BaseComm):
    """Keeps what the Python side says, and hands it what the other side says."""

    def __init__(self, *words: Any, **more: Any) -> None:
        self.said: list[dict[str, Any]] = []
        super().__init__(*words, **more)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any
    ) -> None:
        del metadata, buffers
        if msg_type == "comm_open" or (data or {}).get("method") == "update":
            self.said.append(data["state"])

    def take(self) -> dict[str, Any]:
        """Return the state that was sent since the last time, later values over earlier ones."""
        merged = {name: value for one in self.said for name, value in one.items()}
        self.said.clear()
        return merged

    def hear(self, state: dict[str, Any]) -> None:
        """Tell the Python side what the other side has changed."""
        data = {"method": "update", "state": state, "buffer_paths": []}
        self.handle_msg({"content": {"data": data}, "buffers": []})
