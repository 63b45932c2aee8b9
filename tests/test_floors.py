"""The floors of the house: imports go down only, and what is heavy or dangerous has one place.

3 door      cli, __main__
2 steps     see ports only
2 edges     sources cloud store reports settings sandbox fleet notices: none imports another
1 rules     values, then decisions, readiness, summary: pure
0 words     model reasons options ports errors, with clock, files and together for whoever may touch the world
"""

import ast
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "prepop"
LONGEST = 400

DOOR = {"cli", "__main__"}
EDGES = {"sources", "cloud", "store", "reports", "settings", "sandbox", "fleet", "notices", "guide"}
WORDS = {"model", "reasons", "options", "ports", "errors"}
WORLD = {"clock", "files", "together"}  # small, and below everything that may touch the world
ROOMS = DOOR | EDGES | WORDS | WORLD | {"steps", "rules", "__init__"}

MAY_IMPORT = {
    "words": WORDS,
    "world": WORDS | WORLD,
    "rules": (WORDS - {"ports"}) | {"rules"},  # values come in, none of the ports
    "edges": WORDS | WORLD | {"rules"},  # and their own room
    "steps": WORDS | {"clock", "together", "rules", "steps"},
    "door": ROOMS,
}
AT_HOME = {  # library -> the one room that imports it
    "msgraph": "cloud",
    "msgraph_core": "cloud",
    "kiota_abstractions": "cloud",
    "kiota_authentication_azure": "cloud",
    "kiota_http": "cloud",
    "kiota_serialization_json": "cloud",
    "azure": "cloud",
    "httpx": "cloud",
    "tenacity": "cloud",
    "ldap3": "sources",
    "gssapi": "sources",
    "winkerberos": "sources",
    "win32evtlogutil": "notices",
    "python_calamine": "sources",
    "sqlite3": "store",
    "filelock": "store",
    "apprise": "notices",
    "prometheus_client": "notices",
    "opentelemetry": "notices",
    "jinja2": "reports",
    "xlsxwriter": "reports",
    "starlette": "sandbox",
    "uvicorn": "sandbox",
    "phonenumbers": "rules",
    "email_validator": "rules",
}
SHARED_LIBRARIES = {
    "starlette": {"sandbox"},
    "jinja2": {"reports", "notices"},  # the page; the words of mails to people
    "sqlite3": {"store", "cli"},  # cli.context names the type of a connection
    "phonenumbers": {"rules", "sandbox", "settings"},  # example numbers; regions that a config may name
}
IMPURE = {
    "os", "sys", "io", "time", "logging", "socket", "random", "secrets", "subprocess", "threading", "asyncio",
    "shutil", "tempfile", "urllib", "http", "ssl", "sqlite3", "pathlib", "locale", "getpass", "glob",
}  # fmt: skip
HEAVY = (
    "msgraph", "msgraph_core", "kiota_abstractions", "azure", "httpx", "aiohttp", "pandas", "jinja2",
    "xlsxwriter", "uvicorn", "starlette", "ldap3", "cryptography", "sqlite3", "phonenumbers", "pydantic",
    "rich", "apprise", "requests", "prometheus_client",
)  # fmt: skip

MODULES = sorted(HOUSE.rglob("*.py"))
VERBS = [path for path in MODULES if "click.command(" in path.read_text(encoding="utf-8")]


def room(path: Path) -> str:
    """The room that a file stands in: a folder of the house, or the module itself."""
    parts = path.relative_to(HOUSE).parts
    return parts[0] if len(parts) > 1 else path.stem


def floor(name: str) -> str:
    """The floor of a room."""
    if name in DOOR:
        return "door"
    if name in EDGES:
        return "edges"
    if name in WORDS:
        return "words"
    if name in WORLD:
        return "world"
    return name


def tree(path: Path) -> ast.Module:
    """A module's syntax."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every import of a module, wherever it stands: line and dotted name, with the names taken from it."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, one.name) for one in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield from ((node.lineno, f"{module}.{one.name}") for one in names)
            case ast.ImportFrom():
                pytest.fail(f"{path}:{node.lineno}: a relative import")


def imported_rooms(path: Path) -> Iterator[tuple[int, str]]:
    """Rooms of the house that a module imports."""
    for line, name in imports(path):
        parts = name.split(".")
        if parts[0] == "prepop":
            yield line, parts[1] if len(parts) > 1 and parts[1] in ROOMS else "__init__"


def test_every_module_has_a_room() -> None:
    """A new folder or module must be put on a floor before it is used."""
    assert {room(path) for path in MODULES} <= ROOMS
    assert len(MODULES) > 50


def test_imports_go_down_only() -> None:
    """Nobody imports from above, and rooms on one floor do not import each other."""
    wrong = []
    for path in MODULES:
        here = room(path)
        allowed = MAY_IMPORT.get(floor(here), set()) | {here, "__init__"}
        for line, there in imported_rooms(path):
            if there not in allowed:
                wrong.append(f"{path.relative_to(HOUSE)}:{line} ({floor(here)}) imports {there}")
    assert wrong == []


def _imported(path: Path, names: Collection[str]) -> set[str]:
    """Modules that a module imports from, at its head or later inside a function."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules = {f"{node.module}.{each.name}" for each in node.names} & set(names)
            found |= modules | ({node.module} if len(modules) < len(node.names) else set())
    return found & set(names)


