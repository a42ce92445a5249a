#!/bin/sh
# Makes the cluster at the first start, and at every start the users with the passwords of now; then becomes the server.
set -eu
umask 077
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
data=/var/lib/metadata/$(postgres --version | sed 's/.* \([0-9]*\)\..*/\1/') # another major version has another format

if [ ! -s "$data/PG_VERSION" ]; then
    rm -rf "$data" # a first start that was cut off
    initdb --pgdata "$data" --encoding UTF8 --locale C.UTF-8 --data-checksums --username metadata \
        --auth-local peer --auth-host scram-sha-256 >/dev/null
    # every service reaches its own database and no other; the superuser has no password and no way in from outside
    cat >"$data/pg_hba.conf" <<-END
	local all metadata peer
	host airflow airflow samenet scram-sha-256
	host superset superset samenet scram-sha-256
	END
fi
rm -f "$data/postmaster.pid" # of a container that is no more; nobody else has this volume
pg_ctl --pgdata "$data" --wait --silent --options "-c listen_addresses='' -c unix_socket_directories=/tmp" start
for name in airflow superset; do
    psql --host /tmp --username metadata --dbname postgres --quiet --set ON_ERROR_STOP=1 \
        --set name="$name" --set word="$(cat /run/secrets/${name}_database_password)" <<-'END'
	set log_statement = 'none';
	select format('create role %I login', :'name') where not exists (select from pg_roles where rolname = :'name') \gexec
	select format('create database %I owner %I', :'name', :'name')
	where not exists (select from pg_database where datname = :'name') \gexec
	select format('revoke all on database %I from public', :'name') \gexec
	alter role :"name" password :'word';
	END
done
pg_ctl --pgdata "$data" --wait --silent --mode fast stop
# connections: 64 threads of Superset, and Airflow's four daemons and four tasks with a pool each
exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=200 \
    -c shared_buffers=256MB -c jit=off -c idle_in_transaction_session_timeout=15min -c log_timezone=Asia/Shanghai
