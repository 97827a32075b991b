"""Certificates for servers on loopback, made anew for each run.
Knows nothing of any backend."""

import shutil
import subprocess


def available():
    """Why none can be made, or None."""
    return None if shutil.which("openssl") else "openssl isn't on the PATH"


def make(directory):
    """A certificate authority; a certificate of it for localhost with its key, in one file; its key alone."""
    ca, ca_key, key, request, pem = (directory / name for name in ("ca.pem", "ca.key", "key.pem", "request.pem", "localhost.pem"))
    extensions = directory / "extensions"
    extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority = ["-days", "2", "-subj", "/CN=suite", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
    issue = ["-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", pem]
    for command in (
        ["req", "-x509", *curve, "-keyout", ca_key, "-out", ca, *authority],
        ["req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=localhost"],
        ["x509", "-req", "-in", request, *issue],
    ):
        subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True, timeout=60)
    pem.write_text(pem.read_text() + key.read_text())
    return ca, pem, key
