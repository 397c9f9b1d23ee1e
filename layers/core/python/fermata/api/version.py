"""The version that the API tells; a deployed layer carries no package metadata to read it from."""

VERSION = "0.1.0"
