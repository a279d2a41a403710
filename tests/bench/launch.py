"""``stagedoor run`` with a look at its event loop: ``python -m tests.bench.launch --lag FILE``, settings as always."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from bots import app, logs, settings
from tests.bench.gauge import lag_written_to


async def main(lag: Path) -> None:
    """Run the product until terminated."""
    read = settings.load()
    logs.configure(read.log_level, read.log_format, read.secrets)
    async with lag_written_to(lag):
        await app.run(read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The product under measurement.")
    parser.add_argument("--lag", type=Path, required=True, help="file for the event loop's lag")
    asyncio.run(main(parser.parse_args().lag))
