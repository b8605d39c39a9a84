#!/bin/sh
# The usual way to pack images for a place without internet: save each one, note its digest, tar and gzip it all.
# usage: peer.sh FOLDER IMAGE... ; leaves FOLDER/bundle.tar.gz
set -eu
folder=$1
shift
images="$folder/tree/docker-images"
mkdir -p "$images"
number=0
for image in "$@"; do
    docker save -o "$images/$number.tar" "$image"
    digest=$(sha256sum "$images/$number.tar" | cut -d ' ' -f 1)
    printf '%s\t%s\t%s\n' "$image" "$number.tar" "$digest" >> "$images/manifest.tsv"
    number=$((number + 1))
done
tar -czf "$folder/bundle.tar.gz" -C "$folder" tree
