"""Makes a PDF of a template of ours and data of anybody's, with typst, within this process.

The data comes as one JSON text that the template reads; nothing of it is ever taken for markup. typst sees this folder
and no other file, no package, no network, and only the fonts that it brings.
"""

import functools
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

TEMPLATES = Path(__file__).parent
_NOWHERE = TEMPLATES / "no-packages"  # there is no such folder: nothing can be imported
_ACCESSIBLE = "ua-1"


def make_pdf(template: str, data: Mapping[str, Any], made_at: datetime) -> bytes:
    """PDF/UA-1; or tagged alike without the claim, when a name has letters that none of the fonts can show."""
    try:
        return _compile(template, data, made_at, [_ACCESSIBLE])
    except typst.TypstError:
        return _compile(template, data, made_at, [])


def _compile(template: str, data: Mapping[str, Any], made_at: datetime, standards: list[Any]) -> bytes:
    return typst.compile(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=standards,
        package_path=_NOWHERE,
        package_cache_path=_NOWHERE,
        timestamp=int(made_at.timestamp()),
    )


@functools.cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
