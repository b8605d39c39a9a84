#!/usr/bin/env bash
# Verifies this bundle, loads its images and prepares the registry for Kamiwaza.
#
# In: the folder that this file lies in, unpacked. Out: images in the container engine, kamiwaza-registry.env,
# receipts in state/, and notes for later runs in the user's own folder. Needs bash 4.2, coreutils, findutils, grep,
# sed, tar, gzip and openssl; Docker, podman or nerdctl for images; no network, no Python (but for `serve`). Verdicts
# and files: see README.md.
set -euo pipefail
export LC_ALL=C  # bytes are bytes, and messages of other programs are the known ones
unset CDPATH GREP_OPTIONS TAR_OPTIONS
umask 022 # Kamiwaza's user reads what is written here

readonly DEFAULT_PORT=58888
readonly ENV_NAME=kamiwaza-registry.env
readonly FAILED=1 USAGE_ERROR=2 MISSING=3 REFUSED=4 CONFLICT=5 INTERRUPTED=130

yes=no quiet=no dry_run=no engine_name='' key=${KAMIWAZA_REGISTRY_KEY:-} port=$DEFAULT_PORT
require_signature=no allow_unchecked=no allow_downgrade=no remove_extra=no relocated=no https=''
state='' images='' key_place=''  # folders: what is written for others, docker-images
engine='' engine_kind='' engine_version='' engine_platform='' extra_name=''
declare -a results=() serving=()
found_wrong=0 goes_on=no

usage() {
  cat <<TEXT
Usage: bash package-setup.sh [COMMAND] [OPTIONS]

Without a command: verify, preflight, load, env, one after the other.

Commands:
  verify                     Check the signature and every file; the last line is the verdict.
  preflight                  Check this host: engine, room, platform, clock, port. All problems at once.
  load [NAME...]             Load images into the engine: all, or those of the named extensions.
  push REGISTRY [NAME...]    Push them to a private registry (host[:port][/path]), and write catalogs of those there.
  env                        Check all but the blobs of images, then write $ENV_NAME, the settings for Kamiwaza.
  serve [ARGUMENTS...]       Check the same, then start serve-registry.py (needs Python 3.9) with these arguments.
  status                     Say what is loaded and what is missing.
  uninstall [NAME...]        Remove the images that were loaded from here, and $ENV_NAME.

Options:
  --yes                Ask nothing. Without a terminal nothing is asked anyway.
  --engine NAME        docker, podman, nerdctl or a path. Without it: the first that answers.
  --key FILE           Public key of those who made the bundle (or KAMIWAZA_REGISTRY_KEY). It stands before serve;
                       after serve it is the key of the server's certificate.
  --require-signature  Refuse a bundle that is not signed.
  --allow-unchecked    Accept a signed bundle without its key.
  --allow-downgrade    Accept a bundle that is older than one installed before.
  --remove-extra       verify: delete files that the bundle does not list.
  --https HOST[:PORT]  env: Kamiwaza runs on another machine and reads from serve-registry.py on HOST
                       (port $DEFAULT_PORT unless given; an IPv6 address stands in brackets).
                       Without it Kamiwaza reads this folder directly (file://).
  --relocated          env, serve: the catalogs that push wrote; with --https the server reads from them.
  --root DIR           Work on the bundle in DIR: a copy of this script that you trust can check a new bundle.
  --port NUMBER        preflight: the port of the server ($DEFAULT_PORT).
  --dry-run            load, push, uninstall: only say what would be done.
  --quiet              Print problems and the verdict only.
  --help               Show this text.

Exit codes: 0 done; 1 some images failed; 2 wrong usage; 3 something needed is missing; 4 the bundle is refused;
5 another $ENV_NAME was kept; 130 interrupted.
TEXT
}

# fail CODE WHAT [MORE LINES...]
fail() {
  local code=$1
  shift
  printf 'package-setup: ' >&2
  printf '%s\n' "$@" >&2
  exit "$code"
}

say() { [[ $quiet == yes ]] || printf '%s\n' "$*"; }

warn() { printf 'package-setup: warning: %s\n' "$*" >&2; }

# Bytes for people, as disks are sold: 1.5 GB.
readable() {
  local tenths=$((($1 + 99) / 100)) unit
  for unit in kB MB GB TB; do
    if ((tenths < 10000)); then break; fi
    tenths=$((tenths / 1000))
  done
  printf '%d.%d %s' $((tenths / 10)) $((tenths % 10)) "$unit"
}

here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$here
# shellcheck source-path=SCRIPTDIR source=bundle-verify.sh
source "$here/bundle-verify.sh"

# --- the engine ---------------------------------------------------------------------------------------------

# sudo's secure_path often leaves out /usr/local/bin, where engines live.
find_program() { PATH=$PATH:/usr/local/bin command -v -- "$1"; }

# linux/x86_64 as images call it: linux/amd64.
as_platform() {
  local platform=${1/%x86_64/amd64}
  printf '%s\n' "${platform/%aarch64/arm64}"
}

# Sets engine and what it is; 1 if that program is not there or does not answer. A daemon that hangs does not answer.
try_engine() {
  local said what=version form='{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}'
  engine=$(find_program "$1") || return 1
  said=$(timeout 20 "$engine" --version 2>/dev/null </dev/null) || said=''
  case $said in
    *podman*) engine_kind=podman form='{{.Client.Version}} {{.Client.OsArch}}' ;;
    *nerdctl*) engine_kind=nerdctl what=info form='{{.ServerVersion}} {{.OSType}}/{{.Architecture}}' ;;
    *) engine_kind=docker ;;
  esac
  said=$(timeout 20 "$engine" "$what" --format "$form" 2>/dev/null </dev/null) || return 1
  said=${said%%$'\n'*}
  engine_version=${said% *} engine_platform=$(as_platform "${said#* }")
}

