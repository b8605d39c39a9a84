#!/usr/bin/env bash
# Prepares this extension registry for Kamiwaza.
#
# In: the registry folder that this file lies in. Out: kamiwaza-registry.env beside it, with the two settings
# that Kamiwaza needs, and the next steps on stdout. Needs bash 4.2, coreutils, grep and sed, and no network.
set -euo pipefail

readonly DEFAULT_PORT=58888
readonly ENV_NAME=kamiwaza-registry.env
readonly USAGE_ERROR=2 MISSING=3 CONFLICT=5

usage() {
  cat <<TEXT
Usage: bash package-setup.sh [--yes] [--https HOST[:PORT]]

Writes $ENV_NAME with the settings that let Kamiwaza read this registry.

  --https HOST[:PORT]  Kamiwaza runs on another machine and reads the registry from serve-registry.py on HOST
                       (port $DEFAULT_PORT unless given; an IPv6 address stands in brackets).
                       Without this option Kamiwaza reads this folder directly (file://).
  --yes                Replace a $ENV_NAME that says something else, without asking.
                       Without a terminal there is nobody to ask, and it is replaced as well.
  --help               Show this text.

Exit codes: 0 done; 2 wrong usage; 3 something needed is missing; 5 another $ENV_NAME was kept.
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

# --- what the registry holds ------------------------------------------------------------------------------

# Prints "ENTRIES SERVICES" of a catalog file. Strings are cut out before brackets are counted; a quote inside
# a string is escaped in JSON, so a template_type that is quoted somewhere in a text never counts.
count_entries() {
  local token first='' depth=0 entries=0 services=0
  local service='"template_type"[[:space:]]*:[[:space:]]*"service"' string='"([^"\\]|\\.)*"'
  local keep_services="/^$service\$/b"
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
  done < <(
    LC_ALL=C grep -aoE "$service|$string|[][{}]" -- "$1" |
      LC_ALL=C sed -E -e "$keep_services" -e '/^"/d'
  )
  [[ $first == '[' && $depth == 0 ]] || fail "$MISSING" "$1 is damaged or cut off. Copy the registry again."
  printf '%d %d\n' "$entries" "$services"
}

require_catalog() {
  [[ -r $1 && -f $1 ]] || fail "$MISSING" "$1 is missing or cannot be read. Copy the registry again."
}

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
  local port
  local host='(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)'
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

# Written beside and renamed, so that Kamiwaza never reads half a file.
write_settings() {
  local file=$1 settings=$2 draft
  draft=$(mktemp -- "$file.XXXXXX" 2>/dev/null) || refuse_folder "$file" "$settings"
  if printf '%s\n' "$settings" >"$draft" && chmod 0644 -- "$draft" && mv -fT -- "$draft" "$file"; then
    return
  fi 2>/dev/null
  rm -f -- "$draft"
  refuse_folder "$file" "$settings"
}

refuse_folder() {
  fail "$MISSING" "cannot write $1 (read-only folder, full disk, or another user's?). Nothing was changed." \
    'Run this script as a user who may write there, or put these lines into env.sh by hand:' "$2"
}

next_steps() {
  local url=$1 address
  printf '\nNext, on the machine where Kamiwaza runs:\n'
  printf '  1. Put these two lines, which %s holds, into env.sh of Kamiwaza:\n' "$ENV_NAME"
  settings_for "$url" | sed 's/^/       /'
  printf '  2. Restart Kamiwaza, then open its Apps or Tools page.\n'
  if [[ $url == https:* ]]; then
    address=${url#https://}
    printf '\nOn the machine that serves the registry, start the server and trust its authority as it says:\n'
    printf '  python3 serve-registry.py --port %s --san %s\n' "${address##*:}" "${address%:*}"
    return
  fi
  if [[ $url == *%* ]]; then
    printf '\nThe path has characters that stand escaped (%%XX) in this address. If Kamiwaza does not\n'
    printf 'find the registry, move it to a path of letters, digits, - and _, then run this script again.\n'
  fi
  printf '\nKamiwaza on another machine? Then it needs the other form of the address, and a server here:\n'
  printf '  bash package-setup.sh --https HOST\n  python3 serve-registry.py\n'
}

main() {
  local root url='' settings file yes=no
  while (($#)); do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --yes | -y) yes=yes ;;
      --https)
        (($# > 1)) || fail "$USAGE_ERROR" '--https needs HOST or HOST:PORT.'
        url=$(https_url "$2")
        shift
        ;;
      --https=*) url=$(https_url "${1#*=}") ;;
      *) fail "$USAGE_ERROR" "unknown argument '$1'. See: bash package-setup.sh --help" ;;
    esac
    shift
  done

  root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
  [[ $root != *[[:cntrl:]]* ]] || fail "$MISSING" 'the path of this folder has a control character. Move it.'
  report_contents "$root"

  file=$root/$ENV_NAME
  url=${url:-$(file_url "$root")}
  settings=$(settings_for "$url")
  if [[ -f $file && $(<"$file") == "$settings" ]]; then
    printf '%s is up to date; nothing was changed.\n' "$file"
  elif may_replace "$file" "$yes"; then
    write_settings "$file" "$settings"
    printf 'Wrote %s\n' "$file"
  else
    fail "$CONFLICT" "$file was kept as it was."
  fi
  next_steps "$url"
}

main "$@"
