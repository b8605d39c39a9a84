#!/bin/sh
# Makes a database cluster on first start, then runs the server as the unprivileged user.
# In: POSTGRES_PASSWORD (or POSTGRES_HOST_AUTH_METHOD=trust), POSTGRES_USER, POSTGRES_DB, PGDATA.
set -eu

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chown -R postgres:postgres "$PGDATA"
    chmod 0700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

[ "$1" = postgres ] || exec "$@"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    user=${POSTGRES_USER:-postgres}
    database=${POSTGRES_DB:-$user}
    method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$method" != trust ]; then
        echo "error: the database is new, so it needs POSTGRES_PASSWORD" >&2
        exit 1
    fi
    secret=$(mktemp)
    printf '%s\n' "${POSTGRES_PASSWORD:-unused}" > "$secret"
    initdb --username="$user" --pwfile="$secret" --auth-local=trust --auth-host="$method" --encoding=UTF8
    rm "$secret"
    echo "host all all all $method" >> "$PGDATA/pg_hba.conf"

    # The first start listens on the socket only, so that nobody connects to a half-made database.
    pg_ctl --wait -o "-c listen_addresses=''" start
    if [ "$database" != postgres ]; then
        createdb --username="$user" "$database"
    fi
    for script in /docker-entrypoint-initdb.d/*.sql; do
        [ -e "$script" ] || continue
        psql -v ON_ERROR_STOP=1 --username="$user" --dbname="$database" --file="$script"
    done
    pg_ctl --wait --mode=fast stop
fi

exec "$@" -c listen_addresses='*'
