"""``docs/cli.md``, written by the commands themselves: ``python -m fermata.cli.reference``; a test says when it is stale."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from fermata.cli.app import DEBUG, SECTIONS, app
from fermata.cli.errors import EXIT_CODES

HEAD = f"""# The command line

`fermata` does from a terminal everything that the API does, and starts and stops the local stack. This page is written by
the command itself (`make docs`); `fermata COMMAND --help` says the same.

## Which server, and as whom

Commands call the server that `--url` or `FERMATA_URL` names, with `--token` (`FERMATA_TOKEN`) or `--api-key`
(`FERMATA_API_KEY`); else the profile that `--profile` or `FERMATA_PROFILE` names, or that `fermata profiles use` has chosen;
else the local stack, as you, with all scopes. What a profile or the local stack is called with goes to no other server.
Profiles lie in a file that only you can read (`FERMATA_CONFIG` says where); one that others can read is refused.

```sh
fermata profiles set prod --url https://abc.execute-api.eu-central-1.amazonaws.com --api-key - --use < key.txt
fermata jobs list --profile prod --status running --status paused
fermata jobs list --held -o json
fermata jobs create probe -p units=100 -p seconds=0.1 --watch
fermata jobs pause --kind crawl --reason 'night' --until 8h --dry-run
fermata jobs results JOB --failed -o csv
fermata jobs review JOB approve --units 1-20,23
fermata system pause --reason 'database upgrade' --until 30m
fermata top
```

## Output

`-o table` (the default) is for people, `-o json` is what the API answers, `-o csv` is for spreadsheets; lists that may be
long have `-o jsonl`, a line for each. What others wrote is shown without the characters that steer a terminal. `watch` and
`--watch` show a bar on a terminal, and elsewhere a line every few seconds; where a job stands still, with the reason. They
write to standard error, so that `job=$(fermata jobs create … --watch)` gets the id alone.

Times are as `2030-04-13T09:00Z`, or `90s`, `30m`, `2h`, `1d` from now (`--until`) or ago (`--from`, `--to`).

## Exit codes

| code | |
| --- | --- |
{chr(10).join(f"| {code} | {text} |" for code, text in EXIT_CODES.items())}

No traceback is shown for anything that a person can do; `{DEBUG}=1` shows where a fault of the command itself is.

## Completion

`eval "$(fermata completion bash)"` in `~/.bashrc` (or `zsh`, `fish`) completes commands, options and the ids of jobs.
"""


def written() -> str:
    """The whole page."""
    parts = [HEAD]
    for heading, names in SECTIONS.items():
        parts.append(f"## {heading}\n")
        for name in names:
            parts += [_section(path, command) for path, command in walk(name)]
    return "\n".join(parts)


def walk(name: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command and all below it, each with its path."""
    found = app.get_command(click.Context(app), name)
    assert found is not None  # noqa: S101
    yield (name,), found
    if isinstance(found, click.Group):
        for inner in sorted(found.commands.items()):
            yield (name, inner[0]), inner[1]


def understood(arguments: Sequence[str]) -> click.Command:
    """The command that a line calls, its options checked and nothing run. Raises click.UsageError."""
    group: click.Command = app
    context, rest = click.Context(app, info_name="fermata"), list(arguments)
    while isinstance(group, click.Group):
        found = group.get_command(context, rest[0]) if rest else None
        if found is None:
            raise click.UsageError(f"no such command: {shlex.join(arguments)}")
        group, name, rest = found, rest[0], rest[1:]
        context = click.Context(group, info_name=name, parent=context)
    group.make_context(str(context.info_name), rest, parent=context.parent)
    return group


def _section(path: tuple[str, ...], command: click.Command) -> str:
    context = click.Context(command, info_name=" ".join(("fermata", *path)))
    level = "#" * (2 + len(path))
    lines = [f"{level} fermata {' '.join(path)}\n", f"{_paragraphs(command.help or '')}\n"]
    if isinstance(command, click.Group):
        return "\n".join(lines)
    lines.append(f"    {' '.join(command.get_usage(context).removeprefix('Usage: ').split())}\n")
    found = (parameter.get_help_record(context) for parameter in command.get_params(context))
    records = [(names, help_) for names, help_ in filter(None, found) if help_ and not names.endswith("--help")]
    of_server = any(names.startswith("--url") for names, _ in records)
    own = [(names, help_) for names, help_ in records if not (of_server and names.startswith(SERVER))]
    if own:
        lines += [
            "| option | |",
            "| --- | --- |",
            *(f"| `{_cell(names)}` | {_cell(help_)} |" for names, help_ in own),
            "",
        ]
    if of_server:
        lines.append(f"And which server: {', '.join(f'`{name}`' for name in SERVER)}.\n")
    return "\n".join(lines)


SERVER = ("--url", "--token", "--api-key", "--profile", "--state-dir")
"""Options of every command that calls the API, told once."""


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def main() -> None:
    from fermata.local.template import project_root

    Path(project_root(), "docs", "cli.md").write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    main()
