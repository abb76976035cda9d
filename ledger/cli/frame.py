"""How commands and their groups are registered; what they share is in `options.py`.

No adapter may be imported here: each command's `--help` passes through it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Annotated, Any, Concatenate, Final, ParamSpec

import typer
from typer.core import TyperCommand, TyperGroup

from ledger import __version__
from ledger.cli.context import Invocation
from ledger.cli.options import Settings, shared_options

P = ParamSpec("P")
_CONTEXT: Final = inspect.Parameter(
    "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
)
_DEFAULTS: Final = {field.name: field.default for field in fields(Settings)}


def noun(text: str) -> typer.Typer:
    """Make the group of one noun's verbs; `text` is its sentence of help."""
    app = single(text)
    app.callback(invoke_without_command=True)(taking_shared_options(root=False))
    return app


def single(text: str) -> typer.Typer:
    """Make the app of a command that is noun and verb in one, such as `inbox`."""
    return typer.Typer(help=text, cls=VerbGroup, add_completion=False, rich_markup_mode=None)


class Verb(TyperCommand):
    """A command whose help a wrong usage names."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options; typer leaves out of some errors whose they are."""
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            if getattr(error, "ctx", None) is None:
                error.ctx = ctx  # type: ignore[attr-defined]
            raise


class VerbGroup(TyperGroup):
    """A group whose help shows each verb's sentence whole."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the table of verbs."""
        verbs = [(name, self.commands[name].help or "") for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, text.partition("\n")[0]) for name, text in verbs])


def taking_shared_options(*, root: bool) -> Callable[..., None]:
    """Build a group's callback, which takes the shared options that stand before the verb.

    The root shows them in its help, and has `--version`.
    """
    options = shared_options(writes=True, hidden=not root)
    if root:
        options["version"] = Annotated[
            bool, typer.Option("--version", help="Print the version and end.")
        ]

    def callback(context: typer.Context, **given: Any) -> None:
        if given.pop("version", False):
            typer.echo(f"ledger {__version__}")
            raise typer.Exit
        context.obj = _settings(context).given(given)
        if context.invoked_subcommand is None:
            typer.echo(context.get_help(), err=True)
            raise typer.Exit(2)

    _sign(callback, _shared_parameters(options))
    return callback


def command(
    app: typer.Typer, name: str, *, example: str, writes: bool = False
) -> Callable[[Callable[Concatenate[Invocation, P], None]], Callable[..., None]]:
    """Register a function as a command: its docstring is the help and `example` ends it.

    The function's first parameter is the `Invocation`; `writes` adds `--dry-run`.
    """
    shared = shared_options(writes=writes)

    def register(function: Callable[Concatenate[Invocation, P], None]) -> Callable[..., None]:
        def run(context: typer.Context, **given: Any) -> None:
            settings = _settings(context).given({name: given.pop(name) for name in shared})
            if not writes:
                settings = replace(settings, dry_run=False)
            with Invocation(settings) as cli:
                function(cli, **given)  # type: ignore[call-arg]

        run.__name__ = function.__name__
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        _sign(run, [*map(_by_keyword, own), *_shared_parameters(shared)])
        lines = "\n".join(f"  {line}" for line in example.splitlines())
        epilog = f"\b\nExample:\n{lines}"
        app.command(name, cls=Verb, help=inspect.getdoc(function), epilog=epilog)(run)
        return run

    return register


def _settings(context: typer.Context) -> Settings:
    return context.obj if isinstance(context.obj, Settings) else Settings()


def _sign(function: Callable[..., None], parameters: list[inspect.Parameter]) -> None:
    """Give a function the parameters that typer shall read from it."""
    signature = inspect.Signature([_CONTEXT, *parameters])
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__annotations__ = {
        parameter.name: parameter.annotation for parameter in signature.parameters.values()
    }


def _shared_parameters(annotations: dict[str, Any]) -> list[inspect.Parameter]:
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_DEFAULTS.get(name, False),
            annotation=annotation,
        )
        for name, annotation in annotations.items()
    ]


def _by_keyword(parameter: inspect.Parameter) -> inspect.Parameter:
    return parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
