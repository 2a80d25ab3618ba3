"""Make ready what `make run`, `make lint` or `make test` needs; when nothing is missing, do nothing.

Standard library only, since it runs before anything is installed. A failure is one sentence with its remedy.
"""

import ctypes
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "setup.log"

# The names under which WeasyPrint looks for what it loads
PDF_LIBRARIES = ("gobject-2.0", "pango-1.0", "pangoft2-1.0", "harfbuzz", "harfbuzz-subset", "fontconfig")
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Where Debian, Ubuntu and Homebrew keep it, off the PATH
POSTGRESQL = ("usr/lib/postgresql/*/bin/initdb", "*/homebrew/opt/postgresql*/bin/initdb")


@dataclass(frozen=True)
class Need:
    """Something that comes with the operating system, and the packages that hold it."""

    what: str
    is_there: Callable[[], bool]
    apt: str
    dnf: str
    brew: str


def main(purpose: str) -> None:
    VENV.mkdir(exist_ok=True)
    LOG.write_text("")
    provide([need for need in needs(purpose) if not need.is_there()])
    install_packages(ROOT / ("requirements.lock" if purpose == "run" else "tests/requirements.lock"))


def needs(purpose: str) -> list[Need]:
    minor = sys.version_info.minor
    found = [
        Need(
            "Python's venv module",
            lambda: in_venv() or importlib.util.find_spec("ensurepip") is not None,
            f"python3.{minor}-venv",
            f"python3.{minor}",
            f"python@3.{minor}",
        ),
        Need(
            "Pango and HarfBuzz, which PDF reports are drawn with",
            lambda: all(loads(name) for name in PDF_LIBRARIES),
            "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
            "pango",
            "pango",
        ),
    ]
    if purpose == "test":
        found += [
            Need(
                "Chromium or Chrome, in which the tests walk through the pages",
                lambda: any(map(shutil.which, BROWSERS)),
                "chromium-browser" if linux() == "ubuntu" else "chromium",
                "chromium",
                "google-chrome",
            ),
            Need(
                "pdftoppm, with which the tests look at PDF pages",
                lambda: bool(shutil.which("pdftoppm")),
                "poppler-utils",
                "poppler-utils",
                "poppler",
            ),
            Need(
                "LibreOffice Calc, in which the tests open exported tables",
                lambda: bool(shutil.which("soffice") or shutil.which("libreoffice")),
                "libreoffice-calc-nogui" if linux() == "debian" else "libreoffice-calc",
                "libreoffice-calc",
                "libreoffice",
            ),
            Need(
                "PostgreSQL's server, one of which the tests start for themselves",
                lambda: bool(shutil.which("initdb") or any(any(Path("/").glob(path)) for path in POSTGRESQL)),
                "postgresql",
                "postgresql-server",
                "postgresql@17",
            ),
            Need(
                "wapiti and sqlmap, with which the tests attack the survey",
                lambda: bool(shutil.which("wapiti") and shutil.which("sqlmap")),
                "wapiti sqlmap",
                "wapiti sqlmap",
                "sqlmap pipx && pipx install wapiti3",  # Homebrew has no wapiti
            ),
            Need(
                "Caddy, the proxy behind which the tests put the survey",
                lambda: bool(shutil.which("caddy")),
                "caddy",
                "caddy",
                "caddy",
            ),
        ]
    return found


def in_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV


def loads(library: str) -> bool:
    """Whether the dynamic loader finds it, which is what counts; a file somewhere is not enough."""
    for ending in ("so.0", "so.1", "0.dylib", "1.dylib"):
        try:
            ctypes.CDLL(f"lib{library}.{ending}")
        except OSError:
            continue
        return True
    return False


