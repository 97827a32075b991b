"""A virtual environment with moto, and a moto server on a free loopback port.
Knows nothing of terraform or of what is created on the server."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HOST = "127.0.0.1"
ACCOUNT = "123456789012"
REQUIREMENTS = ("moto[server]==5.2.1", "boto3")
START_SECONDS = 60


def target_folder():
    """The build's target folder, where everything that can be thrown away lives."""
    given = os.environ.get("CARGO_TARGET_DIR")
    return Path(given).resolve() if given else Path(__file__).resolve().parents[2] / "target"


def python():
    """The interpreter of the suite's own virtual environment, which is made when absent."""
    folder = target_folder() / "conformance" / "venv"
    program = folder / "bin" / "python"
    stamp = folder / "requirements.txt"
    wanted = "\n".join(REQUIREMENTS) + "\n"
    if not (stamp.is_file() and stamp.read_text() == wanted):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS], check=True)
        stamp.write_text(wanted)
    return str(program)


def enter():
    """Carries on inside the virtual environment: everything after this call may import boto3."""
    program = python()
    if Path(sys.prefix).resolve() != Path(program).parents[1].resolve():
        os.execv(program, [program, *sys.argv])


def environment(url):
    """What every AWS client needs to talk to the server, and nothing else of AWS."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Moto:
    """A running server; its log goes to a file."""

    def __init__(self, folder, port=None):
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.log = Path(folder) / f"moto-{self.port}.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [python(), "-m", "moto.server", "-H", HOST, "-p", str(self.port)],
                env={**kept, "MOTO_EC2_LOAD_DEFAULT_AMIS": "true", "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait()

    def wait(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"moto ended with {self.process.returncode}: see {self.log}")
            try:
                urllib.request.urlopen(f"{self.url}/moto-api/", timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"moto gave no answer in {START_SECONDS} s: see {self.log}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=10)
