# One image for every role of the stack: Airflow's components, Spark's master and workers.
#
# Layers are ordered from the least to the most changed: the system, the locked packages, Java's classes (once for each
# Spark), the compiled loops (once for each version of core/), the code. A change of code rebuilds only the last layer.

# OPENGENOME_DEBIAN_IMAGE in .env sets another image, such as debian@sha256:….
ARG DEBIAN=debian:bookworm-slim

FROM ${DEBIAN} AS packages
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
COPY include/opengenome/cli/uv-requirements.txt requirements-stack.txt /build/
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN python3 -m venv /build/uv \
 && /build/uv/bin/pip install --quiet --no-cache-dir --only-binary :all: --require-hashes -r /build/uv-requirements.txt \
 && python3 -m venv --without-pip /opt/venv \
 && /build/uv/bin/uv pip sync --quiet --no-cache --python /opt/venv/bin/python --require-hashes \
        /build/requirements-stack.txt \
 && rm -rf /opt/venv/lib/python3.11/site-packages/pyspark/jars/connect-repl \
 && find /opt/venv/lib -type d -name tests -prune -exec rm -rf {} +

FROM ${DEBIAN}
# openjdk's package installs man pages into a folder that slim images lack
RUN mkdir -p /usr/share/man/man1 \
 && apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates openjdk-17-jre-headless procps python3 tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --gid 0 --create-home --home-dir /home/opengenome opengenome \
 && install -d -o 10001 -g 0 -m 0770 /data /data/store /data/results /data/landing \
        /data/events /opt/opengenome/run /opt/opengenome/conf /opt/opengenome/recovery /opt/opengenome/work \
        /opt/opengenome/airflow /opt/opengenome/airflow/logs
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/opt/opengenome/include \
    PYSPARK_PYTHON=/opt/venv/bin/python \
    SPARK_HOME=/opt/venv/lib/python3.11/site-packages/pyspark \
    SPARK_CONF_DIR=/opt/opengenome/conf \
    OPENGENOME_LOOPS=/opt/opengenome/loops:/opt/opengenome/run/loops \
    AIRFLOW_HOME=/opt/opengenome/airflow \
    OPENGENOME_STORE=/data/store OPENGENOME_RESULTS=/data/results OPENGENOME_LANDING=/data/landing \
    OPENGENOME_SOURCE_ROOTS=/data/landing \
    OPENGENOME_CLASS_ARCHIVE=/opt/opengenome/spark.jsa
WORKDIR /opt/opengenome

COPY docker/class_archive.py include/opengenome/java.env docker/
RUN python docker/class_archive.py /opt/opengenome/spark.jsa

COPY include/opengenome/__init__.py include/opengenome/errors.py include/opengenome/
COPY include/opengenome/core include/opengenome/core/
RUN python -c "from opengenome.core.kernels import load_kernels; load_kernels()"

COPY docker docker/
COPY dags dags/
COPY plugins plugins/
COPY include include/

USER 10001:0
ENTRYPOINT ["tini", "--", "/opt/opengenome/docker/entrypoint.sh"]
CMD ["airflow", "version"]
