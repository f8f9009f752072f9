#!/usr/bin/env bash
# Proves that a bare Debian 12 with git, make and python3 needs nothing but `make`.
#
#   scripts/bare_machine_test.sh FOLDER [COMMAND…]
#
# Makes a minimal Debian in FOLDER (debootstrap, as root), clones this repository into it and runs
# COMMAND there (default: make setup). BARE_COPY lists files and folders of this machine to copy in
# first: its certificates and the configuration of apt, pip and npm, where it has any of its own;
# BARE_ENV lists NAME=VALUE pairs to set there.
set -euo pipefail

folder=$(realpath -m "${1:?usage: $0 FOLDER [COMMAND…]}")
shift
project=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
[ $# -gt 0 ] || set -- make setup

if [ ! -e "$folder/etc/debian_version" ]; then
  debootstrap --variant=minbase --include=git,make,python3,ca-certificates bookworm "$folder"
fi
for path in /etc/resolv.conf ${BARE_COPY:-}; do
  mkdir -p "$folder$(dirname "$path")"
  cp -rLT "$path" "$folder$path"
done

leave() {
  for mounted in sys dev proc; do umount --recursive --lazy "$folder/$mounted" 2>/dev/null || true; done
}
trap leave EXIT
for mounted in proc dev sys; do mount --rbind --make-rslave "/$mounted" "$folder/$mounted"; done

rm -rf "$folder/srv/or_robot"
git clone -q --no-hardlinks "$project" "$folder/srv/or_robot"
# shellcheck disable=SC2086  # a list of words is meant
env -i HOME=/srv PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb ${BARE_ENV:-} \
  chroot "$folder" sh -c 'cd /srv/or_robot && exec "$@"' sh "$@"
