"""`python -m mqt_resources.sample_database`: load the sample shop into an empty database.

Without `--uri` it goes to the embedded mongod of a running `mqt up`; never to `MONGODB_URI`, which
names a database that MQT only reads.
"""

from __future__ import annotations

from typing import Annotated

import typer

from mqt_resources.sample_database.generator import DEFAULT_SEED
from mqt_resources.sample_database.loading import load
from mqt_serving.errors import MqtError, SettingError
from mqt_serving.settings import SAMPLE_DATABASE, RunningServers, Settings


def main(
    uri: Annotated[str, typer.Option(help="Default: the embedded mongod of `mqt up`.")] = "",
    database: Annotated[str, typer.Option(help="Where to load it.")] = SAMPLE_DATABASE,
    seed: Annotated[int, typer.Option(help="Same seed, same documents.")] = DEFAULT_SEED,
    scale: Annotated[
        float, typer.Option(help="1 is about 65,000 documents.", min=0.001, max=10)
    ] = 1,
) -> None:
    """Load the sample shop, if the database is empty."""
    try:
        target = uri or _embedded()
        done = load(target, database, seed, scale, lambda n, c: print(f"  {n:<16}{c:>8,}"))
    except MqtError as error:
        print(error)
        raise typer.Exit(1) from error
    if done.documents:
        print(f"{done.documents:,} documents in `{database}`, {done.seconds:.1f} s")
    else:
        print(f"`{database}` already has collections: nothing loaded.")


def _embedded() -> str:
    servers = RunningServers.read(Settings.load().servers_file)
    if servers is None or not servers.mongodb_uri:
        raise SettingError("No embedded mongod is running: start `mqt up`, or pass --uri.")
    return servers.mongodb_uri


if __name__ == "__main__":
    typer.run(main)