find_engine() {
  local name
  local -a names=(docker podman nerdctl)
  [[ -z $engine_kind ]] || return 0
  [[ -z $engine_name ]] || names=("$engine_name")
  for name in "${names[@]}"; do
    if try_engine "$name"; then return 0; fi
  done
  engine='' engine_kind=''
  return 1
}

require_engine() {
  find_engine || fail "$MISSING" "no container engine answers (looked for ${engine_name:-docker, podman, nerdctl})." \
    'Start it (sudo systemctl start docker), run this script with sudo, or name one: --engine podman'
}

# Whose store it is: docker has one, and each user an own one with podman and nerdctl.
store() { if [[ $engine_kind == docker ]]; then printf 'docker\n'; else printf '%s-%d\n' "$engine_kind" "$EUID"; fi; }

# Prints the ID of the image that has this name in the engine, nothing when there is none.
image_id() {
  local id
  id=$("$engine" image inspect --format '{{.Id}}' "$1" 2>/dev/null </dev/null) || return 0
  printf 'sha256:%s\n' "${id#sha256:}"
}

# has_image REF CONFIG MANIFEST: whether the engine has exactly this image under this name. The ID is the config's
# digest, or with containerd's store the manifest's.
has_image() {
  local id
  id=$(image_id "$1")
  [[ $id == "$2" || $id == "$3" ]]
}

fits_engine() { [[ -z $1 || $1/ == "$engine_platform"/* || $engine_platform/ == "$1"/* ]]; }

# Where receipts and catalogs for others go: beside the bundle, or with the user where the bundle cannot be written.
# Nothing in it is believed later. A link that came with the bundle could lead anywhere.
find_state() {
  state=$root/state
  if [[ -L $state || (-e $state && ! -w $state) || (! -e $state && ! -w $root) ]]; then
    state=$(notes_folder)/$(cksum <<<"$root" | tr ' ' -)
  fi
  [[ $dry_run == yes ]] || mkdir -p -- "$state" || fail "$MISSING" "$state cannot be written."
}

# put FILE: writes what comes in, whole or not at all, for everyone to read. What lies there is replaced, also a link.
put() {
  local draft
  draft=$(mktemp -- "$1.XXXXXX") || return 1
  if cat >"$draft" && chmod 0644 -- "$draft" && mv -fT -- "$draft" "$1"; then return; fi
  rm -f -- "$draft"
  return 1
}

# Takes away an image that has lost its last name.
drop_nameless() {
  local names
  names=$("$engine" image inspect --format '{{len .RepoTags}}' "$1" 2>/dev/null </dev/null) || return 0
  [[ $names != 0 ]] || "$engine" rmi "$1" >/dev/null 2>&1 </dev/null || true
}

# load_one N REF CONFIG MANIFEST BYTES EXTENSIONS: streams only this image's blobs into the engine, and checks what
# came of it. It is noted before, so that an interruption in between is not taken for an image that was there; what
# we brought earlier under this name was not there before us, and goes.
load_one() {
  local said how folder=$root/$images id
  say "loading $2 ($(readable "$5"))"
  id=$(image_id "$2") how=${how_of[$2]:-removed}
  if [[ -n $id && ${ids_of[$2]:-} == *"$id"* && $how == @(new|sha256:*) ]]; then
    extra_name=$id
  else
    how=${id:-new} extra_name=''
  fi
  record "$2" "$3" "$how" "$4" "$6"
  if said=$(tar -C "$folder" -cf - --transform 's#^images/[0-9]*/##' -T "$folder/images/$1/members" 2>/dev/null |
    "$engine" load 2>&1) && has_image "$2" "$3" "$4"; then
    [[ -z $extra_name ]] || drop_nameless "$extra_name"
    return 0
  fi
  printf 'package-setup: %s was not loaded by %s: %s\n' "$2" "$engine_kind" "$(load_hint "$said")" >&2
  return 1
}

load_hint() {
  case $1 in
    *'no space left'*) printf 'the disk of the engine is full. See: bash package-setup.sh preflight' ;;
    *'ermission denied'*) printf 'permission denied. Run this script with sudo, or as a user of the group docker' ;;
    *'did not match'*) printf 'it found another content than it should. Copy the bundle again' ;;
    *) printf '%s' "$(tail -n 1 <<<"$1")" ;;
  esac
}

