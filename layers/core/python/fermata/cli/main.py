"""The command's entry point. It imports next to nothing, so that Ctrl-C finds somebody who knows what to do with it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

REFUSED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    try:
        from fermata.cli.app import run

        return run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "fermata":
            raise
        print(f"fermata: {error.name} is missing; the command needs: pip install 'fermata[local]'", file=sys.stderr)
        return REFUSED


if __name__ == "__main__":
    sys.exit(main())
