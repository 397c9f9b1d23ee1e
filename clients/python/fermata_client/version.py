"""The version of this client."""

from importlib.metadata import PackageNotFoundError, version


def _version() -> str:
    try:
        return version("fermata-client")
    except PackageNotFoundError:  # from a folder that nobody has installed
        return "0"


VERSION = _version()
USER_AGENT = f"fermata-client/{VERSION}"
