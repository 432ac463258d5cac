"""Programs that run beside the tests, and what they say."""

import os
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path
from typing import IO

PATIENCE = 30  # seconds for which a line is waited for that has to come


class Program:
    """A program, whose environment is `environment` and nothing else."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self._said: list[str] = []
        self._open = 2
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], **environment},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for stream in (self.process.stdout, self.process.stderr):
            threading.Thread(target=self._listen, args=[stream], daemon=True).start()

    @property
    def log(self) -> str:
        with self._news:
            return "".join(self._said)

    def line(self, pattern: str, since: int = 0) -> re.Match[str]:
        """The first line that matches, said from now on or since that many lines ago."""
        with self._news:
            found: re.Match[str] | None = None

            def is_said() -> bool:
                nonlocal found
                found = next(
                    filter(None, (re.search(pattern, it) for it in self._said[since:])), None
                )
                return found is not None or self._open == 0

            self._news.wait_for(is_said, PATIENCE)
            assert found, f"{pattern!r} was not said:\n{''.join(self._said)}"
            return found

    def ask(self, line: str, answer: str) -> re.Match[str]:
        """Types a line, and waits for the answer."""
        assert self.process.stdin
        since = len(self._said)
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.line(answer, since)

    def exit_code(self) -> int:
        code = self.process.wait(PATIENCE)
        with self._news:
            assert self._news.wait_for(lambda: self._open == 0, PATIENCE)
        return code

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.exit_code()
        finally:
            self.process.kill()
            self._close()

    def _close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def _listen(self, stream: IO[str] | None) -> None:
        assert stream
        for line in stream:
            with self._news:
                self._said.append(line)
                self._news.notify_all()
        with self._news:
            self._open -= 1
            self._news.notify_all()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
