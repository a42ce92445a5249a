"""Make the pictures of the documentation anew: ``.venv/warehouse/bin/python docs/pictures.py``.

They are taken by the dashboards' own tests, of a Superset that they start over the sample warehouse, so that a picture
never shows what the tests do not hold. Pillow, which makes them small, is part of the Superset environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
LIMIT = 500_000
"""Bytes: what a repository can bear for a picture that changes with every design."""

TESTS = [f"tests/superset/test_{name}.py" for name in ("dashboard", "topics", "handling", "integrity")]

COMPRESS = """
import sys
from PIL import Image
for path in sys.argv[1:]:
    Image.open(path).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
"""


def main() -> None:
    images = HOME / "docs" / "images"
    images.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pytest", *TESTS],
            cwd=HOME,
            env=os.environ | {"HOTLINE_PICTURES": folder},
            check=True,
        )
        pictures = sorted(Path(folder).glob("*.png"))
        subprocess.run([HOME / ".venv" / "superset" / "bin" / "python", "-c", COMPRESS, *pictures], check=True)
        for picture in pictures:
            if picture.stat().st_size > LIMIT:
                raise SystemExit(f"{picture.name} has {picture.stat().st_size} bytes, more than {LIMIT}")
            (images / picture.name).write_bytes(picture.read_bytes())


if __name__ == "__main__":
    main()
