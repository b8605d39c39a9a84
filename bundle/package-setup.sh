#!/usr/bin/env bash
# Installs this bundle, command by command.
#
# In: the folder that this file lies in, unpacked. Out: images in the container engine, kamiwaza-registry.env,
# receipts in state/, and notes for later runs in the user's own folder. Needs bash 4.2, coreutils, findutils, grep,
# sed, tar, gzip and openssl; Docker, podman or nerdctl for images; no network, no Python (but for `serve`). Verdicts
# and files: see README.md.
#
# bundle-verify.sh, beside it, verifies; bundle-images.sh and bundle-notes.sh are read after that (docs/adr/0026).
if [ -z "${BASH_VERSION:-}" ]; then
  echo "package-setup: this is a script for bash, not for sh: bash $0" >&2
  exit 2
fi
set -euo pipefail
export LC_ALL=C  # bytes are bytes, and messages of other programs are the known ones
unset CDPATH GREP_OPTIONS TAR_OPTIONS POSIXLY_CORRECT
umask 022 # Kamiwaza's user reads what is written here

readonly DEFAULT_PORT=58888
readonly ENV_NAME=kamiwaza-registry.env
readonly FAILED=1 USAGE_ERROR=2 MISSING=3 REFUSED=4 CONFLICT=5 INTERRUPTED=130

yes=no quiet=no dry_run=no engine_name='' key=${KAMIWAZA_REGISTRY_KEY:-} port=$DEFAULT_PORT
require_signature=no allow_unchecked=no allow_downgrade=no remove_extra=no relocated=no https=''
key_place=''          # where --key stands, if not just anywhere
registry=''           # the folder that Kamiwaza reads
declare -a serving=() # the server's arguments
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

# How many of something: `1 image`, `2 images`.
quantity() {
  printf '%d %s' "$1" "$2"
  if (($1 != 1)); then printf s; fi
}

# Bytes for people, as disks are sold: 1.5 GB.
readable() {
  local tenths=$((($1 + 99) / 100)) unit
  for unit in kB MB GB TB; do
    if ((tenths < 10000)); then break; fi
    tenths=$((tenths / 1000))
  done
  printf '%d.%d %s' $((tenths / 10)) $((tenths % 10)) "$unit"
}

# Prints words as a shell takes them back; an IPv6 address in brackets can be read better as it is.
in_words() {
  local word words='' plain='^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._:/@+-]+)$'
  for word in "$@"; do
    if [[ $word =~ $plain ]]; then words+=" $word"; else words+=" $(printf '%q' "$word")"; fi
  done
  printf '%s\n' "${words# }"
}

# Prints a command line that can be typed where this one was, for the same bundle, engine and key. What is ours stands
# before the command: after serve it would be the server's.
again() {
  local -a words=(bash "$0")
  if [[ $EUID == 0 && -n ${SUDO_USER:-} ]]; then words=(sudo "${words[@]}"); fi
  [[ $root == "$here" ]] || words+=(--root "$root")
  [[ -z $engine_name ]] || words+=(--engine "$engine_name")
  [[ -z $key ]] || words+=(--key "$key")
  [[ $allow_unchecked == no ]] || words+=(--allow-unchecked)
  [[ $allow_downgrade == no ]] || words+=(--allow-downgrade)
  in_words "${words[@]}" "$@"
}

# The user's own folder, for what later runs believe.
notes_folder() { printf '%s/kamiwaza-registry\n' "${XDG_STATE_HOME:-${HOME:-/root}/.local/state}"; }

# sudo's secure_path often leaves out /usr/local/bin, where engines live.
find_program() { PATH=$PATH:/usr/local/bin command -v -- "$1"; }

# put FILE: writes what comes in, whole or not at all, for everyone to read. What lies there is replaced, also a link.
put() {
  local draft
  draft=$(mktemp -- "$1.XXXXXX") || return 1
  if cat >"$draft" && chmod 0644 -- "$draft" && mv -fT -- "$draft" "$1"; then return; fi
  rm -f -- "$draft"
  return 1
}

