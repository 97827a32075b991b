"""Makes the kept states again: real terraform applies main.tf with the fake provider, once in each protocol.

    cargo build -p provider-plugin --example fake-provider
    python3 testdata/plugin/make.py

Needs terraform on the PATH."""

import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parents[1] / "target"))
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def terraform(folder, env, *arguments):
    subprocess.run(["terraform", *arguments], cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)


def make(protocol, work):
    folder = work / f"protocol-{protocol}"
    system = f"{platform.system().lower()}_{MACHINES[platform.machine()]}"
    package = folder / "mirror" / "example.com" / "corp" / "fake" / "1.0.0" / system
    package.mkdir(parents=True)
    shutil.copy(TARGET / "debug" / "examples" / "fake-provider", package / "terraform-provider-fake_v1.0.0")
    (folder / "cli.tfrc").write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder / "mirror"}"\n  }}\n}}\n')
    stack = folder / "stack"
    stack.mkdir()
    shutil.copy(HERE / "main.tf", stack)
    env = {
        **os.environ,
        "TF_CLI_CONFIG_FILE": str(folder / "cli.tfrc"),
        "CHECKPOINT_DISABLE": "1",
        "FAKE_PROTOCOL": str(protocol),
        "FAKE_CLOUD": str(folder / "cloud"),
        "TF_VAR_other_cloud": str(folder / "other"),
    }
    terraform(stack, env, "init", "-input=false")
    terraform(stack, env, "apply", "-auto-approve", "-input=false")
    # As text: a number may have more digits than Python keeps.
    state = (stack / "terraform.tfstate").read_text()
    state = re.sub('"lineage": "[^"]*"', '"lineage": "00000000-0000-4000-8000-000000000000"', state)
    (HERE / f"protocol-{protocol}.tfstate").write_text(state)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work:
        for protocol in (5, 6):
            make(protocol, Path(work))
