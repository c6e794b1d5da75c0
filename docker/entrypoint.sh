#!/bin/sh
# Write Spark's configuration with its secret to a file that only this user can read, then become the role.
# Spark does not expand variables in that file, and everyone could see a secret among the arguments. The file is not in
# SPARK_CONF_DIR: that folder is on Java's class path, and the class archive requires it to be empty.
set -eu
umask 077
# shellcheck source=include/opengenome/java.env
. /opt/opengenome/docker/java.env # the class archive of the image was made with these options
conf=/opt/opengenome/run/spark.conf
if [ -n "${OPENGENOME_SPARK_SECRET:-}" ]; then
    cat >"$conf" <<CONF
spark.authenticate true
spark.authenticate.secret $OPENGENOME_SPARK_SECRET
spark.network.crypto.enabled true
spark.network.crypto.authEngineVersion 2
spark.network.crypto.cipher AES/GCM/NoPadding
spark.network.crypto.saslFallback false
spark.executor.cores ${OPENGENOME_EXECUTOR_CORES:-1}
spark.cores.max ${OPENGENOME_CORES_PER_BATCH:-2}
spark.executor.memory ${OPENGENOME_EXECUTOR_MEMORY:-512m}
spark.executor.extraJavaOptions $java_options $java_uses_archive$OPENGENOME_CLASS_ARCHIVE
spark.worker.cleanup.enabled true
spark.worker.cleanup.appDataTtl 21600
spark.ui.killEnabled false
CONF
    # Set where drivers run: the host name by which executors find them.
    if [ -n "${OPENGENOME_DRIVER_HOST:-}" ]; then
        printf '%s\n' "spark.driver.host $OPENGENOME_DRIVER_HOST" "spark.driver.bindAddress 0.0.0.0" >>"$conf"
    fi
    if [ -n "${OPENGENOME_SPARK_EVENTS:-}" ]; then
        printf '%s\n' "spark.eventLog.enabled true" "spark.eventLog.dir $OPENGENOME_SPARK_EVENTS" \
            "spark.history.fs.logDirectory $OPENGENOME_SPARK_EVENTS" "spark.history.fs.cleaner.enabled true" >>"$conf"
    fi
fi
unset OPENGENOME_SPARK_SECRET
export SPARK_DAEMON_JAVA_OPTS="$java_options ${SPARK_DAEMON_JAVA_OPTS:-}" # for Spark's master, workers and history server
exec "$@"
