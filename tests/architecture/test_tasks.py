"""Background work: found by the worker, woken by a name that exists, with arguments that travel."""

import ast
from importlib import import_module
from inspect import signature

import pytest
from celery import Task

from cdp.celery import ROOMS_WITH_TASKS
from cdp.schedule import SCHEDULE
from tests.architecture.sources import Module, functions, modules

TRAVELS = {"str", "int", "bool"}
TASK_MODULES = [module for module in modules() if module.name.endswith(".tasks")]


def tasks(module: Module) -> list[ast.FunctionDef]:
    return [
        function
        for function in functions(module)
        if isinstance(function, ast.FunctionDef)
        and any("shared_task" in ast.unparse(each) for each in function.decorator_list)
    ]


ALL = [
    pytest.param(module, task, id=f"{module.name}.{task.name}")
    for module in TASK_MODULES
    for task in tasks(module)
]


def test_every_room_with_tasks_is_on_the_workers_list_and_no_other() -> None:
    rooms = {module.name.removesuffix(".tasks") for module in TASK_MODULES}

    assert set(ROOMS_WITH_TASKS) == rooms


@pytest.mark.parametrize("name", SCHEDULE)
def test_every_entry_of_the_schedule_wakes_a_task_that_needs_no_argument(name: str) -> None:
    room, _, task = SCHEDULE[name].task.rpartition(".")
    found = getattr(import_module(room), task)

    assert isinstance(found, Task)
    assert found.name == SCHEDULE[name].task
    needed = [
        each for each in signature(found.run).parameters.values() if each.default is each.empty
    ]
    assert needed == []


@pytest.mark.parametrize(("module", "task"), ALL)
def test_a_tasks_arguments_are_named_and_survive_the_queue(
    module: Module, task: ast.FunctionDef
) -> None:
    arguments = task.args
    kinds = [ast.unparse(each.annotation) for each in arguments.kwonlyargs if each.annotation]

    assert not [*arguments.posonlyargs, *arguments.args]
    assert arguments.vararg is None
    assert arguments.kwarg is None
    assert len(kinds) == len(arguments.kwonlyargs)
    assert set(kinds) <= TRAVELS


@pytest.mark.parametrize(("module", "task"), ALL)
def test_a_task_is_given_back_when_its_worker_dies(module: Module, task: ast.FunctionDef) -> None:
    (decorator,) = (each for each in task.decorator_list if "shared_task" in ast.unparse(each))

    assert "acks_late=True, reject_on_worker_lost=True" in ast.unparse(decorator)
