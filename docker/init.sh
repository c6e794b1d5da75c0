#!/bin/sh
# Once at every `up`: bring the database to this Airflow's schema, and make the administrator with the password of .env
# (a changed one is applied). The pool of Spark submits is made by the plugin when the scheduler starts.
set -eu
airflow db migrate
name=${OPENGENOME_ADMIN_USER:-admin}
if airflow users list --output plain | awk '{ print $2 }' | grep -qxF "$name"; then
    airflow users reset-password --username "$name" --password "$OPENGENOME_ADMIN_PASSWORD"
else
    airflow users create --username "$name" --password "$OPENGENOME_ADMIN_PASSWORD" --role Admin \
        --firstname OpenGenome --lastname Administrator --email "$name@localhost"
fi
