#!/bin/sh
# The users and folders of the services, the same in every image. A volume takes owner and mode of its folder from the image
# that uses it first, so all images agree. One group for all: files are 640 and folders 750 (umask 027), and whoever serves
# what another has written belongs to its group.
set -eu
group=10001 # also SERVICE_GROUP in src/hotline/stack/container.py
groupadd --gid $group hotline
add() { useradd --no-log-init --uid "$1" --gid $group --home-dir /tmp --shell /usr/sbin/nologin "$2"; }
add 10001 airflow  # the pipeline and Airflow: writes everything but what follows
add 10002 superset # reads what is published
add 10003 metadata # PostgreSQL
add 10004 proxy-server

var=/var/lib/hotline
folder() { install -d -o "$1" -g $group -m "$2" "$3"; }
folder airflow 2750 $var
folder airflow 2770 $var/landing # who delivers belongs to the group, and so do the files that arrive
folder airflow 2750 $var/build # told apart, so that who watches sees no raw data
folder airflow 2750 $var/serving
folder airflow 2750 $var/airflow
folder airflow 0700 $var/log
folder airflow 0700 $var/secrets
folder superset 2750 $var/superset
folder superset 2770 $var/superset/cache
# emptied by whoever publishes, or keeps house
for cache in data meta filter explore; do folder superset 2770 $var/superset/cache/$cache; done
folder airflow 0700 /backup
folder metadata 0700 /var/lib/metadata
