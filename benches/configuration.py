"""What evaluating a configuration costs: 500 modules with 20,000 resource instances, by driftline and by terraform.

    python3 benches/configuration.py [--modules 500] [--driftline target/release/driftline] [--without-terraform]

driftline evaluates every argument of every instance and writes all of it as JSON (`show --offline`), and scans against an
empty state, which is what expanding alone takes; terraform validates the same, which evaluates nothing but checks it all,
and plans it. The resources are of terraform's own provider, so nothing is fetched. Prints a line for each: wall and CPU
seconds, peak memory."""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCKS, COUNT = 8, 5

HEAD = """variable "name" {
  type = string
}
variable "tags" {
  type    = map(string)
  default = {}
}
variable "sizes" {
  type    = list(object({ name = string, size = optional(number, 1) }))
  default = []
}
locals {
  prefix = "${var.name}-%(module)d"
  tags   = merge(var.tags, { Module = local.prefix })
}
output "prefix" {
  value = local.prefix
}
"""

BLOCK = """resource "terraform_data" "r%(block)d" {
  count = %(count)d
  input = {
    name        = "${local.prefix}-r%(block)d-${count.index}"
    description = format("%%s number %%d of %%s", "thing", count.index, upper(var.name))
    tags        = merge(local.tags, { Index = tostring(count.index), Odd = count.index %% 2 == 1 ? "yes" : "no" })
    cidr        = cidrsubnet("10.0.0.0/8", 8, count.index)
    sizes       = [for size in var.sizes : "${size.name}=${size.size}" if size.size > count.index]
    policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = ["s3:Get*"], Resource = "arn:aws:s3:::${local.prefix}/*" }]
    })
  }
}
"""

CALL = """module "m%(module)d" {
  source = "./modules/m%(module)d"
  name   = "n%(module)d"
  tags   = { Team = "a" }
  sizes  = [{ name = "a" }, { name = "b", size = 2 }]
}
"""


def generate(folder, modules):
    for module in range(modules):
        path = folder / "modules" / f"m{module}"
        path.mkdir(parents=True)
        blocks = [BLOCK % {"block": block, "count": COUNT} for block in range(BLOCKS)]
        (path / "main.tf").write_text("\n".join([HEAD % {"module": module}, *blocks]))
    (folder / "main.tf").write_text("\n".join(CALL % {"module": module} for module in range(modules)))
    state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "bench", "outputs": {}, "resources": []}
    (folder / "empty.tfstate").write_text(json.dumps(state))
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=b", "-c", "user.email=b@example.com", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return sum(file.stat().st_size for file in folder.rglob("*.tf"))


def measured(name, command, folder):
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    code = os.waitstatus_to_exitcode(status)
    if code:
        raise SystemExit(f"{name}: exit {code}: {process.stderr.read().decode()[-2000:]}")
    cpu = used.ru_utime + used.ru_stime
    print(f"{name:32} {wall:7.2f} s wall {cpu:7.2f} s CPU {used.ru_maxrss / 1024:7.0f} MiB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modules", type=int, default=500)
    parser.add_argument("--driftline", type=Path, default=ROOT / "target/release/driftline")
    parser.add_argument("--without-terraform", action="store_true")
    arguments = parser.parse_args()
    driftline = str(arguments.driftline.resolve())
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        size = generate(folder, arguments.modules)
        print(f"{arguments.modules} modules, {arguments.modules * BLOCKS * COUNT} instances, {size / 1e6:.1f} MB, load {os.getloadavg()[0]:.1f}")
        state = ["--state", "empty.tfstate"]
        measured("driftline, expanded (scan)", [driftline, "scan", *state, "--report", "json=report.json"], folder)
        measured("driftline, every argument (show)", [driftline, "show", "--offline", *state, "--report", "json=all.json"], folder)
        if arguments.without_terraform or not shutil.which("terraform"):
            return
        os.environ.update({"TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"})
        measured("terraform init", ["terraform", "init"], folder)
        measured("terraform validate", ["terraform", "validate"], folder)
        measured("terraform plan", ["terraform", "plan", "-refresh=false", "-out=plan"], folder)


if __name__ == "__main__":
    main()
