"""The pg backend: terraform's own writes to a real PostgreSQL, by password, over TLS, in several schemas.
Knows nothing of driftline's insides."""

import glob
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from harness import HOST, agree

NAME = "pg"
PASSWORD = "not-a-secret"
SERVER_USER = "nobody"
MOST_BYTES = 512 << 20

BLOCK = """
terraform {
  backend "pg" {
    conn_str = "%s"
%s  }
}

resource "terraform_data" "it" {
  input = "${terraform.workspace} äöü"
}
"""


def folder():
    """Where the newest PostgreSQL's programs are."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(Path(path).parent.name))
    beside = shutil.which("postgres")
    return Path(found[-1]) if found else Path(beside).parent if beside else None


def available():
    """PostgreSQL itself, and openssl for certificates."""
    if not folder():
        return "no PostgreSQL here (Debian's package postgresql)"
    if not shutil.which("openssl"):
        return "openssl isn't on the PATH"
    return None


def demoted():
    """PostgreSQL never runs as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(SERVER_USER)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Postgres:
    """A server with passwords and TLS, its data in a folder of its own."""

    def __init__(self, box):
        self.box, self.port = box, box.port()
        self.home = box.directory / "postgres"
        self.home.mkdir()
        self.data = self.home / "data"
        box.directory.chmod(0o755)
        if demoted():
            os.chown(self.home, demoted()["user"], demoted()["group"])
        self.password_file = box.directory / "password"
        self.password_file.write_text(PASSWORD)
        self.run("initdb", "-D", self.data, "-U", "owner", "--auth=scram-sha-256", f"--pwfile={self.password_file}", "--encoding=UTF8", "--no-sync")
        self.certificates()
        rules = self.data / "pg_hba.conf"
        rules.write_text("hostssl all by_certificate all cert\n" + rules.read_text())
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": self.home,
            "ssl": "on",
            "ssl_cert_file": self.home / "server.crt",
            "ssl_key_file": self.home / "server.key",
            "ssl_ca_file": self.home / "ca.crt",
            "fsync": "off",
            "track_commit_timestamp": "on",
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        process = box.start([folder() / "postgres", "-D", self.data, *arguments], cwd=self.home, **demoted())
        box.wait("PostgreSQL", lambda: self.query("postgres", "SELECT 1") == "1", process)

    def run(self, program, *args, env=None):
        """A command of PostgreSQL's, as the server's user."""
        command = [str(folder() / program), *map(str, args)]
        done = subprocess.run(command, cwd=self.home, env=env, capture_output=True, text=True, timeout=60, **demoted())
        if done.returncode:
            raise RuntimeError(f"{program}: exit {done.returncode}\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
        return done.stdout.strip()

    def query(self, database, text):
        env = {**os.environ, "PGPASSWORD": PASSWORD}
        try:
            return self.run("psql", "-h", HOST, "-p", self.port, "-U", "owner", "-d", database, "-Atc", text, env=env)
        except RuntimeError as error:
            if "exit 2" in str(error):  # it does not listen yet
                raise ConnectionError(str(error)) from None
            raise

    def certificates(self):
        """An authority and the server's certificate, for localhost alone."""
        home = self.box.directory

        def openssl(*args):
            self.box.command(["openssl", *args], cwd=home)

        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test authority", "-days", "2")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
        (home / "names").write_text("subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.crt", "-days", "2", "-extfile", "names")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "client.key", "-out", "client.csr", "-subj", "/CN=by_certificate")
        openssl("x509", "-req", "-in", "client.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", "client.crt", "-days", "2", "-extfile", "names")
        (home / "client.key").chmod(0o600)
        for name in ("server.crt", "server.key", "ca.crt"):
            shutil.copy(home / name, self.home / name)
            (self.home / name).chmod(0o600)
            if demoted():
                os.chown(self.home / name, demoted()["user"], demoted()["group"])

    def address(self, database, query, host=HOST, user="owner"):
        return f"postgres://{user}:{PASSWORD}@{host}:{self.port}/{database}?{query}"


def error_of(states):
    return str(states[0].get("error")) if states else "no state at all"


def run(box):
    server = Postgres(box)
    for name in ("plain", "secure"):
        server.query("postgres", f"CREATE DATABASE {name}")
    plain = server.address("plain", "sslmode=disable")

    first = box.applied(box.directory / "first", {"main.tf": BLOCK % (plain, "")}, ("default", "stage", "prod"))
    states = agree(box, first, ("default", "stage", "prod"))
    box.check("when it was written is told", str(states["prod"].get("modified_at")).startswith("20"), states)
    box.check("no password is told", PASSWORD not in str(states), states)

    schema = '    schema_name = "odd\\"schema; --"\n'
    other = box.applied(box.directory / "other", {"main.tf": BLOCK % (plain, schema)}, ("default", "stage"))
    agree(box, other, ("default", "stage"))

    # The connection string comes from the environment, and its password from libpq's variables.
    bare = {"PG_CONN_STR": f"host={HOST} port={server.port} dbname=secure user=owner", "PGPASSWORD": PASSWORD, "PGSSLMODE": "require"}
    text = (BLOCK % ("", "")).replace('    conn_str = ""\n', "")
    variables = box.applied(box.directory / "variables", {"main.tf": text}, env=bare)
    agree(box, variables, ("default",), env=bare)

    # The same by a Unix socket, and the password from a file.
    passwords = box.directory / "passwords"
    passwords.write_text(f"localhost:{server.port}:plain:owner:{PASSWORD}\n")
    passwords.chmod(0o600)
    socket = {"PG_CONN_STR": f"host={server.home} port={server.port} dbname=plain user=owner", "PGPASSFILE": str(passwords)}
    schema = text.replace('backend "pg" {', 'backend "pg" {\n    schema_name = "socket"')
    by_socket = box.applied(box.directory / "socket", {"main.tf": schema}, ("default", "stage"), env=socket)
    agree(box, by_socket, ("default", "stage"), env=socket)

    secure(box, server)
    held(box, server, first)
    huge(box, server, first)
    denied(box, server)


