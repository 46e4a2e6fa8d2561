"""Run the cells of a notebook and compare what they print with what the notebook shows.

`python -m tests.notebooks` writes the present output of the cells into the notebooks of the documentation.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

import nbformat
import pytest
from nbclient import NotebookClient

from tests import samples
from tests.recording import recorder

NOTEBOOKS: Final = sorted((samples.ROOT / "docs").rglob("*.ipynb"))


def read(path: Path) -> Any:
    """Return a notebook."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def run(notebook: Any, directory: Path) -> list[tuple[str, bytes]]:
    """Run a notebook in the folder that its reader is in, made below `directory`; return what it sent to the API."""
    work = directory / "work"
    shutil.copytree(samples.ROOT / "fixtures" / "skills", work / "skills")
    with recorder() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        patch.setenv("OPENAI_API_KEY", "unused")
        NotebookClient(
            notebook, timeout=120, record_timing=False, resources={"metadata": {"path": str(work)}}
        ).execute()
    return server.received


def outputs(notebook: Any) -> list[list[str]]:
    """Return for each cell the text that it printed, and that of its last value."""
    return [
        [str(each.get("text") or each["data"]["text/plain"]) for each in cell.get("outputs", ())]
        for cell in notebook.cells
    ]


def record(path: Path) -> None:
    """Write the present output of its cells into a notebook."""
    notebook = read(path)
    with tempfile.TemporaryDirectory() as folder:
        run(notebook, Path(folder))
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    for each in NOTEBOOKS:
        record(each)