def test_no_circle() -> None:
    """No module imports one that imports it back, at its head or later, over however many others."""
    names = {
        ".".join(("prepop", *path.relative_to(HOUSE).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in MODULES
    }
    heads = {name: _imported(path, names) - {name} for name, path in names.items()}
    left = dict(heads)
    while free := [name for name, there in left.items() if not there & left.keys()]:
        for name in free:
            del left[name]
    assert left == {}


def test_a_class_has_a_name_of_its_own() -> None:
    """No public class name stands in two modules: a name in a message, or in a search, means one thing."""
    homes: dict[str, list[str]] = {}
    for path in MODULES:
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(path.relative_to(HOUSE).as_posix())
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


def test_libraries_have_one_home() -> None:
    """Graph, Azure and HTTP are imported by cloud alone, LDAP by sources alone, and so on."""
    wrong, seen = [], set()
    for path in MODULES:
        for line, name in imports(path):
            library = name.split(".")[0]
            if library in AT_HOME:
                seen.add(library)
                if room(path) not in SHARED_LIBRARIES.get(library, {AT_HOME[library]}):
                    wrong.append(f"{path.relative_to(HOUSE)}:{line} imports {library}")
    assert wrong == []
    assert {"msgraph", "kiota_abstractions", "azure", "httpx", "ldap3"} <= seen, "the test looks at nothing"


def test_the_sandbox_knows_nothing_of_the_client() -> None:
    """A mistake in the client must not be mirrored in the emulator: neither imports the other."""
    for path in MODULES:
        if room(path) in ("sandbox", "cloud"):
            assert not {there for _, there in imported_rooms(path)} & {"sandbox", "cloud"} - {room(path)}


def test_rules_are_pure() -> None:
    """Deciding knows no clock, file, environment, network, log or chance."""
    wrong = []
    for path in MODULES:
        if room(path) != "rules":
            continue
        wrong += [
            f"{path.name}:{line} imports {name}"
            for line, name in imports(path)
            if name.split(".")[0] in IMPURE
        ]
        for node in ast.walk(tree(path)):
            match node:
                case ast.Call(func=ast.Name(id="open" | "print" | "input" | "exec" | "eval" as name)):
                    wrong.append(f"{path.name}:{node.lineno} calls {name}")
                case ast.Attribute(attr="now" | "utcnow" | "today" as name, value=value) if ast.unparse(
                    value
                ).split(".")[-1] in ("datetime", "date"):
                    wrong.append(f"{path.name}:{node.lineno} asks {ast.unparse(value)}.{name}")
                case ast.Global():
                    wrong.append(f"{path.name}:{node.lineno} keeps state in a global")
    assert wrong == []


def test_words_are_words() -> None:
    """Model, reasons, options and ports do nothing: no import of the world but paths as a type."""
    for path in MODULES:
        if room(path) in WORDS:
            assert not {name.split(".")[0] for _, name in imports(path)} & (IMPURE - {"pathlib"}), path


def test_only_applying_holds_a_writer() -> None:
    """The writer is made in one place and taken in one: a preview is safe because it has none."""
    makers, takers = set(), set()
    for path in MODULES:
        name = path.relative_to(HOUSE).as_posix()
        for node in ast.walk(tree(path)):
            match node:
                case ast.Call(func=ast.Attribute(attr="writer", value=ast.Name(id=owner))) if owner != "csv":
                    makers.add(name)
                case ast.Name(id="MethodWriter") | ast.Attribute(attr="MethodWriter"):
                    takers.add(name)
    assert makers == {"steps/apply.py"}
    assert takers == {"steps/apply.py", "cloud/__init__.py"}
    functions = {
        function.name
        for name in makers
        for function in ast.walk(tree(HOUSE / name))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "writer"
    }
    assert functions == {"of"}, "made where an applying begins, and nowhere else"


def test_what_only_looks_cannot_write() -> None:
    """Of the steps only apply and resume, of the verbs only those that write, get what writing takes."""
    names: dict[str, set[str]] = {"steps": set(), "cli": set()}
    for path in MODULES:
        if room(path) == "steps":
            here = {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}
        elif room(path) == "cli":
            here = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
        else:
            continue
        if here & {"Means", "Tenant", "means"}:
            names[room(path)].add(path.stem)
    assert names == {"steps": {"apply", "resume"}, "cli": {"apply", "sync", "resume", "rollback"}}
    preview = [
        node
        for node in ast.walk(tree(HOUSE / "cli" / "rollback.py"))
        if isinstance(node, ast.AsyncFunctionDef) and node.name == "preview"
    ]
    assert len(preview) == 1
    assert "means" not in ast.unparse(preview[0])


def test_nothing_is_swallowed() -> None:
    """Nowhere is every exception caught and passed over."""
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler) and all(
                isinstance(one, ast.Pass | ast.Continue) for one in node.body
            ):
                kinds = ast.unparse(node.type) if node.type else "everything"
                assert kinds not in ("everything", "Exception", "BaseException"), f"{path}:{node.lineno}"


def test_no_file_is_too_long() -> None:
    """A module fits into one head."""
    long = {
        path.name: count
        for path in MODULES
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert long == {}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        ([], 2),
        (["planx"], 2),
        (["plan", "--limit", "x"], 2),
        (["sync", "--max-duration", "3"], 2),
        *(([path.stem if path.stem != "__init__" else "init", "--help"], 0) for path in VERBS),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_help_answers_at_once(words: list[str], code: int) -> None:
    """Help, version and wrong usage import neither the Graph SDK nor anything else that is heavy."""
    program = (
        "import sys\n"
        "from prepop.cli import main\n"
        "code = main(sys.argv[1:])\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "print('HEAVY', code, heavy)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, timeout=600, check=True
    )
    last = answer.stdout.splitlines()[-1]
    assert last == f"HEAVY {code} []", answer.stdout + answer.stderr
    assert "prepop" in answer.stdout + answer.stderr
