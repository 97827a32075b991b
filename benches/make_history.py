"""Makes a repository with a long history of configuration, fast, and tells the truth about it.

    python3 benches/make_history.py DIR [--commits 10000] [--merges 2000] [--files 200] [--blocks 2000] [--later 10] [--seed 1]

The history is written with `git fast-import`: a trunk of direct commits and merged branches of one to four commits, each
changing one block, some only its formatting. DIR/truth.json maps the address of every block to the commit that last
changed its meaning and to the commit of the trunk that landed it, known by construction. The branch `later` is that many
commits further on; DIR/later.json is the truth of it."""

import argparse
import json
import random
import subprocess
from pathlib import Path


class Importer:
    """Writes a fast-import stream and keeps count of commits."""

    def __init__(self, stream):
        self.stream = stream
        self.mark = 0

    def data(self, text):
        raw = text.encode()
        self.stream.write(b"data %d\n%s\n" % (len(raw), raw))

    def commit(self, branch, message, author, files, parents):
        self.mark += 1
        when = 1_600_000_000 + self.mark * 60
        self.stream.write(f"commit {branch}\nmark :{self.mark}\n".encode())
        self.stream.write(f"author {author} {when} +0000\ncommitter {author} {when} +0000\n".encode())
        self.data(message)
        for position, parent in enumerate(parents):
            self.stream.write(f"{'from' if position == 0 else 'merge'} :{parent}\n".encode())
        for path, text in files.items():
            self.stream.write(f"M 100644 inline {path}\n".encode())
            self.data(text)
        self.stream.write(b"\n")
        return self.mark


class Configuration:
    """Files of blocks, each block a revision number and a way of formatting."""

    def __init__(self, files, blocks):
        self.paths = [f"stacks/s{index // 10:02d}/f{index % 10}.tf" for index in range(files)]
        self.of_file = [[] for _ in range(files)]
        self.revision = [0] * blocks
        self.format = [0] * blocks
        for block in range(blocks):
            self.of_file[block % files].append(block)

    def block(self, index):
        indent, comment = [("  ", ""), ("    ", "# formatted\n"), ("\t", "")][self.format[index] % 3]
        lines = [
            f"{comment}resource \"aws_instance\" \"b{index}\" {{",
            f"{indent}ami           = \"ami-{index:08x}\"",
            f"{indent}instance_type = \"t3.medium\"",
            f"{indent}user_data     = \"revision ${{var.prefix}}-{self.revision[index]}\"",
            "",
            f"{indent}tags = {{",
            f"{indent}{indent}Name = \"block-{index}\"",
            f"{indent}{indent}Env  = \"prod\"",
            f"{indent}}}",
            "",
            f"{indent}root_block_device {{",
            f"{indent}{indent}volume_size = {20 + index % 50}",
            f"{indent}{indent}encrypted   = true",
            f"{indent}}}",
            "}",
        ]
        return "\n".join(lines)

    def file(self, index):
        return self.paths[index], "\n\n".join(self.block(block) for block in self.of_file[index]) + "\n"


def generate(stream, commits, merges, files, blocks, later, seed):
    """Yields the truth of `main` and then that of `later`: for each block the marks of its declaring and landing commits."""
    dice = random.Random(seed)
    out = Importer(stream)
    configuration = Configuration(files, blocks)
    everything = dict(configuration.file(index) for index in range(files))
    trunk = out.commit("refs/heads/main", "everything\n", "Ann <ann@example.com>", everything, [])
    truth = [(trunk, trunk)] * blocks
    trunk = grow(out, dice, configuration, truth, trunk, "refs/heads/main", commits, merges)
    yield list(truth)
    # The share of merges goes on.
    grow(out, dice, configuration, truth, trunk, "refs/heads/later", commits + later, round(later * merges / commits))
    yield truth


def grow(out, dice, configuration, truth, trunk, name, commits, merges):
    """Goes on from a commit of the trunk up to a number of commits in all. Returns the last one."""
    files = len(configuration.paths)
    authors = [f"Person {index} <p{index}@example.com>" for index in range(20)]
    # Each round is a merged branch or a direct commit; branches are one to four commits long.
    while out.mark < commits:
        left = commits - out.mark
        # A merged branch takes three and a half commits on average.
        direct = max(left - 3.5 * merges, 0)
        branches = left >= 2 and dice.random() < merges / max(merges + direct, 1)
        length = min(dice.randint(1, 4), left - 1) if branches else 1
        before, tip, changed, declared = trunk, trunk, {}, {}
        for _ in range(length):
            file = dice.randrange(files)
            block = dice.choice(configuration.of_file[file])
            meaningful = dice.random() < 0.85
            if meaningful:
                configuration.revision[block] += 1
            else:
                configuration.format[block] += 1
            path, text = configuration.file(file)
            branch = "refs/heads/topic" if branches else name
            title = f"Change b{block}" + ("" if branches else f" (#{out.mark})")
            tip = out.commit(branch, title + "\n", dice.choice(authors), {path: text}, [tip])
            changed[path] = text
            if meaningful:
                declared[block] = tip
        if branches:
            message = f"Merge pull request #{out.mark} from owner/topic\n\nTitle\n\nReviewed-by: {dice.choice(authors)}\n"
            trunk = out.commit(name, message, dice.choice(authors), changed, [before, tip])
            merges -= 1
        else:
            trunk = tip
        for block, declaring in declared.items():
            truth[block] = (declaring, trunk)
    return trunk


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=Path)
    for name, default in (("commits", 10_000), ("merges", 2_000), ("files", 200), ("blocks", 2_000), ("later", 10), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)

    def git(*words, **more):
        return subprocess.run(["git", "-C", arguments.directory, *words], check=True, **more)

    git("init", "-q", "-b", "main")
    marks = arguments.directory / "marks"
    fast_import = subprocess.Popen(
        ["git", "-C", arguments.directory, "fast-import", "--quiet", f"--export-marks={marks.resolve()}"],
        stdin=subprocess.PIPE,
    )
    sizes = (arguments.commits, arguments.merges, arguments.files, arguments.blocks, arguments.later, arguments.seed)
    truths = list(generate(fast_import.stdin, *sizes))
    fast_import.stdin.close()
    if fast_import.wait() != 0:
        raise SystemExit("git fast-import failed")
    hashes = dict(line.split() for line in marks.read_text().splitlines())
    marks.unlink()
    for name, truth in zip(("truth", "later"), truths):
        named = {
            f"aws_instance.b{block}": [hashes[f":{declaring}"], hashes[f":{landing}"]]
            for block, (declaring, landing) in enumerate(truth)
        }
        (arguments.directory / f"{name}.json").write_text(json.dumps(named))
    git("branch", "-q", "-D", "topic", stdout=subprocess.DEVNULL)
    git("reset", "-q", "--hard")
    count = subprocess.run(
        ["git", "-C", arguments.directory, "rev-list", "--count", "--merges", "HEAD"], check=True, capture_output=True
    ).stdout
    print(f"{arguments.commits} commits, {int(count)} merges, {arguments.files} files, {arguments.blocks} blocks")


if __name__ == "__main__":
    main()
