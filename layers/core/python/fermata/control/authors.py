"""What the code of kinds may do while it plans or finishes: whatever goes wrong in it ends the job with a sentence."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from fermata.domain.errors import FermataError, Refused
from fermata.domain.kind import Interrupted, JobError, UnitRetry
from fermata.domain.scrub import MAX_ERROR, Scrubber

logger = logging.getLogger(__name__)

MAX_TRACEBACK = 8_000


@contextmanager
def author(who: str, scrub: Scrubber) -> Iterator[None]:
    """Around a kind's code. Its errors become JobErrors, without the job's secrets; those of the engine's ports, and "not now",
    stay what they are: trying again may help."""
    try:
        yield
    except JobError as error:
        raise JobError(scrub.text(str(error), MAX_ERROR)) from None
    except UnitRetry as error:
        raise UnitRetry(scrub.text(str(error), MAX_ERROR), error.after, throttled=error.throttled) from None
    except (Refused, Interrupted, SystemExit, KeyboardInterrupt) as error:  # a file that is not there, for example
        raise JobError(scrub.text(f"{who} failed: {error or type(error).__name__}", MAX_ERROR)) from None
    except FermataError:
        raise
    except Exception as error:
        where = scrub.text("".join(traceback.format_exception(error)), MAX_TRACEBACK)
        logger.error("%s failed unexpectedly", who, extra={"traceback": where})
        raise JobError(scrub.text(f"{who} failed: {type(error).__name__}: {error}", MAX_ERROR)) from None
