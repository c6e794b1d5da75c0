#!/bin/sh
# Write Spark's configuration with its secret to a file that only this user reads, then become the role.
# Spark does not expand variables in that file, and a secret among arguments would be seen by everyone.
set -eu
umask 077
mkdir -p "$SPARK_CONF_DIR"
if [ -n "${OPENGENOME_SPARK_SECRET:-}" ]; then
    cat >"$SPARK_CONF_DIR/spark-defaults.conf" <<CONF
spark.authenticate true
spark.authenticate.secret $OPENGENOME_SPARK_SECRET
spark.network.crypto.enabled true
spark.executor.cores ${OPENGENOME_EXECUTOR_CORES:-1}
spark.cores.max ${OPENGENOME_CORES_PER_BATCH:-2}
spark.executor.memory ${OPENGENOME_EXECUTOR_MEMORY:-512m}
CONF
    # Where drivers run: the name by which executors find them.
    if [ -n "${OPENGENOME_DRIVER_HOST:-}" ]; then
        printf 'spark.driver.host %s\nspark.driver.bindAddress 0.0.0.0\n' "$OPENGENOME_DRIVER_HOST" >>"$SPARK_CONF_DIR/spark-defaults.conf"
    fi
    if [ -n "${OPENGENOME_SPARK_EVENTS:-}" ]; then
        printf 'spark.eventLog.enabled true\nspark.eventLog.dir %s\n' "$OPENGENOME_SPARK_EVENTS" >>"$SPARK_CONF_DIR/spark-defaults.conf"
    fi
fi
unset OPENGENOME_SPARK_SECRET
exec "$@"
