#!/bin/sh
# Run at every `up`: migrate the database to this Airflow's schema, and create the administrator with the password of
# .env, or apply a changed one. The plugin creates the pool of Spark submits when the scheduler starts.
set -eu
airflow db migrate
name=${OPENGENOME_ADMIN_USER:-admin}
password() { # typed at a prompt, because everybody on the machine could see an argument
    printf '%s\n%s\n' "$OPENGENOME_ADMIN_PASSWORD" "$OPENGENOME_ADMIN_PASSWORD"
}
if airflow users list --output plain | awk '{ print $2 }' | grep -qxF -e "$name"; then
    password | airflow users reset-password --username="$name"
else
    password | airflow users create --username="$name" --role Admin \
        --firstname OpenGenome --lastname Administrator --email="$name@localhost"
fi
