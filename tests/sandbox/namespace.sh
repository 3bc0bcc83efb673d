#!/bin/sh
# Runs a command where nothing that it breaks is anyone else's: own processes, network, mounts and temporary folders.
#   namespace.sh root|user COMMAND…
# Needs root, or a kernel that lets users make namespaces.
set -eu
who=$1
shift
if [ "$(id -u)" = 0 ]; then flags=-mnpif; else flags=-Urmnpif; fi
exec unshare $flags --mount-proc sh -c '
set -eu
for folder in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o mode=1777 tmpfs "$folder"; done
who=$1
python=$2
shift
# An ordinary user can run the interpreter only where it may look: in the folders on the way to it.
if [ "$who" = user ] && [ "$(id -u)" = 0 ]; then
    real=$(readlink -f "$python")
    case $real in
    /root/*)
        top=/root/$(echo "${real#/root/}" | cut -d/ -f1)
        mkdir /tmp/keep && mount --bind "$top" /tmp/keep
        mount -t tmpfs -o mode=755 tmpfs /root && mkdir "$top" && mount --move /tmp/keep "$top" && rmdir /tmp/keep
        ;;
    esac
    cd /tmp
    exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all env HOME=/tmp "$@"
fi
cd /tmp
exec "$@"
' sh "$who" "$@"
