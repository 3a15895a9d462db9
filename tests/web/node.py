"""Node's packages for the tests of the page: the lock file's, in the build
directory, with the sources beside them so that imports find them."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

SKIP = 77
ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "collector/page"
CHROMIUM = "/usr/bin/chromium"
INSTALL_SECONDS = 300
# What npm says when the registry is not there, as opposed to wrong.
NO_NETWORK = ("ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN",
              "ENETUNREACH", "ECONNRESET")


def skip(reason):
    print(f"skipped: {reason}", flush=True)
    sys.exit(SKIP)


def install(directory):
    result = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
         "--prefer-offline"], cwd=directory, capture_output=True, text=True,
        timeout=INSTALL_SECONDS, stdin=subprocess.DEVNULL)
    if result.returncode == 0:
        return
    if any(word in result.stderr for word in NO_NETWORK):
        skip("npm does not reach its registry")
    sys.exit(f"npm ci failed:\n{result.stderr}")


def prepare(build, chromium=False):
    """BUILD/web with node_modules, page/ and tests/. Skips where it cannot."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            skip(f"no {program} here")
    if chromium and not pathlib.Path(CHROMIUM).exists():
        skip(f"no {CHROMIUM} here")
    directory = pathlib.Path(build) / "web"
    directory.mkdir(exist_ok=True)
    with open(directory / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in parallel
        digest = hashlib.sha256(
            (PAGE / "package-lock.json").read_bytes()).hexdigest()
        stamp = directory / "installed"
        if not stamp.exists() or stamp.read_text() != digest:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(PAGE / name, directory)
            install(directory)
            stamp.write_text(digest)
    return directory


def copy_page(destination):
    """The sources as they are now; node_modules of a developer stay away."""
    shutil.rmtree(destination, ignore_errors=True)
    shutil.copytree(PAGE, destination,
                    ignore=shutil.ignore_patterns("node_modules", "dist"))


def copy_tests(destination):
    """The journeys, while another test may be reading them."""
    destination.mkdir(exist_ok=True)
    for path in pathlib.Path(__file__).parent.glob("*.mjs"):
        if (destination / path.name).exists() and \
                (destination / path.name).read_bytes() == path.read_bytes():
            continue
        new = destination / f"{path.name}.{os.getpid()}"
        shutil.copy(path, new)
        new.rename(destination / path.name)
