"""`prepop jobs DIR`: copy out what runs prepop at night, as it comes with the program."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit, OutputError, UsageError


@click.command("jobs", cls=options.Verb)
@click.argument("folder", metavar="DIR", type=options.PATH)
@click.pass_obj
def command(shown: Shown, folder: Path) -> Exit:
    """Copy the examples of nightly jobs (systemd, cron, Windows, Kubernetes) into DIR, to be edited there.

    A file that is there already and differs stays as it is, and nothing at all is copied.
    """
    from prepop.rules.phrases import counted

    found = dict(_below(_shipped(), Path()))
    mine = [
        folder / path
        for path, content in found.items()
        if (folder / path).exists() and _content(folder / path) != content
    ]
    if mine:
        raise UsageError(
            f"copying the jobs: {mine[0]} is there already and is another file"
            + (f", and so are {len(mine) - 1} more" if len(mine) > 1 else ""),
            hint="name an empty folder, and compare the two",
        )
    for path, content in found.items():
        try:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
            if content.startswith(b"#!"):
                (folder / path).chmod(0o755)  # a script is there to be started
        except OSError as error:
            raise OutputError(
                f"copying the jobs: {folder / path} cannot be written: {error.strerror or error}",
                hint="name a folder in which you may write",
            ) from error
    names = sorted(str(path) for path in found)
    text = f"{counted(len(names), 'file')} in {folder}; {folder / 'README.md'} says which is for what.\n"
    shown.console.answer(text, {"folder": str(folder), "files": names})
    return Exit.DONE


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _below(folder: Traversable, path: Path) -> list[tuple[Path, bytes]]:
    """Every file below, with what it holds."""
    found: list[tuple[Path, bytes]] = []
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            found += _below(one, path / one.name)
        elif not one.name.endswith(".pyc"):
            found.append((path / one.name, one.read_bytes()))
    return found


def _shipped() -> Traversable:
    """In a wheel a part of it, put there by pyproject's force-include; in a checkout the folder `jobs`."""
    installed = files("prepop").joinpath("jobs")
    return installed if installed.is_dir() else Path(__file__).parents[2] / "jobs"
