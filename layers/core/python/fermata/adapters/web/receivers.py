"""Receivers of webhooks, over HTTP by the guarded client: to public addresses, or to those that the stack trusts."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from ipaddress import ip_address

from fermata.domain import interruption
from fermata.domain.kind import UnitError, UnitRetry
from fermata.domain.webhooks import LONGEST_RETRY_AFTER, Reply
from fermata.toolkit.fetch.addresses import is_public
from fermata.toolkit.fetch.http import request, retry_after
from fermata.toolkit.fetch.limits import Limits
from fermata.toolkit.fetch.trust import trust_of
from fermata.toolkit.fetch.urls import Target, parse_url, show_url

LIMITS = Limits(connect=5.0, read=10.0, total=10.0)
LOOKUP = 2.0
"""Seconds beyond these after which the search for an address is given up, which knows no deadline."""

logger = logging.getLogger(__name__)


class WebReceivers:
    """Implements :class:`fermata.ports.Receivers`."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits

    def refusal(self, url: str, allowed_hosts: frozenset[str]) -> str | None:
        try:
            target = parse_url(url)
        except UnitError as error:
            return str(error)
        if trust_of(allowed_hosts).allows(target.host, target.port):
            return None
        if target.scheme != "https":
            return "must be an https URL"
        return None if _may_be_public(target) else "names an address that is private or reserved"

    def post(self, url: str, headers: Mapping[str, str], body: bytes, allowed_hosts: frozenset[str]) -> Reply:
        if (why := self.refusal(url, allowed_hosts)) is not None:
            return Reply(error=f"the URL {why}")
        end = time.monotonic() + self._limits.total + LOOKUP

        def stop() -> None:
            if time.monotonic() > end:
                raise UnitRetry(f"the receiver took longer than {self._limits.total:g} seconds")

        try:
            with (
                interruption.interruptible_by(stop),
                request("POST", url, allowed_hosts, self._limits, headers=headers, body=body) as answer,
            ):
                asked = retry_after(answer.headers, LONGEST_RETRY_AFTER)
                return Reply(answer.status, retry_after=asked)
        except (UnitError, UnitRetry) as error:
            # What is secret of an address may be in its path.
            return Reply(error=str(error).replace(show_url(url), parse_url(url).host))
        except Exception as error:
            logger.exception("a webhook could not be sent")
            return Reply(error=f"it could not be sent: {type(error).__name__}")


def _may_be_public(target: Target) -> bool:
    try:
        return is_public(ip_address(target.host))
    except ValueError:
        return True  # a name, whose addresses are judged when it is called
