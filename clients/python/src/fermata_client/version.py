"""The version of this client."""

VERSION = "0.1.0"
USER_AGENT = f"fermata-client/{VERSION}"