load() {
  local n ref config manifest bytes names rows failed=() loaded=0 there=0 goes_on=yes
  fits_engine "$(field platform)" ||
    fail "$MISSING" "the images are for $(field platform), and $engine_kind runs $engine_platform." \
      "Ask for a bundle made with --platform $engine_platform"
  rows=$(select_images "$@")
  find_state
  read_loaded
  [[ -n $rows ]] || { say 'there are no images to load' && return; }
  while IFS=$'\t' read -r n ref config manifest _ bytes _ names _; do
    if has_image "$ref" "$config" "$manifest"; then
      there=$((there + 1))
      results+=("$ref	$config	there")
      if [[ $dry_run == no && ${how_of[$ref]:-removed} == removed ]]; then
        record "$ref" "$config" before "$manifest" "$names"
      fi
    elif [[ $dry_run == yes ]]; then
      printf 'would load %s (%s)\n' "$ref" "$(readable "$bytes")"
    elif load_one "$n" "$ref" "$config" "$manifest" "$bytes" "$names"; then
      loaded=$((loaded + 1))
      results+=("$ref	$config	loaded")
    else
      failed+=("$ref")
      results+=("$ref	$config	failed")
    fi
  done <<<"$rows"
  if ((there == $(wc -l <<<"$rows"))); then say "nothing to load: $there are there already" && return; fi
  if [[ $dry_run == yes ]]; then return; fi
  write_receipt
  say "$loaded images loaded, $there were there already, ${#failed[@]} failed"
  if ((${#failed[@]})); then
    fail "$FAILED" "these images were not loaded: ${failed[*]}" "Put right what is said above, then run: $(again load)"
  fi
}

# For the security officer: what was verified and loaded, when, by which key.
write_receipt() {
  local stamp file row comma='' host sums
  stamp=$(date -u +%Y%m%dT%H%M%SZ) host=$(uname -n) sums=$(bundle_digest)
  file=$state/receipt-$stamp
  {
    printf '{\n  "bundle": "%s",\n  "created": "%s",\n  "verdict": "%s",\n' "$sums" "$(field created)" "$seal"
    printf '  "key": "%s",\n  "files": %d,\n  "time": "%s",\n' "$key_id" "${#digest_of[@]}" "$(date -u +%FT%TZ)"
    printf '  "host": "%s",\n  "engine": "%s %s",\n  "images": [' "${host//[^A-Za-z0-9._-]/_}" \
      "$engine_kind" "${engine_version//[^A-Za-z0-9._+~-]/_}"
    for row in "${results[@]}"; do
      printf '%s\n    {"ref": "%s", "config": "%s", "result": "%s"}' "$comma" "${row%%$'\t'*}" \
        "$(cut -f 2 <<<"$row")" "${row##*$'\t'}"
      comma=,
    done
    printf '\n  ]\n}\n'
  } | put "$file.json"
  {
    printf 'Receipt of %s\n\n' "$(date -u +%FT%TZ)"
    printf 'Bundle     SHA256SUMS has %s, made %s\n' "$sums" "$(field created)"
    printf 'Verified   %d files; verdict %s; key %s\n' "${#digest_of[@]}" "$seal" "$key_id"
    printf 'Host       %s, %s %s\n\n' "$host" "$engine_kind" "$engine_version"
    for row in "${results[@]}"; do printf '%-8s %s  %s\n' "${row##*$'\t'}" "${row%%$'\t'*}" "$(cut -f 2 <<<"$row")"; done
  } | put "$file.txt"
  say "receipt: $file.txt"
}

# --- preflight ------------------------------------------------------------------------------------------------

# wrong WHAT FIX: one thing that keeps the installation from ending well. advice WHAT FIX: one that does not.
wrong() {
  found_wrong=$((found_wrong + 1))
  printf 'problem: %s\n  fix: %s\n' "$1" "$2"
}

advice() { printf 'advice: %s\n  fix: %s\n' "$1" "$2"; }

# version_at_least HAVE WANTED
version_at_least() { [[ $(printf '%s\n%s\n' "$2" "${1%%[+~-]*}" | sort -V | head -n 1) == "$2" ]]; }

preflight_engine() {
  local wanted
  if ! find_engine; then
    wrong "no container engine answers (looked for ${engine_name:-docker, podman, nerdctl})" \
      'start it (sudo systemctl start docker), run this script with sudo, or name one: --engine podman'
    return
  fi
  say "engine: $engine_kind $engine_version"
  case $engine_kind in docker) wanted=20.10 ;; podman) wanted=4.0 ;; *) wanted=1.0 ;; esac
  version_at_least "$engine_version" "$wanted" ||
    wrong "$engine_kind $engine_version is older than $wanted" 'install a newer one from your media'
  # Names, numbers, or a directory of the network: only podman knows where its ranges may stand.
  if [[ $engine_kind == podman && $EUID -ne 0 ]] &&
    (($(timeout 20 "$engine" unshare cat /proc/self/uid_map 2>/dev/null </dev/null | wc -l) < 2)); then
    advice "podman gives the user $(id -un) no subordinate ids, and images with files of several users need them" \
      "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un) && podman system migrate"
  fi
}

