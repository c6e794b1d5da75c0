"""The launcher checks for a suitable Java before anything else, and installs one only if there is none."""

# ruff: noqa: F811 - fixtures

from __future__ import annotations

import pytest

from tests.cli.test_bootstrap import as_root, clone, made  # noqa: F401


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.21"])
def test_an_old_java_is_refused_only_where_spark_runs(made, version):
    made.tool("java", f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    code, out, err = made.run("demo")
    assert (code, out) == (1, "")
    assert "Java 17" in err
    assert "openjdk-17-jre-headless" in err
    assert made.run("down")[0] == 0
    assert made.run("demo", "--help")[0] == 0
    assert made.run("analyze", "codon", "--on", "stack")[0] == 0


JAVA_WORDS = {
    "no memory": ("Error occurred during initialization of VM\nCould not reserve enough space for object heap", 1),
    "a bad option": ("Picked up JAVA_TOOL_OPTIONS: -Xmx4x\nInvalid maximum heap size: -Xmx4x *", 1),
    "no folder": ("java.lang.Error: Could not determine current working directory.\n\tat java.lang.System.init", 1),
    "killed in silence": ("", 137),
}


@pytest.mark.parametrize("case", JAVA_WORDS)
def test_a_java_that_cannot_run_is_quoted_and_none_is_installed(made, tmp_path, case):
    words, status = JAVA_WORDS[case]
    made.tool("java", f"#!/bin/sh\ncat >&2 <<'.'\n{words}\n.\nexit {status}\n")
    as_root(made, tmp_path)
    code, out, err = made.run("demo")
    assert (code, out) == (1, "")
    said = " ".join(words.partition("\tat ")[0].split()) or "it said nothing"
    mend = "Give it more memory: `ulimit -v`" if case == "no memory" else "Repair it, or set JAVA_HOME to another Java"
    assert err.startswith(f"error: 'java -version' failed: {said.rstrip('.')}. {mend}")
    assert err.count("\n") == 1
    assert not (tmp_path / "apt").exists()


def test_an_old_java_is_not_replaced_behind_the_users_back(made, tmp_path):
    made.tool("java", "#!/bin/sh\necho 'openjdk version \"11.0.21\"' >&2\n")
    as_root(made, tmp_path)
    assert made.run("demo")[0] == 1
    assert not (tmp_path / "apt").exists()


def test_java_is_installed_only_where_there_is_none(made, tmp_path):
    (made.bin / "java").unlink()
    as_root(made, tmp_path)
    code, _, err = made.run("demo")
    assert code == 1  # this apt-get installs none
    assert "Installing Java" in err
    assert "PATH has none" in err
    assert "openjdk-17-jre-headless" in (tmp_path / "apt").read_text()
    (tmp_path / "apt").unlink()
    code, _, err = made.run("demo", JAVA_HOME=str(tmp_path))
    assert code == 1
    assert err.endswith(f"but {tmp_path} has none. Set JAVA_HOME to the folder of one, or unset it\n")
    assert not (tmp_path / "apt").exists()


def test_java_home_is_preferred_to_path(made, tmp_path):
    (tmp_path / "jre" / "bin").mkdir(parents=True)
    (tmp_path / "jre" / "bin" / "java").symlink_to(made.bin / "java")
    (made.bin / "java").rename(made.bin / "other-java")
    (tmp_path / "jre" / "bin" / "java").unlink()
    (tmp_path / "jre" / "bin" / "java").symlink_to(made.bin / "other-java")
    assert made.run("demo", JAVA_HOME=str(tmp_path / "jre"))[0] == 0
    assert made.run("demo")[0] == 1


def test_a_missing_java_is_reported_before_anything_is_installed(clone):
    (clone.bin / "java").unlink()
    code, _, err = clone.run("demo")
    assert (code, clone.syncs()) == (1, [])
    assert err.startswith("error: Spark needs Java 17")
    assert not (clone.root / ".venv").exists()


def test_no_java_is_installed_for_a_machine_without_a_python(clone, tmp_path):
    (clone.bin / "java").unlink()
    clone.tool("python3", "#!/bin/sh\nexit 1\n")
    as_root(clone, tmp_path)
    code, _, err = clone.run("demo")
    assert (code, clone.syncs()) == (1, [])
    assert err.startswith("error: no Python 3.11, 3.12 or 3.13 on PATH")
    assert not (tmp_path / "apt").exists()


def test_the_reason_of_an_installation_of_java_that_fails_is_shown(made, tmp_path):
    (made.bin / "java").unlink()
    as_root(made, tmp_path)
    made.tool("apt-get", "#!/bin/sh\necho 'E: Unable to fetch some archives'\nexit 100\n")
    code, _, err = made.run("demo")
    assert code == 1
    assert err.splitlines()[1:] == [
        "E: Unable to fetch some archives",
        "error: Java cannot be installed: apt-get says why, see above. Any JRE 17 or 21 works, with JAVA_HOME set",
    ]
