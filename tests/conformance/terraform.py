"""Runs the real terraform with the AWS provider from a filesystem mirror.
Knows nothing of the stack, of moto, or of driftline."""

import copy
import glob
import os
import shutil
import subprocess
from pathlib import Path

PROVIDER_VERSION = "5.100.0"
PROVIDER_ADDRESS = "registry.terraform.io/hashicorp/aws"
# A mirror search never enters these: endless, virtual, or none of ours.
SEARCH_SKIPS = {"proc", "sys", "dev", "run", "tmp", "target", "node_modules", ".git"}
SEARCH_DEPTH = 6


class Absent(Exception):
    """Terraform or its provider isn't on this machine."""


def has_provider(mirror):
    """Whether a folder is a filesystem mirror, packed or unpacked, holding the AWS provider."""
    pattern = f"{mirror}/{PROVIDER_ADDRESS}"
    unpacked = f"{pattern}/{PROVIDER_VERSION}/*/terraform-provider-aws*"
    packed = f"{pattern}/terraform-provider-aws_{PROVIDER_VERSION}_*.zip"
    return bool(glob.glob(unpacked) or glob.glob(packed))


def search_mirror(root="/"):
    """The first folder at most SEARCH_DEPTH levels down that is such a mirror, on root's own device."""
    device = os.stat(root).st_dev
    for folder, names, _ in os.walk(root):
        if "registry.terraform.io" in names and has_provider(folder):
            return folder
        depth = folder.rstrip("/").count("/")
        names[:] = sorted(
            name
            for name in names
            if depth < SEARCH_DEPTH and name not in SEARCH_SKIPS and same_device(folder, name, device)
        )
    return None


def same_device(folder, name, device):
    try:
        return os.lstat(os.path.join(folder, name)).st_dev == device
    except OSError:
        return False


def cli_config(folder):
    """Path of a CLI configuration that finds the provider without a registry; written into `folder` if need be."""
    mirror = os.environ.get("DRIFTLINE_PROVIDER_MIRROR")
    if mirror and not has_provider(mirror):
        raise Absent(f"DRIFTLINE_PROVIDER_MIRROR={mirror} holds no {PROVIDER_ADDRESS} {PROVIDER_VERSION}")
    given = os.environ.get("TF_CLI_CONFIG_FILE")
    if not mirror and given and Path(given).is_file():
        return given
    mirror = mirror or search_mirror()
    if not mirror:
        raise Absent(f"no filesystem mirror with {PROVIDER_ADDRESS} {PROVIDER_VERSION}: set DRIFTLINE_PROVIDER_MIRROR")
    path = Path(folder) / "cli.tfrc"
    path.write_text(
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path = "{os.path.abspath(mirror)}"\n  }}\n'
        "}\n"
    )
    return str(path)


class Terraform:
    """Terraform in one folder with one environment."""

    def __init__(self, folder, env, work):
        self.program = shutil.which("terraform")
        if not self.program:
            raise Absent("terraform isn't on the PATH")
        self.folder = Path(folder)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
        self.env = {
            **kept,
            **env,
            "TF_CLI_CONFIG_FILE": cli_config(work),
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
        }

    def elsewhere(self, folder):
        """The same in another folder."""
        other = copy.copy(self)
        other.folder = Path(folder)
        return other

    def run(self, *arguments):
        """Standard output of one terraform command; an error carries what it printed."""
        done = subprocess.run(
            [self.program, *arguments], cwd=self.folder, env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"terraform {' '.join(arguments)}: exit {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-8000:]}")
        return done.stdout