preflight_platform() {
  local platform
  platform=$(field platform)
  engine_platform=${engine_platform:-$(as_platform "linux/$(uname -m)")}
  fits_engine "$platform" ||
    wrong "the images are for $platform, this host is $engine_platform" "ask for a bundle made with --platform $engine_platform"
}

# room FOLDER BYTES WHAT: whether that file system has so much free.
room() {
  local free folder=$1
  while [[ ! -d $folder && $folder == */* ]]; do folder=${folder%/*}; done
  free=$(df --output=avail -B1 -- "${folder:-/}" 2>/dev/null | tail -n 1) || return 0
  say "room: $3 needs $(readable "$2"), ${folder:-/} has $(readable "$((free))") free"
  ((free >= $2)) || wrong "${folder:-/} has $(readable "$((free))") free, and $3 needs $(readable "$2")" \
    "make room there, or give the engine's data another file system"
}

preflight_room() {
  local ref config manifest bytes layer_bytes unpacked=0 largest=0 base
  [[ -n $images && -n $engine_kind ]] || return 0
  while IFS=$'\t' read -r _ ref config manifest _ bytes layer_bytes _; do
    if has_image "$ref" "$config" "$manifest"; then continue; fi
    unpacked=$((unpacked + layer_bytes))
    if ((bytes > largest)); then largest=$bytes; fi
  done <"$root/$images/images.tsv"
  ((unpacked)) || { say 'room: every image is loaded already' && return; }
  # Layers that images share are stored once: never more than all unique layers.
  base=$(sed -n 's/^    "layer_bytes": \([0-9]*\),$/\1/p' -- "$root/bundle.json" | head -n 1)
  if [[ -n $base ]] && ((unpacked > base)); then unpacked=$base; fi
  case $engine_kind in
    podman) base=$("$engine" info --format '{{.Store.GraphRoot}}' 2>/dev/null) || base='' ;;
    *) base=$("$engine" info --format '{{.DockerRootDir}}' 2>/dev/null) || base='' ;;
  esac
  # While it loads, the engine keeps the archive of one image beside the layers.
  if [[ $engine_kind == podman ]]; then
    room "${TMPDIR:-/var/tmp}" $((largest + 67108864)) 'loading the largest image (TMPDIR)'
    largest=0
  fi
  if [[ -n $base ]]; then room "$base" $((unpacked + largest + 67108864)) 'the engine'; fi
}

preflight_host() {
  local program now
  for program in openssl tar gzip grep sed find xargs; do
    command -v "$program" >/dev/null || wrong "$program is not installed" "install it from your distribution's media"
  done
  now=$(date +%s)
  if has_bundle && ((now < 10#$(field sequence))); then
    advice "the clock says $(date -u +%FT%TZ), which is before the bundle was made ($(field created))" \
      'set the clock: certificates and receipts depend on it'
  fi
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    advice "something listens on port $port already, perhaps this registry's own server" \
      'otherwise stop it, or serve on another port: --port NUMBER'
  fi
  if [[ -r /proc/sys/crypto/fips_enabled && $(</proc/sys/crypto/fips_enabled) == 1 ]]; then say 'FIPS mode: on'; fi
  if [[ -r /sys/fs/selinux/enforce ]]; then say "SELinux: $(</sys/fs/selinux/enforce) (1 means enforcing)"; fi
  [[ $(stat -c %A -- "$root") == *r-x ]] ||
    warn "other users cannot read $root; the user that Kamiwaza runs as must be able to"
}

preflight() {
  found_wrong=0
  if has_bundle; then find_images; fi
  preflight_host
  if [[ -n $images ]]; then
    preflight_engine
    preflight_platform
    preflight_room
  fi
  ((found_wrong == 0)) || fail "$MISSING" "$found_wrong problems; see the fix of each above."
  say 'preflight: this host is ready'
}

# --- a private registry -----------------------------------------------------------------------------------------

# push_one REGISTRY REF: sets the `wants_login` of push if that is why it failed.
push_one() {
  local target said before code=0
  target=$(relocated_name "$1" "$2")
  if [[ $dry_run == yes ]]; then printf 'would push %s\n' "$target" && return; fi
  say "pushing $target"
  before=$(image_id "$target")
  said=$("$engine" tag "$2" "$target" 2>&1 && "$engine" push "$target" 2>&1 </dev/null) || code=1
  if [[ -n $before ]]; then "$engine" tag "$before" "$target"; else "$engine" rmi "$target"; fi >/dev/null 2>&1 || true
  if [[ $code != 0 && ${said,,} == *@(unauthorized|denied|'authentication required'|'no basic auth')* ]]; then
    wants_login=yes
  fi
  [[ $code == 0 ]] || printf 'package-setup: %s was not pushed: %s\n' "$target" "$(tail -n 1 <<<"$said")" >&2
  return "$code"
}

require_address() {
  local host='[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?' path='(/[a-z0-9]+([._-][a-z0-9]+)*)*'
  [[ ${1:-} =~ ^$host$path$ ]] || fail "$USAGE_ERROR" "'${1:-}' is not a registry's address: host[:port][/path]." \
    'Example: bash package-setup.sh push registry.example:5000/kamiwaza'
}

push() {
  local registry=$1 ref manifest failed=() rows wants_login=no way='Put right what is said above' pushed=0 goes_on=yes
  shift
  rows=$(select_images "$@")
  [[ -n $rows ]] || { say "there are no images to push for $*" && return; }
  load "$@"
  while IFS=$'\t' read -r _ ref _ manifest _; do
    push_one "$registry" "$ref" || { failed+=("$ref") && continue; }
    pushed=$((pushed + 1))
    [[ $dry_run == yes ]] || note pushed.tsv "$registry" "$ref" "$manifest"
  done <<<"$rows"
  if [[ $wants_login == yes ]]; then way="Log in first ($engine_kind login ${registry%%/*})"; fi
  ((${#failed[@]} == 0)) ||
    fail "$FAILED" "these images were not pushed: ${failed[*]}" "$way, then run the same command again."
  if [[ $dry_run == yes ]]; then return; fi
  write_relocated "$registry"
  say "$pushed images pushed to $registry"
  say "Catalogs that name these images: $state/relocated"
  say "Point Kamiwaza at them: $(again env --relocated)"
}

# --- what is there, and taking it away -----------------------------------------------------------------------------

status() {
  local ref config manifest missing=0 total=0
  report_contents "$root"
  has_bundle || return 0
  printf 'made %s, signer %s\n' "$(field created)" "$(said_signer || true)"
  [[ -n $images ]] || { printf 'no images in this bundle\n' && return; }
  require_engine
  while IFS=$'\t' read -r _ ref config manifest _ _ _ names _; do
    total=$((total + 1))
    if has_image "$ref" "$config" "$manifest"; then
      printf 'loaded   %s (%s)\n' "$ref" "$names"
    else
      missing=$((missing + 1))
      printf 'missing  %s (%s)\n' "$ref" "$names"
    fi
  done <"$root/$images/images.tsv"
  printf '%d of %d images are loaded\n' $((total - missing)) "$total"
  if [[ -f $root/$ENV_NAME ]]; then printf 'settings: %s\n' "$root/$ENV_NAME"; else printf 'settings: none yet\n'; fi
  ((missing == 0)) || exit "$MISSING"
}

# is_named REF NAME...: whether these are the image itself, or all the extensions that it was loaded for.
is_named() {
  local ref=$1 name others=,${needed_by[$1]},
  shift
  for name in "$@"; do
    if [[ $name == "$ref" ]]; then return 0; fi
    others=${others//",$name,"/,}
  done
  [[ $# == 0 || $others == , && -n ${needed_by[$ref]} ]]
}

# take_back REF HOW: the name goes, or goes back to the image that had it.
take_back() {
  local id
  if [[ $2 == new ]]; then
    "$engine" rmi "$1" >/dev/null 2>&1 </dev/null
  else
    id=$(image_id "$1")
    "$engine" tag "$2" "$1" >/dev/null 2>&1 </dev/null && drop_nameless "$id"
  fi
}

# why_kept REF NAME...: prints why this image stays, 1 if it goes; nothing where it is gone already or not meant.
why_kept() {
  local ref=$1 name how=${how_of[$1]} id
  shift
  [[ $how != removed ]] || return 0
  if ! is_named "$ref" "$@"; then
    for name in "$@"; do
      if [[ ,${needed_by[$ref]}, == *",$name,"* ]]; then printf 'other extensions need it: %s' "${needed_by[$ref]}"; fi
    done
    return 0
  fi
  id=$(image_id "$ref")
  [[ -n $id ]] || return 0
  if [[ $how == before ]]; then
    printf 'it was there before'
  elif [[ ${ids_of[$ref]} != *"$id"* ]]; then
    printf 'another image has this name now'
  else
    return 1
  fi
}

# remove_image REF HOW: says what becomes of it; 1 if the engine does not let it go.
remove_image() {
  if [[ $dry_run == yes ]]; then printf 'would remove %s\n' "$1" && return; fi
  if ! take_back "$1" "$2"; then
    printf 'kept %s: in use\n' "$1"
    return 1
  fi
  say "removed $1"
  record "$1" "${ids_of[$1]% *}" removed "${ids_of[$1]#* }" "${needed_by[$1]}"
}

remove_settings() {
  [[ -e $root/$ENV_NAME || -L $root/$ENV_NAME ]] || return 0
  if [[ $dry_run == yes ]]; then printf 'would remove %s\n' "$root/$ENV_NAME" && return; fi
  rm -f -- "$root/$ENV_NAME"
  say "removed $root/$ENV_NAME"
}

# Only what was loaded into this engine by this bundle, or by another one in this folder, and was not there before;
# an image that a container uses stays.
uninstall() {
  local ref reason in_use=() removed=0
  require_known "$@"
  if [[ -n $(rows_of_ours) ]]; then
    require_engine
    read_loaded
  elif has_bundle; then
    say "$(notes_folder)/loaded.tsv names no image that was loaded from here." \
      'Did another user load them? Then run this as that user.'
  fi
  while IFS= read -r ref; do
    if [[ -z $ref ]]; then continue; fi
    if reason=$(why_kept "$ref" "$@"); then
      [[ -z $reason ]] || say "kept $ref: $reason"
    elif remove_image "$ref" "${how_of[$ref]}"; then
      removed=$((removed + 1))
    else
      in_use+=("$ref")
    fi
  done < <(printf '%s\n' ${how_of[@]+"${!how_of[@]}"} | sort)
  if (($# == 0)); then remove_settings; fi
  if [[ $dry_run == yes ]]; then return; fi
  say "$removed images removed"
  ((${#in_use[@]} == 0)) || fail "$FAILED" "still in use, and kept: ${in_use[*]}" \
    'Stop the containers that use them, then run: bash package-setup.sh uninstall'
}

# --- the address of the registry --------------------------------------------------------------------------

# Prints a path as a file:// URL; every byte that a URL cannot carry as it is becomes %XX.
file_url() {
  local hex url=file://
  for hex in $(printf '%s' "$1" | od -An -v -tx1); do
    case $hex in
      2[def] | 3[0-9] | 4[1-9a-f] | 5[0-9af] | 6[1-9a-f] | 7[0-9ae]) printf -v hex '%b' "\\x$hex" ;;
      *) hex=%${hex^^} ;;
    esac
    url+=$hex
  done
  printf '%s\n' "$url"
}

# Prints HOST[:PORT] as an https:// URL.
https_url() {
  local port host='(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)'
  [[ $1 =~ ^$host(:([0-9]{1,5}))?$ ]] ||
    fail "$USAGE_ERROR" "'$1' is not HOST or HOST:PORT. Example: --https registry.example:$DEFAULT_PORT"
  port=${BASH_REMATCH[4]:-$DEFAULT_PORT}
  ((10#$port >= 1 && 10#$port <= 65535)) || fail "$USAGE_ERROR" "'$port' is not a port from 1 to 65535."
  printf 'https://%s:%d\n' "${BASH_REMATCH[1]}" "$((10#$port))"
}

# --- the settings file ------------------------------------------------------------------------------------

settings_for() {
  printf 'export KAMIWAZA_EXTENSION_STAGE=LOCAL\nexport KAMIWAZA_EXTENSION_LOCAL_STAGE_URL="%s"\n' "$1"
}

# Asks before a file that says something else is replaced; without a terminal the answer is yes.
may_replace() {
  local file=$1 yes=$2 answer
  [[ -e $file && $yes == no && -t 0 && -t 1 ]] || return 0
  printf '%s says something else:\n' "$file"
  sed 's/^/  /' -- "$file"
  read -r -p 'Replace it? [y/N] ' answer || answer=n
  [[ $answer == [yY]* ]]
}

# Kamiwaza never reads half a file.
write_settings() { printf '%s\n' "$2" | put "$1" 2>/dev/null || refuse_folder "$1" "$2"; }

refuse_folder() {
  fail "$MISSING" "cannot write $1 (read-only folder, full disk, or another user's?). Nothing was changed." \
    'Run this script as a user who may write there, or put these lines into env.sh by hand:' "$2"
}

# Sets `serving` to the arguments of a server for this folder, at the address in the settings.
choose_server() {
  local address=${https#https://}
  serving=()
  [[ $1 == "$root" ]] || serving+=(--root "$1")
  if [[ -n $https ]]; then serving+=(--port "${address##*:}" --san "${address%:*}"); else serving+=(--port "$port"); fi
}

next_steps() {
  local url=$1
  printf '\nNext, on the machine where Kamiwaza runs:\n'
  printf '  1. Put these two lines, which %s holds, into env.sh of Kamiwaza:\n' "$ENV_NAME"
  settings_for "$url" | sed 's/^/       /'
  printf '  2. Restart Kamiwaza, then open its Apps or Tools page.\n'
  if [[ $url == https:* ]]; then
    printf '\nOn the machine that serves the registry, start the server and trust its authority as it says:\n'
    printf '  python3 serve-registry.py %s\n' "$(in_words "${serving[@]}")"
    return
  fi
  if [[ $url == *%* ]]; then
    printf '\nThe path has characters that stand escaped (%%XX) in this address. If Kamiwaza does not\n'
    printf 'find the registry, move it to a path of letters, digits, - and _, then run this script again.\n'
  fi
  printf '\nKamiwaza on another machine? Then it needs the other form of the address, and a server here:\n'
  printf '  %s\n  python3 serve-registry.py\n' "$(again env --https HOST)"
}

# --- the commands -----------------------------------------------------------------------------------------

env_command() {
  local folder=$root file=$root/$ENV_NAME url settings
  if [[ $relocated == yes ]]; then
    find_state
    folder=$state/relocated
    require_relocated "$folder"
  fi
  choose_server "$folder"
  url=${https:-$(file_url "$folder")}
  settings=$(settings_for "$url")
  if [[ -f $file && $(<"$file") == "$settings" ]]; then
    say "$file is up to date; nothing was changed."
  elif may_replace "$file" "$yes"; then
    write_settings "$file" "$settings"
    say "Wrote $file"
  else
    fail "$CONFLICT" "$file was kept as it was."
  fi
  [[ $quiet == yes ]] || next_steps "$url"
}

serve() {
  find_program python3 >/dev/null || fail "$MISSING" 'python3 is not installed, and the server needs it.' \
    'Install it from your media, serve the folder with a web server of yours, or use file:// (env).'
  # That of the bundle in --root is as little trusted as its copy of this script.
  [[ -f $here/serve-registry.py ]] || fail "$MISSING" "$here/serve-registry.py is missing." \
    'Copy it and registry_certificates.py there from a bundle that you trust.'
  exec "$(find_program python3)" "$here/serve-registry.py" --root "$root" "$@"
}

# serve_command [ARGUMENTS...]: these are the server's, which has a --key of its own; ours stand before the command.
serve_command() {
  local word folder=$root
  for word in "$@"; do
    [[ $word != --root && $word != --root=* ]] || fail "$USAGE_ERROR" '--root stands before serve.' \
      'Another bundle: bash package-setup.sh --root DIR serve' \
      'The catalogs that push wrote: bash package-setup.sh --relocated serve'
  done
  if [[ " $* " == *' --help '* || " $* " == *' -h '* ]]; then serve "$@"; fi
  key_place=', before the word serve (after it stands the key of the certificate)'
  verify_but_blobs
  if [[ $relocated == yes ]]; then
    find_state
    folder=$state/relocated
    require_relocated "$folder"
  fi
  root=$folder
  serve "$@"
}

# What Kamiwaza and the server read is checked; blobs only have to be there, for the engine alone reads those.
verify_but_blobs() {
  local is_hashing_blobs=no
  if has_bundle; then verify; else refuse_plain; fi
}

require_bundle() {
  has_bundle || refuse_plain
  has_bundle || fail "$MISSING" "$root is a registry without a bundle's list of files: there is nothing to verify or load." \
    'Make a bundle with: catalog package'
}

# The guided whole; a plain registry, as `catalog build` makes it, only needs its settings.
install() {
  local answer
  if has_bundle; then verify; else refuse_plain; fi
  report_contents "$root"
  [[ -z $https ]] || port=${https##*:}
  if has_bundle; then
    preflight
    if [[ -n $images ]]; then load; fi
    remember_age
  fi
  env_command
  [[ $yes == no && -t 0 && -t 1 ]] || return 0
  read -r -p 'Start the HTTPS server now? [y/N] ' answer || answer=n
  if [[ $answer == [yY]* ]]; then serve "${serving[@]}"; fi
}

run() {
  local command=$1
  shift
  case $command in
    install) install ;;
    # Not joined by &&: before one, a failure inside of a function does not end the script.
    verify)
      require_bundle
      verify
      ;;
    preflight)
      if has_bundle; then describe; fi
      preflight
      ;;
    load | push)
      # Before everything is read to verify it.
      if [[ $command == push ]]; then require_address "$@"; fi
      require_bundle
      verify
      [[ -n $images ]] || fail "$MISSING" 'this bundle has no images.' 'It was packed with --no-images.'
      require_engine
      "$command" "$@"
      [[ $dry_run == yes ]] || remember_age
      ;;
    env)
      verify_but_blobs
      report_contents "$root"
      env_command
      if has_bundle; then remember_age; fi
      ;;
    serve) serve_command "$@" ;;
    status)
      if has_bundle; then describe; fi
      status
      ;;
    uninstall) uninstall "$@" ;;
  esac
}

main() {
  local command=install
  local -a words=()
  while (($#)); do
    if [[ $command == install && $1 =~ ^(verify|preflight|load|push|env|serve|status|uninstall)$ ]]; then
      command=$1
      shift
      [[ $command != serve ]] || { words=("$@") && break; }
      continue
    fi
    case $1 in
      --help | -h) usage && exit 0 ;;
      --yes | -y) yes=yes ;;
      --quiet | -q) quiet=yes ;;
      --dry-run) dry_run=yes ;;
      --require-signature) require_signature=yes ;;
      --allow-unchecked) allow_unchecked=yes ;;
      --allow-downgrade) allow_downgrade=yes ;;
      --remove-extra) remove_extra=yes ;;
      --relocated) relocated=yes ;;
      --engine | --key | --port | --https | --root)
        (($# > 1)) || fail "$USAGE_ERROR" "$1 needs a value."
        option "$1" "$2"
        shift
        ;;
      --engine=* | --key=* | --port=* | --https=* | --root=*) option "${1%%=*}" "${1#*=}" ;;
      -*) fail "$USAGE_ERROR" "unknown option '$1'. See: bash package-setup.sh --help" ;;
      *) words+=("$1") ;;
    esac
    shift
  done
  case $command in
    load | push | uninstall | serve) ;;
    *) ((${#words[@]} == 0)) || fail "$USAGE_ERROR" "unknown argument '${words[0]}'. See: bash package-setup.sh --help" ;;
  esac

  [[ $root != *[[:cntrl:]]* ]] || fail "$MISSING" 'the path of this folder has a control character. Move it.'
  run "$command" ${words[@]+"${words[@]}"}
}

# option NAME VALUE
option() {
  [[ -n $2 ]] || fail "$USAGE_ERROR" "$1 needs a value."
  case $1 in
    --engine) engine_name=$2 ;;
    --key) key=$2 ;;
    --https) https=$(https_url "$2") ;;
    --root) root=$(cd -P -- "$2" 2>/dev/null && pwd) || fail "$USAGE_ERROR" "'$2' is not a folder." ;;
    --port)
      [[ $2 =~ ^[0-9]{1,5}$ && $((10#$2)) -ge 1 && $((10#$2)) -le 65535 ]] ||
        fail "$USAGE_ERROR" "'$2' is not a port from 1 to 65535."
      port=$((10#$2))
      ;;
  esac
}

interrupted() {
  [[ $goes_on == yes ]] || fail "$INTERRUPTED" 'interrupted.'
  fail "$INTERRUPTED" 'interrupted. What was done stays: run the same command again, and it goes on from there.'
}

trap interrupted INT TERM
main "$@"
