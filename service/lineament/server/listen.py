"""Where a server listens, apart from the server: the command line needs it without the rest."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to serve, and with how many processes and threads."""

    host: str
    port: int
    workers: int = 1
    threads: int = 128