# beside FILE: prints the path of a file of ours, which lies beside this script. What a bundle in --root has under that
# name is as little trusted as its copy of this script.
beside() {
  [[ -r $here/$1 && -f $here/$1 ]] || fail "$MISSING" "$here/$1 is missing or cannot be read." \
    'Copy the .sh and .py files there from a bundle that you trust, all of them.'
  printf '%s\n' "$here/$1"
}

here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
root=$here verifier=$(beside bundle-verify.sh)
# shellcheck source-path=SCRIPTDIR source=bundle-verify.sh
source "$verifier"

# --- preflight ----------------------------------------------------------------------------------------------

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

# Prints what keeps users other than its owner from reading this folder: itself, a catalog in it, a folder on the way.
closed_to_others() {
  local path=$1
  [[ $(stat -c %A -- "$path") == *r?[xt] ]] || { printf '%s\n' "$path" && return; }
  for path in "$1"/garden/*/{apps,tools}.json; do
    [[ ! -f $path || $(stat -c %A -- "$path") == *r?? ]] || { printf '%s\n' "$path" && return; }
  done
  for path in "$1"/garden/*/apps.json; do
    while [[ $path == /*/* ]]; do
      path=${path%/*}
      [[ ! -d $path || $(stat -c %A -- "$path") == *[xt] ]] || { printf '%s\n' "$path" && return; }
    done
  done
}

preflight_host() {
  local program now closed
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
  closed=$(closed_to_others "$root")
  [[ -z $closed ]] || advice "other users cannot read $closed, and the user that Kamiwaza runs as must be able to" \
    "put the folder where all may read it, such as /opt, and run chmod -R a+rX $(in_words "$root"), or let Kamiwaza read from a server: $(again env --https HOST)"
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
  ((found_wrong == 0)) || fail "$MISSING" "$(quantity "$found_wrong" problem); see the fix of each above."
  say 'preflight: this host is ready'
}

# --- what the registry holds --------------------------------------------------------------------------------

# Prints "ENTRIES SERVICES" of a catalog file. Strings are cut out before brackets are counted; a quote inside
# a string is escaped in JSON, so a template_type that is quoted somewhere in a text never counts.
count_entries() {
  local token first='' depth=0 entries=0 services=0
  local service='"template_type"[[:space:]]*:[[:space:]]*"service"' string='"([^"\\]|\\.)*"'
  while read -r token; do
    first=${first:-$token}
    case $token in
      '{' | '[')
        depth=$((depth + 1))
        if [[ $token == '{' ]] && ((depth == 2)); then entries=$((entries + 1)); fi
        ;;
      '}' | ']') depth=$((depth - 1)) ;;
      *) if ((depth == 2)); then services=$((services + 1)); fi ;;
    esac
  done < <(grep -aoE "$service|$string|[][{}]" -- "$1" | sed -E -e "/^$service\$/b" -e '/^"/d')
  [[ $first == '[' && $depth == 0 ]] || fail "$MISSING" "$1 is damaged or cut off. Copy the registry again."
  printf '%d %d\n' "$entries" "$services"
}

require_catalog() { [[ -r $1 && -f $1 ]] || fail "$MISSING" "$1 is missing or cannot be read. Copy the registry again."; }

report_contents() {
  local root=$1 version folder apps services tools found=0
  for version in default v2 v3; do
    folder=$root/garden/$version
    [[ -d $folder ]] || continue
    found=1
    require_catalog "$folder/apps.json"
    require_catalog "$folder/tools.json"
    apps=$(count_entries "$folder/apps.json")
    tools=$(count_entries "$folder/tools.json")
    services=${apps#* }
    printf 'garden/%s: %d apps, %d services, %d tools\n' \
      "$version" $((${apps% *} - services)) "$services" "${tools% *}"
  done
  ((found)) || fail "$MISSING" "$root is no registry: it has no garden/default, garden/v2 or garden/v3." \
    "Run this script from the unpacked folder kamiwaza-extension-registry."
}

status() {
  local signer settings='none yet'
  report_contents "$root"
  [[ ! -f $root/$ENV_NAME ]] || settings=$root/$ENV_NAME
  if has_bundle; then
    signer=$(said_signer)
    signer=${signer:+it says that $signer signed it, which was not checked}
    printf 'made %s; %s\n' "$(field created)" "${signer:-it is not signed}"
    [[ -n $images ]] || printf 'no images in this bundle\n'
  fi
  printf 'settings: %s\n' "$settings"
  [[ -z $images ]] || status_of_images
}

status_of_images() {
  local ref config manifest names missing=0 total=0
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
  if ((missing == 0)); then return; fi
  [[ $seal == unsigned || -n $key ]] || key=FILE  # to load, it takes the key
  say "Load what is missing: $(again load)"
  exit "$MISSING"
}

# --- addresses ----------------------------------------------------------------------------------------------

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

require_address() {
  local host='[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?' path='(/[a-z0-9]+([._-][a-z0-9]+)*)*'
  [[ ${1:-} =~ ^$host$path$ ]] || fail "$USAGE_ERROR" "'${1:-}' is not a registry's address: host[:port][/path]." \
    "Example: $(again push registry.example:5000/kamiwaza)"
  # As engines read names: without a dot or a port it is a folder of Docker Hub.
  [[ ${1%%/*} == *[.:]* || ${1%%/*} == localhost ]] ||
    fail "$USAGE_ERROR" "engines take '${1%%/*}' for a name on docker.io, because it has neither a dot nor a port." \
      "With its port: $(again push "${1%%/*}:443${1#"${1%%/*}"}")"
}

# --- the settings file --------------------------------------------------------------------------------------

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
  fail "$MISSING" "cannot write $1 (read-only folder, full disk, or another user's?)." \
    'Run this script as a user who may write there, or put these lines into env.sh by hand:' "$2"
}

remove_settings() {
  [[ -e $root/$ENV_NAME || -L $root/$ENV_NAME ]] || return 0
  if [[ $dry_run == yes ]]; then printf 'would remove %s\n' "$root/$ENV_NAME" && return; fi
  rm -f -- "$root/$ENV_NAME"
  say "removed $root/$ENV_NAME"
}

# Sets `serving` to the arguments of a server at the address in the settings.
choose_server() {
  local address=${https#https://}
  serving=(--port "$port")
  if [[ -n $https ]]; then serving=(--port "${address##*:}" --san "${address%:*}"); fi
}

next_steps() {
  local url=$1 ours='' closed
  [[ $relocated == no ]] || ours=--relocated
  printf '\nNext, on the machine where Kamiwaza runs:\n'
  printf '  1. Put these two lines, which %s holds, into env.sh of Kamiwaza:\n' "$ENV_NAME"
  settings_for "$url" | sed 's/^/       /'
  printf '  2. Restart Kamiwaza, then open its Apps or Tools page.\n'
  if [[ $url == https:* ]]; then
    printf '\nOn the machine that serves the registry, start the server and trust its authority as it says:\n'
    printf '  %s\n' "$(again $ours serve "${serving[@]}")"
    return
  fi
  closed=$(closed_to_others "$registry")
  if [[ -n $closed ]]; then
    printf '\nOther users cannot read %s.\nThe user that Kamiwaza runs as must be able to.\n' "$closed"
    [[ $closed != "$registry"* ]] || printf 'Open it: %s\n' "chmod -R a+rX $(in_words "$registry")"
  fi
  if [[ $url == *%* ]]; then
    printf '\nThe path has characters that stand escaped (%%XX) in this address. If Kamiwaza does not\n'
    printf 'find the registry, move it to a path of letters, digits, - and _, then run this script again.\n'
  fi
  printf '\nKamiwaza on another machine? Then it needs the other form of the address, and a server here. Both come of:\n'
  printf '  %s\n' "$(again $ours env --https HOST)"
}

# --- the commands -------------------------------------------------------------------------------------------

env_command() {
  local file=$root/$ENV_NAME url settings
  choose_server
  url=${https:-$(file_url "$registry")}
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
  local server
  find_program python3 >/dev/null || fail "$MISSING" 'python3 is not installed, and the server needs it.' \
    'Install it from your media, serve the folder with a web server of yours, or use file:// (env).'
  server=$(beside serve-registry.py)
  exec "$(find_program python3)" "$server" --root "${registry:-$root}" "$@"
}

# require_serving [ARGUMENTS...]: these are the server's, which has a --key of its own; ours stand before the command.
require_serving() {
  local word
  for word in "$@"; do
    [[ $word != --root && $word != --root=* ]] || fail "$USAGE_ERROR" '--root stands before serve.' \
      "Another bundle: $(root=DIR again serve)" "The catalogs that push wrote: $(again --relocated serve)"
  done
  if [[ " $* " == *' --help '* || " $* " == *' -h '* ]]; then serve "$@"; fi
  key_place=', before the word serve (after it stands the key of the certificate)'
}

# Sets `registry` to the folder that Kamiwaza is to read.
choose_registry() {
  registry=$root
  [[ $relocated == yes ]] || return 0
  find_state
  registry=$state/relocated
  require_relocated "$registry"
}

# What Kamiwaza and the server read is checked; blobs only have to be there, for the engine alone reads those.
verify_but_blobs() {
  local is_hashing_blobs=no
  if has_bundle; then verify; else refuse_plain; fi
}

require_bundle() {
  has_bundle || refuse_plain
  has_bundle || fail "$MISSING" "$root is no bundle: it has no list of files to verify, and no images to load." \
    'Name the folder of an unpacked bundle: --root DIR' \
    "A registry that was built and not packed only needs its settings: $(again env)"
}

# The guided whole; a plain registry, as `catalog build` makes it, only needs its settings.
install() {
  local answer
  report_contents "$registry"
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

# check_before COMMAND [ARGUMENTS...]: checks of the bundle what this command is going to use.
check_before() {
  local command=$1
  shift
  case $command in
    install) if has_bundle; then verify; else refuse_plain; fi ;;
    env) verify_but_blobs ;;
    serve)
      require_serving "$@"
      verify_but_blobs
      ;;
    # Not joined by &&: before one, a failure inside of a function does not end the script.
    verify | load | push)
      # Before everything is read to verify it.
      if [[ $command == push ]]; then require_address "$@"; fi
      require_bundle
      verify
      ;;
    preflight | status) if has_bundle; then describe; fi ;;
  esac
}

run() {
  local command=$1 notes mover
  check_before "$@"
  shift
  if [[ $command == verify ]]; then return; fi
  # Only now: in a bundle that was damaged on its way these may be damaged too, and then the verdict is to be heard.
  notes=$(beside bundle-notes.sh) mover=$(beside bundle-images.sh)
  # shellcheck source-path=SCRIPTDIR source=bundle-notes.sh
  source "$notes"
  # shellcheck source-path=SCRIPTDIR source=bundle-images.sh
  source "$mover"
  case $command in install | env | serve) choose_registry ;; esac
  case $command in
    install) install ;;
    preflight) preflight ;;
    load | push)
      [[ -n $images ]] || fail "$MISSING" 'this bundle has no images.' 'It was packed with --no-images.'
      require_engine
      "$command" "$@"
      [[ $dry_run == yes ]] || remember_age
      ;;
    env)
      report_contents "$registry"
      env_command
      if has_bundle; then remember_age; fi
      ;;
    serve) serve "$@" ;;
    status) status ;;
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
      -*) fail "$USAGE_ERROR" "unknown option '$1'. See: $(again --help)" ;;
      '') fail "$USAGE_ERROR" "an argument is empty. See: $(again --help)" ;;
      *) words+=("$1") ;;
    esac
    shift
  done
  case $command in
    load | push | uninstall | serve) ;;
    *) ((${#words[@]} == 0)) || fail "$USAGE_ERROR" "unknown argument '${words[0]}'. See: $(again --help)" ;;
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
