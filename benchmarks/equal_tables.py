"""Whether every shipped scenario gives the same tables, to the byte, as at another commit.

    uv run python benchmarks/equal_tables.py REV [--replications 5] [--scenarios NAME ...] [--engines simpy compiled]

REV is checked out beside this tree and plays with its own code. Compared are all tables, the summary and the
resolved scenario of each run; `provenance.json` tells versions and may differ. The exit code is 1, with the names,
where anything differs.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]


def play(tree: Path, scenario: str, engine: str, replications: int, out: Path) -> None:
    """Play a scenario with the code of a tree."""
    words = ["uv", "run", "--quiet", "--project", str(tree), "sim", "run", f"scenarios/{scenario}.yaml"]
    words += ["--engine", engine, "--replications", str(replications), "--plots", "none", "--out", str(out)]
    done = subprocess.run(words, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{tree}: {scenario} on {engine}: {done.stderr.strip() or done.stdout.strip()}")


def differing_files(mine: Path, theirs: Path) -> list[str]:
    """The names of the files that are not the same in two runs, or in one of them alone."""
    names = {path.name for run in (mine, theirs) for path in run.iterdir() if path.is_file()} - {
        "provenance.json"
    }

    def content(path: Path) -> bytes | None:
        return path.read_bytes() if path.is_file() else None

    return sorted(name for name in names if content(mine / name) != content(theirs / name))


def main() -> None:
    """Play everything with both trees and print a line for each run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rev")
    parser.add_argument("--replications", type=int, default=5)
    parser.add_argument(
        "--scenarios", nargs="*", default=sorted(path.stem for path in (HERE / "scenarios").glob("*.yaml"))
    )
    parser.add_argument("--engines", nargs="*", default=["simpy", "compiled"])
    asked = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "tree"
        subprocess.run(
            ["git", "worktree", "add", "--quiet", "--detach", str(other), asked.rev], cwd=HERE, check=True
        )
        try:
            for scenario in asked.scenarios:
                for engine in asked.engines:
                    runs = [Path(folder) / side / f"{scenario}-{engine}" for side in ("here", "there")]
                    for tree, out in zip((HERE, other), runs, strict=True):
                        play(tree, scenario, engine, asked.replications, out)
                    differ = differing_files(*runs)
                    failed += bool(differ)
                    print(
                        f"{scenario} on {engine}: {'equal' if not differ else 'differs in ' + ', '.join(differ)}",
                        flush=True,
                    )
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(other)], cwd=HERE, check=False)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
