"""Names that say what a thing does, and constructions that hide what happens."""

import ast
import re

from tests.architecture.sources import Module, functions, modules

SAYS_NOTHING = frozenset(
    "utils util common misc helpers helper services service managers manager signals base_utils "
    "lib stuff core tools handlers mixins".split()
)
UNFINISHED = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")


def where(module: Module, node: ast.AST) -> str:
    return f"{module.name}:{getattr(node, 'lineno', 0)}"


def test_every_module_is_named_for_what_it_does() -> None:
    nothing = [m.name for m in modules() if SAYS_NOTHING & set(m.name.split("."))]

    assert nothing == []
    assert len(modules()) > 200, "the scan reads the platform"


def test_every_module_public_class_and_function_says_what_it_is_for() -> None:
    silent = []
    for module in modules():
        if module.text.strip() and ast.get_docstring(module.tree) is None:
            silent.append(module.name)
        for node in module.tree.body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
                continue
            if ast.get_docstring(node) is None:
                silent.append(f"{where(module, node)} {node.name}")

    assert silent == []


def test_imports_stand_at_the_top_or_say_why_not() -> None:
    hidden = [
        where(module, node)
        for module in modules()
        for function in functions(module)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and not re.search(r"# noqa: PLC0415  \(.+\)", module.text.splitlines()[node.lineno - 1])
    ]

    assert hidden == []


def test_nothing_happens_through_signals() -> None:
    # Celery offers no other way to be told that a worker starts
    users = [
        module.name
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom)
        and re.search(r"\b(signals|dispatch)\b", node.module or "")
    ]

    assert users == ["cdp.celery"]


def test_no_model_changes_what_saving_or_deleting_means() -> None:
    overrides = [
        where(module, node)
        for module in modules()
        if module.name.endswith(".models") or ".models." in module.name
        for node in functions(module)
        if node.name in ("save", "delete", "full_clean")
    ]

    assert overrides == []


def test_nothing_is_left_unfinished() -> None:
    assert [m.name for m in modules() if UNFINISHED.search(m.text)] == []


def test_the_clock_is_asked_in_one_place() -> None:
    asks = re.compile(
        r"\b(datetime\.(now|utcnow|today)\(|date\.today\(|time\.time\(|timezone\.now\()"
    )

    assert [m.name for m in modules() if asks.search(m.text)] == ["cdp.kernel.clock"]


def test_modules_that_call_themselves_pure_ask_neither_django_nor_the_database() -> None:
    impure = []
    for module in modules():
        document = ast.get_docstring(module.tree) or ""
        if not re.search(r"\bPure\.", document):
            continue
        for node in module.tree.body:
            names = (
                [node.module or ""] if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names] if isinstance(node, ast.Import)
                else []
            )  # fmt: skip
            if isinstance(node, ast.ImportFrom) and node.module == "cdp.kernel":
                names = [f"cdp.kernel.{alias.name}" for alias in node.names]
            impure += [
                f"{module.name} imports {name}"
                for name in names
                if re.match(r"django\.(db|http)|psycopg|cdp\.kernel\.(database|clock)$", name)
            ]

    assert impure == []
