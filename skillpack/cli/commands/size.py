"""`skillpack size`: show what each file of a skill costs in a request."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from skillpack.cli import options
from skillpack.cli.console import write_stdout
from skillpack.cli.opening import refuse_replacing, unread_as_json
from skillpack.cli.packing import exclude_outputs, note_outputs_inside, open_one
from skillpack.text import escaped

if TYPE_CHECKING:
    from pathlib import Path


@click.command("size", epilog="Example: skillpack size skills/pdf-forms --html size.html")
@click.argument("skill", default=".")
@options.html
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="Output format.")
@options.compression
@options.selection
@options.common
def command(session: options.Session, skill: str, html: Path | None, output_format: str) -> None:
    """Show what each file and folder costs in a request, how much of each limit is used, and what would save most.

    It also estimates how many tokens a model reads. A skill that is too large to be packed is measured too.

    With -v, every file is shown.
    """
    from skillpack.output import json, size

    with unread_as_json(output_format, session, skill):
        builder, tree = open_one(session, skill)
    if html and os.path.lexists(html):
        from skillpack.cli.deliver import reject_overwriting

        refuse_replacing([skill], [html])
        reject_overwriting([html], [tree.origin], [tree])
        (tree,) = exclude_outputs([(builder, tree, tree.origin)], (html,))
    measured = builder.measure(tree)
    if html:
        from skillpack.cli.deliver import deliver
        from skillpack.output.size_html import render_page

        deliver([render_page(measured).encode()], html)
        session.console.print(f"wrote {escaped(html.as_posix())}")
        note_outputs_inside(session, builder, tree, [html])
    if output_format == "json":
        write_stdout(json.render_size(measured))
    elif not html:
        look = session.console.look(sys.stdout)
        encoding = sys.stdout.encoding or "ascii"
        colored = session.console.colored(sys.stdout)
        for line in size.render(measured, look, encoding, whole=session.console.verbose):
            write_stdout(line, colored=colored)
