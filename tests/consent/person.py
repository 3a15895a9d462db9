"""A machine that belongs to somebody: a user, a home, a host name of the
test's own, in namespaces that end with it. As root the programs run as that
user; without root the user keeps its own name. Context: tool."""

import os
import pathlib
import subprocess
import sys

SKIPPED = 77
MARK = "INQUEST_TEST_PERSON"
UID = 54321
USER = "annabelluser"
HOST = "zephyrhost"


def enter(root_only=False):
    """Runs this program again inside; returns inside."""
    if os.environ.get(MARK):
        subprocess.run(["hostname", HOST], check=True)
        return
    if os.geteuid() != 0:
        print("skipped: another user can be had by root alone")
        sys.exit(SKIPPED)
    os.environ[MARK] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--uts", "--", sys.executable,
                          "-B",
                          *sys.orig_argv[sys.orig_argv.index(sys.argv[0]):]])


def settle(home):
    """Makes home the user's: in the user database of this namespace too."""
    home.mkdir(parents=True)
    passwd = home.parent / "passwd"
    passwd.write_text(pathlib.Path("/etc/passwd").read_text()
                      + f"{USER}:x:{UID}:{UID}::{home}:/bin/sh\n")
    subprocess.run(["mount", "--bind", passwd, "/etc/passwd"], check=True)
    os.chown(home, UID, UID)


def leave():
    subprocess.run(["umount", "/etc/passwd"], check=True)


def as_user(*command):
    return ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups",
            "--", *map(str, command)]
