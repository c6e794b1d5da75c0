"""Settings come from the environment; an invalid value is refused with one sentence."""

from __future__ import annotations

import pytest

from opengenome.errors import UsageError
from opengenome.orchestration import settings


def test_a_task_may_take_a_day_by_default(monkeypatch):
    monkeypatch.delenv("OPENGENOME_TASK_SECONDS", raising=False)
    assert settings.load().task_seconds == 24 * 60 * 60
    monkeypatch.setenv("OPENGENOME_TASK_SECONDS", "7200")
    assert settings.load().task_seconds == 7200


def test_notifier_and_deadline_are_off_by_default(monkeypatch):
    for name in ("NOTIFIER", "NOTIFIER_ARGUMENTS", "DEADLINE_SECONDS"):
        monkeypatch.delenv(f"OPENGENOME_{name}", raising=False)
    current = settings.load()
    assert (current.notifier, current.notifier_arguments, current.deadline_seconds) == ("", {}, None)


@pytest.mark.parametrize("text", ["[]", "7", '{"password": "hidden"', "hidden"])
def test_arguments_of_a_notifier_that_are_no_object_are_refused_but_not_repeated(monkeypatch, text):
    monkeypatch.setenv("OPENGENOME_NOTIFIER_ARGUMENTS", text)
    with pytest.raises(UsageError, match="OPENGENOME_NOTIFIER_ARGUMENTS is not a JSON object") as refused:
        settings.load()
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("name", ["TASK_SECONDS", "SPARK_SLOTS", "DEADLINE_SECONDS"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "24h", "²", " "])
def test_an_invalid_number_is_named_with_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(f"OPENGENOME_{name}", value)
    with pytest.raises(UsageError, match=f"OPENGENOME_{name} is '{value}'"):
        settings.load()


@pytest.mark.parametrize(
    "name", ["STORE", "RESULTS", "LANDING", "SOURCE_ROOTS", "CLASS_ARCHIVE", "SPARK_PROPERTIES", "PACKAGE"]
)
@pytest.mark.parametrize("value", ["~nobodyatall/x", "loop/x"])
def test_an_invalid_path_is_named_with_its_variable(monkeypatch, tmp_path, name, value):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setenv(f"OPENGENOME_{name}", value)
    with pytest.raises(UsageError, match=f"OPENGENOME_{name} is {value}, which is not a valid path"):
        settings.load()
