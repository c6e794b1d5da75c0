"""Real output of Java, Spark and the shell when they failed, and the line that explains the failure."""

from __future__ import annotations

import pytest

from opengenome.io.last_words import last_words

STACK = "\tat org.apache.spark.deploy.SparkSubmit$.main(SparkSubmit.scala:1180)"
SAID = {
    "a bad option": (
        "Picked up _JAVA_OPTIONS: -Xmx4x\nInvalid maximum heap size: -Xmx4x\n"
        "Error: Could not create the Java Virtual Machine.\nError: A fatal exception has occurred. Program will exit.\n"
        "/venv/pyspark/bin/spark-class: line 97: CMD: bad array subscript",
        "Invalid maximum heap size: -Xmx4x",
    ),
    "no address space": (
        "Error occurred during initialization of VM\nCould not reserve enough space for 524288KB object heap",
        "Could not reserve enough space for 524288KB object heap",
    ),
    "no memory": (
        "OpenJDK 64-Bit Server VM warning: INFO: os::commit_memory(0x0, 1, 0) failed; error='Not enough space'\n#\n"
        "# There is insufficient memory for the Java Runtime Environment to continue.\n"
        "# Native memory allocation (mmap) failed to map 16384 bytes for committing reserved memory.\n"
        "# An error report file with more information is saved as:\n# /scratch/hs_err_pid7.log",
        "Native memory allocation (mmap) failed to map 16384 bytes for committing reserved memory",
    ),
    "a heap that is too small": (
        f'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n{STACK}',
        "OutOfMemoryError: Java heap space",
    ),
    "a chain of causes": (
        f'Exception in thread "main" java.lang.ExceptionInInitializerError\n{STACK}\n'
        f"Caused by: java.io.FileNotFoundException: /jvm/lib/tzdb.dat (Too many open files)\n{STACK}\n\t... 35 more",
        "FileNotFoundException: /jvm/lib/tzdb.dat (Too many open files)",
    ),
    "YARN without a cluster": (
        "Exception in thread \"main\" org.apache.spark.SparkException: When running with master 'yarn' either"
        f" HADOOP_CONF_DIR or YARN_CONF_DIR must be set in the environment.\n{STACK}",
        "SparkException: When running with master 'yarn' either HADOOP_CONF_DIR or YARN_CONF_DIR must be set in the"
        " environment",
    ),
    "a missing file, before the help": (
        "Error: Invalid properties file '/nothere.conf'.\nUsage: spark-submit [options] <app jar | python file>\n"
        "  --supervise    If given, restarts the driver on failure.",
        "Invalid properties file '/nothere.conf'",
    ),
    "through Python": (
        "py4j.protocol.Py4JJavaError: An error occurred while calling None.org.apache.spark.JavaSparkContext.\n"
        ": org.apache.spark.SparkIllegalArgumentException: [INVALID_DRIVER_MEMORY] System memory 405471232 must be at"
        ' least 471859200.\nPlease increase heap size using the --driver-memory option or "spark.driver.memory" in'
        f" Spark configuration. SQLSTATE: F0000\n{STACK}",
        "SparkIllegalArgumentException: [INVALID_DRIVER_MEMORY] System memory 405471232 must be at least 471859200",
    ),
    "no Java": (
        "/venv/pyspark/bin/spark-class: line 71: /nowhere/bin/java: No such file or directory\n"
        "/venv/pyspark/bin/spark-class: line 97: CMD: bad array subscript",
        "/nowhere/bin/java: No such file or directory",
    ),
    "no process": (
        "/venv/bin/spark-submit: fork: retry: Resource temporarily unavailable\n"
        "/venv/bin/spark-submit: fork: Resource temporarily unavailable",
        "/venv/bin/spark-submit: fork: Resource temporarily unavailable",
    ),
    "an error of a Python worker": (
        "py4j.protocol.Py4JJavaError: An error occurred while calling z:org.apache.spark.api.python.PythonRDD.\n"
        ": org.apache.spark.SparkException: Job aborted due to stage failure\n"
        "Caused by: org.apache.spark.api.python.PythonException: Traceback (most recent call last):\n"
        f'  File "worker.py", line 1, in main\n    fail()\n    ^^^^^^\nMemoryError: out of it\n\n{STACK}',
        "MemoryError: out of it",
    ),
    "nothing of an error": ("26/11/25 19:16:47 WARN Utils: Your hostname\nhello\n", "hello"),
    "nothing": ("\n\n", None),
}


@pytest.mark.parametrize("case", SAID)
def test_the_line_that_explains_a_failure_is_found_in_real_output(case):
    said, words = SAID[case]
    assert last_words(said.splitlines()) == words
