"""The local backend: files, their workspaces, other places, partial configuration.
Knows nothing of any server."""

from harness import agree

NAME = "local"

BLOCK = """
terraform {
  backend "local" {%s}
}

resource "terraform_data" "it" {
  input = terraform.workspace
}
"""


def available():
    """Terraform is all that it needs."""
    return None


def run(box):
    plain = box.applied(box.directory / "plain", {"main.tf": BLOCK % ""}, ("default", "stage", "prod"))
    states = agree(box, plain, ("default", "stage", "prod"))
    box.check("places are the files", [states[name].get("place") for name in ("default", "stage")] == ["terraform.tfstate", "terraform.tfstate.d/stage/terraform.tfstate"], states)

    arguments = '\n    path = "kept/it.tfstate"\n    workspace_dir = "kept/others"\n  '
    elsewhere = box.applied(box.directory / "elsewhere", {"main.tf": BLOCK % arguments}, ("default", "stage"))
    agree(box, elsewhere, ("default", "stage"))

    kept = box.directory / "outside" / "it.tfstate"
    kept.parent.mkdir()
    partial = box.applied(box.directory / "partial", {"main.tf": BLOCK % ""}, init=(f"-backend-config=path={kept}",))
    agree(box, partial, ("default",))

    lock = plain / ".terraform.tfstate.lock.info"
    lock.write_text('{"ID":"it","Operation":"OperationTypeApply","Who":"someone@example","Created":"2026-01-02T03:04:05Z"}')
    held = {state["workspace"]: state for state in box.states(plain)}["default"]
    box.check("a held lock is told and stops nothing", (held.get("lock") or {}).get("who") == "someone@example" and held.get("serial"), held)
    lock.unlink()
