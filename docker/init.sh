#!/bin/sh
# Once at every `up`: bring the database to this Airflow's schema, and make the administrator with the password of .env
# (a changed one is applied). The pool of Spark submits is made by the plugin when the scheduler starts.
set -eu
airflow db migrate
name=${OPENGENOME_ADMIN_USER:-admin}
password() { # as answers to a prompt: among arguments everybody on the machine would see it
    printf '%s\n%s\n' "$OPENGENOME_ADMIN_PASSWORD" "$OPENGENOME_ADMIN_PASSWORD"
}
if airflow users list --output plain | awk '{ print $2 }' | grep -qxF -e "$name"; then
    password | airflow users reset-password --username="$name"
else
    password | airflow users create --username="$name" --role Admin \
        --firstname OpenGenome --lastname Administrator --email="$name@localhost"
fi