def secure(box, server):
    """TLS without verification is what a connection string without sslmode means; with an authority it is verified."""
    authority = box.directory / "ca.crt"
    for label, host, query in (
        ("unnamed", HOST, ""),
        ("verified", "localhost", f"sslmode=verify-full&sslrootcert={authority}"),
        ("signed", HOST, f"sslmode=verify-ca&sslrootcert={authority}"),
    ):
        address = server.address("secure", query, host)
        directory = box.applied(box.directory / label, {"main.tf": BLOCK % (address, f'    schema_name = "{label}"\n')})
        agree(box, directory, ("default",))
    by_certificate(box, server, authority)
    wrong = {"PG_CONN_STR": server.address("secure", f"sslmode=verify-full&sslrootcert={authority}", HOST)}
    directory = box.directory / "variables"
    states = box.states(directory, env=wrong)
    box.check("verify-full refuses a certificate for another name", "certificate" in error_of(states), states)
    untrusted = {"PG_CONN_STR": server.address("secure", "sslmode=verify-full", "localhost")}
    states = box.states(directory, env=untrusted)
    box.check("verify-full refuses an unknown authority", "certificate" in error_of(states), states)


def by_certificate(box, server, authority):
    """A user who is known by a certificate alone."""
    server.query("postgres", "CREATE ROLE by_certificate LOGIN")
    server.query("secure", "GRANT CREATE ON DATABASE secure TO by_certificate")
    server.query("secure", "GRANT ALL ON SCHEMA public TO by_certificate")
    server.query("secure", "GRANT ALL ON SEQUENCE public.global_states_id_seq TO by_certificate")
    home = box.directory
    query = f"sslmode=verify-full&sslrootcert={authority}&sslcert={home}/client.crt&sslkey={home}/client.key"
    address = f"postgres://by_certificate@localhost:{server.port}/secure?{query}"
    directory = box.applied(box.directory / "certificate", {"main.tf": BLOCK % (address, '    schema_name = "certificate"\n')})
    agree(box, directory, ("default",))


def held(box, server, directory):
    """Terraform's lock is an advisory one, which ends with its session."""
    row = server.query("plain", "SELECT id FROM terraform_remote_state.states WHERE name = 'stage'")
    env = {**os.environ, "PGPASSWORD": PASSWORD, "PGAPPNAME": "someone"}
    command = [folder() / "psql", "-h", HOST, "-p", server.port, "-U", "owner", "-d", "plain"]
    box.start([*command, "-c", f"SELECT pg_advisory_lock({row})", "-c", "SELECT pg_sleep(60)"], env=env)
    locks = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = {row}"
    box.wait("the lock", lambda: server.query("plain", locks) == "1")
    states = {state["workspace"]: state for state in box.states(directory)}
    lock = states["stage"].get("lock") or {}
    box.check("a held lock is told: who, and since when", "owner" in lock.get("who", "") and "someone" in lock["who"] and lock.get("since"), states)
    box.check("a held lock stops nothing", states["stage"].get("serial") is not None, states)
    box.check("it is the lock of that workspace alone", not states["prod"].get("lock"), states)
    unlocked = server.query("plain", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'driftline'")
    box.check("no session is left open", unlocked == "0", unlocked)


def huge(box, server, directory):
    """More than is read is refused by its length, without being fetched; the other workspaces are read."""
    server.query("plain", f"INSERT INTO terraform_remote_state.states (name, data) VALUES ('huge', repeat('x', {MOST_BYTES + 1}))")
    states = {state["workspace"]: state for state in box.states(directory)}
    box.check("a huge state is refused", "more than 512 MiB" in str(states["huge"].get("error")), states)
    box.check("and that one alone", all(states[name].get("serial") is not None for name in ("default", "stage", "prod")), states)
    server.query("plain", "DELETE FROM terraform_remote_state.states WHERE name = 'huge'")


def denied(box, server):
    """Who may only SELECT can read; who may not is told what to grant."""
    server.query("plain", f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
    reader = {"PG_CONN_STR": server.address("plain", "sslmode=disable", user="reader")}
    directory = box.directory / "variables"
    states = box.states(directory, env=reader)
    box.check("no right to the schema is an error", "permission denied" in error_of(states), states)
    server.query("plain", "GRANT USAGE ON SCHEMA terraform_remote_state TO reader")
    server.query("plain", "GRANT SELECT ON terraform_remote_state.states TO reader")
    states = {state["workspace"]: state for state in box.states(directory, env=reader)}
    good = all(states.get(name, {}).get("serial") is not None for name in ("default", "stage", "prod"))
    box.check("SELECT is all that is needed", good, states)
    nothing = {"PG_CONN_STR": server.address("postgres", "sslmode=disable")}
    states = box.states(directory, env=nothing)
    box.check("a table that is not there yet is no error", not any(state.get("error") or state.get("serial") for state in states), states)
    wrong = {"PG_CONN_STR": plain_wrong(server)}
    states = box.states(directory, env=wrong)
    box.check("a wrong password is an error", "password authentication failed" in error_of(states), states)
    absent = {"PG_CONN_STR": server.address("absent", "sslmode=disable")}
    states = box.states(directory, env=absent)
    box.check("a database that is not there is an error", "does not exist" in error_of(states), states)


def plain_wrong(server):
    return server.address("plain", "sslmode=disable").replace(PASSWORD, "wrong")
