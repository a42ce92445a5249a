#!/bin/sh
# Makes the secrets that are not there yet, in secrets/ or $HOTLINE_SECRETS; safe to repeat. The image does it, so that the
# host needs nothing but its engine. HOTLINE_HOST (here or in .env) is the name that the generated certificate is for.
set -eu
cd "$(dirname "$0")/.."
[ ! -f .env ] || . ./.env
folder=${HOTLINE_SECRETS:-secrets}
mkdir -p "$folder"
# root inside, to give the files to the group of the services; it needs the right to change owners and no other
docker run --rm --network none --user 0:0 --read-only --tmpfs /tmp --security-opt no-new-privileges \
    --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER \
    --volume "$(realpath "$folder"):/secrets" "hotline/airflow:${HOTLINE_VERSION:-dev}" \
    python -m hotline.stack.container secrets /secrets "${HOTLINE_HOST:-localhost}"
echo "passwords of the accounts: $folder/passwords.txt"
