"""The face that articles and quotes are set in, from the package that brings it.

Knows nothing of pages, but for the address under which gradio serves a file.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

__all__ = ["serif"]


def serif(folder: Path) -> str:
    """The rules for the face that articles and quotes are set in, whose files are put into this folder to be served."""
    package = find_spec("font_source_serif_pro")
    if package is None or package.origin is None:
        return ""
    rules = ""
    folder.mkdir(exist_ok=True)
    for weight, cut in ((400, "Regular"), (600, "Semibold")):
        file = folder / f"SourceSerifPro-{cut}.ttf"
        shutil.copy(Path(package.origin).parent / "files" / file.name, file)
        rules += (
            f'@font-face {{ font-family: "Source Serif Pro"; font-weight: {weight}; font-display: swap; '
            f'src: url("gradio_api/file={file.as_posix()}") format("truetype"); }}\n'
        )
    return rules
