"""What every module of the backend suite works with: a fresh folder, the real terraform, driftline, servers that are stopped.
Knows nothing of any backend."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HOST = "127.0.0.1"
COMMAND_SECONDS = 120
START_SECONDS = 60
LONGEST = 600
# The environment of a command holds none of these but those that a module sets.
FOREIGN = ("TF_", "AWS_", "AZURE_", "ARM_", "GOOGLE_", "CONSUL_", "KUBE_", "PG", "TFE_", "DRIFTLINE_")


class Box:
    """One module's folder, processes and counts."""

    def __init__(self, name, driftline, reader=None):
        self.name = name
        self.passed = 0
        self.failed = 0
        self.directory = Path(tempfile.mkdtemp(prefix=f"driftline-{name}-"))
        self.program = driftline
        self.reader = reader
        self.stops = []

    def check(self, what, condition, detail=""):
        """Counts one check, and prints it; of a failure the detail too."""
        self.passed += bool(condition)
        self.failed += not condition
        print(f"{'ok  ' if condition else 'FAIL'} {self.name}: {what}", flush=True)
        if not condition and detail != "":
            text = detail if isinstance(detail, str) else json.dumps(detail, indent=1, default=str)
            for line in text.splitlines()[:40]:
                print("       " + (line if line.isprintable() else ascii(line))[:LONGEST], flush=True)
        return bool(condition)

    def environment(self, env=None):
        """What commands are given: this process's, without what names other backends, with `env` over it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        config = self.directory / "cli.tfrc"
        if not config.exists():
            config.write_text("")
        own = {"TF_CLI_CONFIG_FILE": str(config), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
        return {**kept, **own, **(env or {})}

    def terraform(self, *args, cwd=None, env=None):
        """Standard output of one terraform command; an error carries what it printed."""
        return self.command(["terraform", *args], cwd, env).decode()

    def command(self, args, cwd=None, env=None):
        """Standard output of a command that must succeed."""
        args = [str(arg) for arg in args]
        done = subprocess.run(args, cwd=cwd or self.directory, env=self.environment(env), capture_output=True, timeout=COMMAND_SECONDS)
        if done.returncode:
            said = (done.stdout[-2000:] + done.stderr[-4000:]).decode(errors="replace")
            raise RuntimeError(f"{' '.join(args)}: exit {done.returncode}\n{said}")
        return done.stdout

    def driftline(self, *args, cwd=None, env=None):
        """Exit code, standard output and standard error of one driftline command."""
        done = subprocess.run(
            [str(self.program), *map(str, args)],
            cwd=cwd or self.directory,
            env=self.environment(env),
            capture_output=True,
            timeout=COMMAND_SECONDS,
        )
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    def states(self, directory, env=None, args=()):
        """What `driftline states` lists of a directory, and with an `error` what it could not read."""
        if self.reader:
            return self.read_states(directory, env)
        code, out, err = self.driftline("states", directory, "--report", "json", *args, env=env)
        try:
            listing = json.loads(out)
            states = [
                {**state, "place": state["source"], "serial": None if state.get("nothing_kept") else state["serial"]}
                for state in listing["states"]
            ]
            unread = listing["unread_states"]
        except (ValueError, KeyError):
            raise RuntimeError(f"driftline states {directory}: exit {code}, no report\n{out[-2000:]}{err[-4000:]}") from None
        # Where workspaces cannot be listed, that stands for the default one.
        return states + [
            {"workspace": state["workspace"] or "default", "error": f"{state['cause']} {state['hint']}"} for state in unread
        ]

    def read_states(self, directory, env):
        """The same by the library's example, of the backend that `terraform init` noted down."""
        noted = json.loads((Path(directory) / ".terraform" / "terraform.tfstate").read_text())["backend"]
        arguments = {name: value for name, value in noted["config"].items() if value is not None}
        done = subprocess.run(
            [str(self.reader), noted["type"], json.dumps(arguments), str(directory)],
            env=self.environment(env),
            capture_output=True,
            timeout=COMMAND_SECONDS,
        )
        if done.returncode:
            return [{"workspace": "default", "error": done.stderr.decode(errors="replace")}]
        return json.loads(done.stdout)["states"]

    def port(self):
        """A port of loopback that nothing listens on."""
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            return probe.getsockname()[1]

    def pull(self, cwd=None, env=None):
        """The state that terraform pulls, and the SHA-256 of its bytes; None and None where nothing is kept."""
        raw = self.command(["terraform", "state", "pull"], cwd, env)
        raw = raw[:-1]  # the line break that terraform prints after it
        if not raw.strip():
            return None, None
        return json.loads(raw), hashlib.sha256(raw).hexdigest()

    def repository(self, directory, files):
        """A new git repository with one commit of the files, by path."""
        directory = Path(directory)
        for path, text in files.items():
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        (directory / ".gitignore").write_text(".terraform/\n*.tfstate*\n")
        identity = ["-c", "user.name=suite", "-c", "user.email=suite@example.com", "-c", "commit.gpgsign=false"]
        for command in (["init", "--quiet", "--initial-branch=main"], ["add", "--all"], [*identity, "commit", "--quiet", "-m", "files"]):
            self.command(["git", *command], cwd=directory)
        return directory

    def applied(self, directory, files, workspaces=("default",), env=None, init=()):
        """A repository of the files, initialized and applied in each workspace; the last one stays selected."""
        self.repository(directory, files)
        self.terraform("init", "-input=false", *init, cwd=directory, env=env)
        for workspace in workspaces:
            if workspace != "default":
                self.terraform("workspace", "new", workspace, cwd=directory, env=env)
            self.terraform("apply", "-auto-approve", "-input=false", cwd=directory, env=env)
        return directory

    def start(self, command, env=None, cwd=None, **options):
        """Starts a server, whose output goes to a file; it is stopped when the module has ended."""
        log = self.directory / f"server-{len(self.stops)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(part) for part in command], env=env, cwd=cwd or self.directory, stdout=out, stderr=out, start_new_session=True, **options
            )
        process.log = log
        self.finally_do(lambda: stop(process))
        return process

    def finally_do(self, stop_it):
        """Called when the module has ended, however it ends; the last first."""
        self.stops.append(stop_it)

    def wait(self, what, ready, process=None, seconds=START_SECONDS):
        """Until `ready()` is true; an OSError of it means that it is not yet."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if process is not None and process.poll() is not None:
                raise RuntimeError(f"{what} ended with {process.returncode}\n{process.log.read_text(errors='replace')[-4000:]}")
            try:
                if ready():
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"{what} is not ready after {seconds} s")

    def wait_http(self, url, process=None, seconds=START_SECONDS):
        """Until something answers at an address, with whatever status."""

        def ready():
            try:
                urllib.request.urlopen(url, timeout=1).close()
            except urllib.error.HTTPError:
                pass
            return True

        self.wait(url, ready, process, seconds)

    def close(self):
        """Stops every server and removes the folder."""
        for stop_it in reversed(self.stops):
            try:
                stop_it()
            except Exception as error:  # one that cannot be stopped must not keep the others running
                print(f"FAIL {self.name}: a server cannot be stopped: {error}", flush=True)
                self.failed += 1
        self.stops.clear()
        shutil.rmtree(self.directory, ignore_errors=True)


def stop(process):
    """Ends a process, by force where it does not end by itself."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def agree(box, directory, workspaces, env=None, args=(), same_bytes=True):
    """Checks that `terraform state pull` and `driftline states` say the same of each workspace: its lineage, its serial, and
    its content, where the bytes are kept as terraform writes them. Returns what driftline lists, by workspace."""
    listed = box.states(directory, env, args)
    by_workspace = {state["workspace"]: state for state in listed}
    expected, found = sorted(workspaces), sorted(state["workspace"] for state in listed)
    box.check(f"{Path(directory).name}: the workspaces are {', '.join(expected)}", found == expected, listed)
    for workspace in expected:
        selected = Path(directory, ".terraform", "environment").exists() or workspace != "default"
        pulled, digest = box.pull(directory, {**(env or {}), **({"TF_WORKSPACE": workspace} if selected else {})})
        said = by_workspace.get(workspace) or {}
        same = pulled is not None and (said.get("lineage"), said.get("serial")) == (pulled["lineage"], pulled["serial"])
        same = same and not said.get("error") and (not same_bytes or said.get("sha256") == digest)
        truth = pulled and {"lineage": pulled["lineage"], "serial": pulled["serial"], "sha256": digest}
        box.check(f"{Path(directory).name}: terraform and driftline agree on {workspace}", same, {"terraform": truth, "driftline": said})
    return by_workspace
