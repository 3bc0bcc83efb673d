#!/bin/sh
# Runs a command where nothing that it breaks is anyone else's: own processes, network, mounts and temporary folders.
#   namespace.sh root|user PATHS COMMAND…
# PATHS, parted by colons, are the folders that the command needs; they are there wherever they lie, also below a
# temporary folder or in a folder that only its owner may enter.
# Needs root, or a kernel that lets users make namespaces.
set -eu
who=$1
paths=$2
shift 2
if [ "$(id -u)" = 0 ]; then flags=-mnpif; else flags=-Urmnpif; fi
exec unshare $flags --mount-proc sh -c '
set -eu
who=$1
paths=$2
shift 2
umask 022

# Puts what lies at $1 also at $2; a folder that others may not enter is replaced by one with the same contents.
place() {
    mkdir -p "$2"
    if [ "$who" = root ] || [ -n "$(find "$1" -maxdepth 0 -perm -001)" ]; then
        mount --bind "$1" "$2"
        return
    fi
    mount -t tmpfs -o mode=755 tmpfs "$2"
    find "$1" -mindepth 1 -maxdepth 1 | while read -r entry; do
        name=$2/${entry##*/}
        if [ -L "$entry" ]; then ln -s "$(readlink "$entry")" "$name"; continue; fi
        if [ -d "$entry" ]; then mkdir "$name"; else : > "$name"; fi
        mount --bind "$entry" "$name"
    done
}

# Hides the folder $1 behind an empty one of mode $2, in which only the paths needed appear.
cover() {
    folder=$1
    stash=/mnt/covered
    mount -t tmpfs tmpfs /mnt
    mkdir "$stash"
    mount --bind "$folder" "$stash"
    mount -t tmpfs -o "mode=$2" tmpfs "$folder"
    for path in $paths; do
        case $path in "$folder"/*) place "$stash/${path#"$folder"/}" "$path" ;; esac
    done
    umount "$stash"
    umount /mnt
}

# The topmost folder on the way to $1 that an ordinary user may not enter; nothing where there is none.
private() {
    found=
    above=${1%/*}
    while [ -n "$above" ]; do
        [ -n "$(find "$above" -maxdepth 0 -perm -001)" ] || found=$above
        above=${above%/*}
    done
    echo "$found"
}

IFS=:
mount --make-rprivate /
for folder in /tmp /var/tmp /dev/shm; do cover "$folder" 1777; done
if [ "$who" = user ] && [ "$(id -u)" = 0 ]; then
    for path in $paths; do
        folder=$(private "$path/.")
        [ -z "$folder" ] || cover "$folder" 755
    done
fi
unset IFS
cd /tmp
if [ "$who" = user ] && [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all env HOME=/tmp "$@"
fi
exec "$@"
' sh "$who" "$paths" "$@"
