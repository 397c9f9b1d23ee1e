"""The HTTP API: five dialects over one engine. The only part of the package that knows HTTP."""