def provide(missing: list[Need]) -> None:
    """Install what is missing where that is possible without asking, else say what to type."""
    apt = apt_get() if missing else []
    if apt:
        packages = " ".join(need.apt for need in missing)
        say(f"Installing {packages} with apt-get (once; the log is {LOG.relative_to(ROOT)}) ...")
        install = [*apt, "install", "--yes", "--no-install-recommends", *packages.split()]
        # A new machine has no package lists yet; where there are some, fetching them anew only takes time.
        if not run(install) and run([*apt, "update"]):
            run(install)
        missing = [need for need in missing if not need.is_there()]
    if missing:
        tried = f" (apt-get could not install that: see {LOG.relative_to(ROOT)})" if apt else ""
        names = {tool: " ".join(getattr(need, tool) for need in missing) for tool in ("apt", "dnf", "brew")}
        stop(
            f"This machine lacks {', and '.join(need.what for need in missing)}{tried}: install that with "
            f'"sudo apt-get install {names["apt"]}" (Debian, Ubuntu), '
            f'"sudo dnf install {names["dnf"]}" (Fedora) or '
            f'"brew install {names["brew"]}" (macOS), and run the command again.'
        )


def apt_get() -> list[str]:
    """How to call apt-get without a password, or nothing where that is not possible."""
    if not shutil.which("apt-get"):
        return []
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    if os.geteuid() == 0:
        return apt
    return ["sudo", "-n", *apt] if shutil.which("sudo") and run(["sudo", "-n", "true"]) else []


def linux() -> str:
    """The name of the distribution: "debian", "ubuntu", "fedora"; empty where there is none."""
    try:
        return platform.freedesktop_os_release()["ID"]
    except OSError:
        return ""


def install_packages(lock: Path) -> None:
    """Everything is pinned, so a lock that has not changed since the last time needs no look at all.

    That of the tests holds all that the survey runs on, too.
    """
    digests = {hashlib.sha256(file.read_bytes()).hexdigest() for file in (ROOT / "requirements.lock", lock)}
    stamp = VENV / "installed"
    if in_venv() and stamp.exists() and digests <= set(stamp.read_text().split()):
        return
    make_venv()
    say(f"Installing the Python packages (a minute or two, once; the log is {LOG.relative_to(ROOT)}) ...")
    # No dependencies, so that nothing comes in unpinned; `make check` tells when a pin is missing.
    pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps"]
    if not run([PYTHON, *pip, "--require-hashes", "-r", lock]):
        stop(why_pip_failed())
    stamp.write_text("\n".join(digests))


def make_venv() -> None:
    """A virtual environment with pip in it; one that was left half-made is made whole."""
    if not in_venv():
        say(f"Making a virtual environment in .venv, with Python {platform.python_version()} ...")
        said = LOG.read_text()
        shutil.rmtree(VENV)
        VENV.mkdir()
        LOG.write_text(said)
        made = run([sys.executable, "-m", "venv", VENV])
    else:
        made = run([PYTHON, "-m", "pip", "--version"]) or run([PYTHON, "-m", "ensurepip"])
    if not made:
        stop(f"Python could not make a virtual environment in .venv: {LOG.relative_to(ROOT)} says why.")


def why_pip_failed() -> str:
    words = LOG.read_text()
    if re.search(r"connection broken|ProxyError|SSLError|timed out|from versions: none", words):
        return (
            "The Python packages could not be downloaded: check this machine's connection to the internet "
            "(behind a proxy, set HTTPS_PROXY; with a mirror of your own, set PIP_INDEX_URL), and run the "
            f"command again; what pip said is in {LOG.relative_to(ROOT)}."
        )
    errors = re.findall(r"^ERROR: (.*)", words, re.MULTILINE)
    return (
        f"pip could not install the Python packages ({errors[-1] if errors else 'without saying why'}): "
        f"mend that, and run the command again; all that it said is in {LOG.relative_to(ROOT)}."
    )


def run(command: Sequence[str | Path]) -> bool:
    """Run it, with all that it says going to the log."""
    with LOG.open("a") as log:
        return subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False).returncode == 0


def say(sentence: str) -> None:
    print(sentence, flush=True)


def stop(sentence: str) -> NoReturn:
    sys.exit(sentence)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        stop("Stopped half-way; the same command goes on from here.")
