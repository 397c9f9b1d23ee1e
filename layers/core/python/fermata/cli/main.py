"""The command's entry point. It imports next to nothing, so that Ctrl-C finds somebody who knows what to do with it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from fermata.cli.ends import make_usable, stop_writing

REFUSED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    try:
        make_usable()
        from fermata.cli.app import run

        return _written(run(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "fermata":
            raise
        print(f"fermata: {error.name} is missing; the command needs: pip install 'fermata[local]'", file=sys.stderr)
        return REFUSED


def _written(code: int) -> int:
    """The exit code once all is written."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has seen enough
        stop_writing()
    except OSError as error:
        stop_writing()
        if code == 0:
            print(f"fermata: {error.strerror or error}", file=sys.stderr)
        return code or REFUSED
    return code


if __name__ == "__main__":
    sys.exit(main())
