"""The test stacks, applied for real to a moto server each, phase by phase.
Knows nothing of driftline."""

import json
import shutil
import sys
from pathlib import Path

import repository
import sandbox
import truth as verdicts
from address import address
from terraform import Terraform

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "providers" / "aws"))

from schema import READ_TYPES  # noqa: E402

# unsettled: straight after the apply. settled: after a refresh. mutated: after the changes behind terraform's back.
PHASES = ("unsettled", "settled", "mutated")
# One small stack for each family of services beside EC2.
SERVICES = sorted(folder.name for folder in (HERE / "services").iterdir())
STACKS = {"network": PHASES, "siblings": PHASES[:2], "approved": PHASES[:2], **{name: PHASES for name in SERVICES}}
FOLDERS = {"network": "stack", "siblings": "siblings", "approved": "approved", **{name: f"services/{name}" for name in SERVICES}}


class Stack:
    """One stack in a folder of its own: repository, server, states, verdicts, recordings."""

    def __init__(self, name, work, live=True, port=None):
        self.name = name
        self.phases = STACKS[name]
        self.work = work / name
        self.work.mkdir(parents=True, exist_ok=True)
        self.repository = self.work / "repository"
        self.commits = repository.make(HERE / FOLDERS[name], self.repository)
        self.created = []
        if live:
            self.start(port)

    def start(self, port=None):
        self.moto = sandbox.Moto(self.work, port)
        self.terraform = Terraform(self.repository, sandbox.environment(self.moto.url), self.work)

    def label(self, phase):
        """What a phase of this stack is called in checks and file names."""
        return phase if self.name == "network" else f"{self.name}-{phase}"

    def state(self, phase):
        return self.work / f"{phase}.tfstate"

    def truth(self, phase):
        return self.work / f"truth-{phase}.json"

    def recording(self, phase):
        return self.work / "recordings" / phase

    def enter(self, phase):
        """Carries the stack into a phase; the phases have to be entered in order."""
        if phase == "unsettled":
            self.terraform.run("init", "-no-color")
            self.first_apply()
        elif phase == "settled":
            if self.name == "network":
                # The second apply writes the tags that moto drops when it creates an object.
                self.apply()
            self.apply("-refresh-only")
        else:
            import mutate  # only where boto3 is

            state = json.loads((self.repository / "terraform.tfstate").read_text())
            self.created = mutate.mutate(self.name, state, self.moto.url)
        shutil.copyfile(self.repository / "terraform.tfstate", self.state(phase))

    def first_apply(self):
        """On a loaded machine moto may answer a creation so late that the provider asks again and finds its own object
        in the way. That leaves a state that no second apply mends: all begins anew, with less at once."""
        for parallelism in (20, 8, 3):
            try:
                return self.apply(parallelism=parallelism)
            except RuntimeError as error:
                if parallelism == 3:
                    raise
                print(f"{self.name}: the apply failed and begins anew: {str(error)[-600:]}", flush=True)
                self.moto.stop()
                for left in self.repository.glob("*.tfstate*"):
                    left.unlink()
                self.start()

    def apply(self, *arguments, parallelism=20):
        self.terraform.run("apply", "-auto-approve", "-no-color", f"-parallelism={parallelism}", *arguments)

    def verdict(self, phase):
        """Terraform's verdict, kept in a file too."""
        truth = verdicts.verdict(self.terraform, self.work, self.label(phase), with_plan=phase == "settled")
        verdicts.dump(self.truth(phase), truth)
        return truth


def unread_addresses(state):
    """Addresses of a state's managed instances whose type no reader serves."""
    read = {f"aws_{word}" for word in READ_TYPES.split()}
    return [
        address(resource, instance)
        for resource in state["resources"]
        if resource["mode"] == "managed" and resource["type"] not in read and "/builtin/" not in resource["provider"]
        for instance in resource["instances"]
    ]
