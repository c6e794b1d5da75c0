"""Errors of the launcher itself: a sentence, and with --json the usual JSON object."""

# ruff: noqa: F811 - fixtures

from __future__ import annotations

import hashlib
import json
import subprocess

import pytest

from tests.cli.test_bootstrap import SH, clone, made  # noqa: F401


@pytest.mark.parametrize("name", ["a:b", "a?", "$HOME", "a\nb"])
def test_a_path_that_python_or_airflow_would_misread_is_refused(made, name):
    made.root = made.root.rename(made.root.parent / name)
    code, out, err = made.run("down")
    assert (code, out) == (1, "")
    assert "Move the checkout, or copy it elsewhere" in err


@pytest.mark.parametrize("name", ["a % b", "#1", "it's", '"quoted"', "{{ 7*7 }}", "caf\xe9"])
def test_any_other_path_is_fine(made, name):
    made.root = made.root.rename(made.root.parent / name)
    digest = hashlib.sha256((made.root / "requirements.txt").read_bytes()).hexdigest()
    (made.root / ".venv" / ".opengenome-synced").write_text(f"product {digest} {made.root}")
    code, out, err = made.run("down")
    assert (code, out[:3], err) == (0, "ran", "")


def test_a_read_only_checkout_is_reported_with_advice(clone):
    (clone.root / ".airflow").write_text("a file in the way of the folder")
    code, out, err = clone.run("down")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == (
        "error: the checkout cannot be written, see above. Copy it to your own folder on a disk with free space"
    )


REFUSALS = {
    "java": (("analyze", "codon", "--json"), {"JAVA_HOME": '/no"pe'}, 1, 'but /no"pe has none'),
    "a value": (("runs", "--json=1"), {"PATH": "/nowhere"}, 1, "no cat on PATH"),
    "python": (
        ("runs", "--json"),
        {"OPENGENOME_PYTHON": "C:\\no\tcaf\xe9"},
        1,
        "OPENGENOME_PYTHON=C:\\no caf\xe9 is not a",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_errors_of_the_launcher_are_json_objects_too(clone, case):
    words, given, code, sentence = REFUSALS[case]
    (clone.root / "opengenome").write_text((clone.root / "opengenome").read_text().replace("#!/bin/sh", f"#!{SH}", 1))
    found, out, err = clone.run(*words, **given)
    assert (found, err) == (code, "")
    answer = json.loads(out)
    assert sorted(answer) == ["error", "exit"]
    assert answer["exit"] == code
    assert sentence in answer["error"]


def test_a_start_that_breaks_off_anywhere_is_a_sentence_and_an_object_too(clone):
    (clone.bin / "mv").unlink()
    clone.tool("mv", "#!/bin/sh\nexit 3\n")  # the last step of making .venv
    code, out, _ = clone.run("runs", "--json")
    assert (code, json.loads(out)) == (1, {"error": "the command could not be started, see above.", "exit": 1})
    code, out, err = clone.run("runs")
    assert (code, out, err.splitlines()[-1]) == (1, "", "error: the command could not be started, see above")


def test_json_that_is_pytests_is_not_ours(made):
    code, out, err = made.run("test", "-k", "--json", JAVA_HOME="/nope")
    assert (code, out) == (1, "")
    assert "/nope has none" in err


def test_a_folder_as_standard_input_is_refused_in_a_sentence(made, tmp_path):
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        with_folder = f'exec "{made.root}/opengenome" "$@" <"{tmp_path}"'
        return subprocess.run(
            ["sh", "-c", with_folder, "sh", *words],
            env={"PATH": str(made.bin)},
            capture_output=True,
            text=True,
            check=False,
        )

    done = run("runs")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: standard input is a folder. Use --input FOLDER instead\n"
    assert json.loads(run("runs", "--json").stdout)["exit"] == 2


def test_a_path_without_the_systems_tools_is_reported_and_no_other_folder_is_taken_for_the_checkout(made, tmp_path):
    done = subprocess.run(
        [SH, made.root / "opengenome", "runs"],
        cwd=tmp_path,
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: there is no cat on PATH")
    assert not (tmp_path / ".airflow").exists()


@pytest.mark.parametrize(
    ("call", "typed"), [("./my clone/opengenome", "'./my clone/opengenome'"), ("it's", "'./it'\\''s'"), ("og", "./og")]
)
def test_the_hints_get_the_command_as_it_was_called(made, tmp_path, call, typed):
    (made.root / "include" / "opengenome" / "cli" / "__main__.py").write_text(
        "import os, shlex; name = os.environ['OPENGENOME_COMMAND']; print(name, shlex.split(name))"
    )
    for link in ("it's", "og"):
        (tmp_path / link).symlink_to("my clone/opengenome")
    call = call if "/" in call else f"./{call}"
    done = subprocess.run(
        [call, "runs"], cwd=tmp_path, env={"PATH": str(made.bin)}, capture_output=True, text=True, check=False
    )
    assert done.stdout == f"{typed} {[call]}\n"
    assert done.stderr == ""
