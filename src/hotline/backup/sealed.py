"""The secrets of an installation in one file that only the holder of a key can open.

Encrypted with OpenSSL (CMS, AES-256-GCM) for a certificate, so that this host can seal and nobody on it can open: the key
lies where no backup does. Without the key of the callers (``hash_key``) a restored warehouse cannot tell that a caller of
tomorrow is one of today.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

from hotline.errors import HotlineError

SEALED = "secrets.cms"


def seal(folder: Path, certificate: Path, target: Path) -> None:
    """Encrypt the files of ``folder`` for a certificate (PEM). Raises HotlineError when OpenSSL refuses it."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for path in sorted(folder.iterdir()):
            if path.is_file():
                archive.add(path, path.name)
    run = subprocess.run(
        ["openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER", "-recip", certificate],
        input=content.getvalue(), capture_output=True, check=False,
    )  # fmt: skip
    if run.returncode:
        raise HotlineError(
            f"the secrets cannot be sealed for {certificate}: {_words(run)}", "name a certificate in PEM"
        )
    target.write_bytes(run.stdout)


def unseal(source: Path, key: Path, folder: Path) -> list[str]:
    """Write the secrets below ``folder`` (700, files 600) unless they are there; returns the names of those written."""
    run = subprocess.run(
        ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", source, "-inkey", key],
        capture_output=True, check=False,
    )  # fmt: skip
    if run.returncode:
        raise HotlineError(f"{source} cannot be opened with {key}: {_words(run)}", "name the key of the certificate")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = []
    with tarfile.open(fileobj=io.BytesIO(run.stdout)) as archive:
        for member in archive:
            if not member.isfile() or "/" in member.name or (folder / member.name).exists():
                continue
            descriptor = os.open(folder / member.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(archive.extractfile(member).read())
            written.append(member.name)
    return written


def _words(run: subprocess.CompletedProcess) -> str:
    return (
        run.stderr.decode(errors="replace").strip().splitlines()[-1:]
        and run.stderr.decode(errors="replace").strip()[-200:]
    )
