# Keeps the records of an installation; sourced by package-setup.sh.
#
# In: the folder `root`, and what was verified and loaded. Out: notes in the user's own folder, which later runs believe,
# and receipts in the folder `state`, which none does. Beside the bundle, where no list covers it, whoever carried the
# bundle here could have put anything (docs/adr/0023).
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # package-setup.sh and what it sources set what is recorded, and read what is found

state=''  # the folder of what is written for others

# --- notes --------------------------------------------------------------------------------------------------

# note FILE FIELD...: adds a line to this user's notes. One that a full disk cut off before must not swallow it.
note() {
  local file before='' IFS=$'\t'
  file=$(notes_folder)/$1
  shift
  [[ ! -s $file || -z $(tail -c 1 -- "$file") ]] || before=$'\n'
  { mkdir -p -- "${file%/*}" && printf '%s%s\n' "$before" "$*" >>"$file"; } 2>/dev/null ||
    fail "$MISSING" "$file cannot be written (full disk, or another user's?), and later runs need what it says." \
      'Make room, or name a folder that you may write: export XDG_STATE_HOME=DIR'
}

# noted FILE: prints the notes of this user; under sudo those of the caller too, who may have begun without it.
noted() {
  local home=/nowhere
  if [[ $EUID == 0 && ${SUDO_USER:-} =~ ^[A-Za-z0-9_][A-Za-z0-9._@-]*$ ]]; then eval "home=~$SUDO_USER"; fi
  cat -- "$home/.local/state/kamiwaza-registry/$1" "$(notes_folder)/$1" 2>/dev/null || true
}

# The mark only rises, and only a signature that was checked moves that of a key.
remember_age() {
  local file line seen
  [[ $seal != unchecked ]] || return 0
  file=$(sequences_file)
  seen=$(sed -n "s/^$key_id"$'\t''\([0-9]\{1,15\}\)\t.*/\1/p' "$file" 2>/dev/null | sort -n | tail -n 1) || seen=''
  ((10#$(field sequence) > 10#${seen:-0})) || return 0
  line=$(printf '%s\t%s\t%s' "$key_id" "$(field sequence)" "$(field created)")
  { mkdir -p -- "${file%/*}" && touch -- "$file" &&
    { grep -v "^$key_id"$'\t' -- "$file" || true; printf '%s\n' "$line"; } | put "$file"; } 2>/dev/null ||
    warn "cannot write $file, so an older bundle will not be noticed here"
}

# The note loaded.tsv: REF CONFIG HOW STORE TIME MANIFEST EXTENSIONS FOLDER BUNDLE, where HOW is what had the name
# before us: `new` (nothing), `before` (this very image) or the ID of another one; or `removed`. The last line of a
# name counts. BUNDLE is the digest of its list, so that a bundle that was moved is known again.
declare -gA how_of ids_of needed_by others_of
readonly LOADED="^(\[?[a-z0-9A-Z][^	]*)	(sha256:$HEX)	(new|before|removed|sha256:$HEX)	([a-z0-9-]+)	[^	]*	(sha256:$HEX)	([^	]*)	([^	]*)	([^	]*)\$"

# bundle_digest FOLDER
bundle_digest() {
  local sums=none
  if [[ -f $1/SHA256SUMS ]]; then sums=$(openssl dgst -sha256 -r "$1/SHA256SUMS"); fi
  printf 'sha256:%s\n' "${sums%% *}"
}

# The rows of what this bundle brought, or another one in this folder; with -v those of all others.
rows_of_ours() {
  noted loaded.tsv | sort -s -t $'\t' -k 5,5 |
    grep -aF "$@" -e $'\t'"$root"$'\t' -e $'\t'"$(bundle_digest "$root")" || true
}

# Sets `others_of`: by image, a row of another bundle that has it too, and that lies where it was installed from.
read_others() {
  local line ours folder
  local -A row_of=() digest_in=()
  ours=$(store)
  while IFS= read -r line; do
    [[ $line =~ $LOADED && ${BASH_REMATCH[4]} == "$ours" ]] || continue
    row_of["${BASH_REMATCH[1]} ${BASH_REMATCH[8]}"]=$line
  done < <(rows_of_ours -v)
  others_of=()
  for line in ${row_of[@]+"${row_of[@]}"}; do
    [[ $line =~ $LOADED && ${BASH_REMATCH[3]} != removed ]] || continue
    folder=/${BASH_REMATCH[7]}
    digest_in[$folder]=${digest_in[$folder]:-$(bundle_digest "$folder")}
    [[ ${digest_in[$folder]} != "${BASH_REMATCH[8]}" ]] || others_of[${line%%$'\t'*}]=$line
  done
}

read_loaded() {
  local line ours
  how_of=() ids_of=() needed_by=() ours=$(store)
  while IFS= read -r line; do
    [[ $line =~ $LOADED && ${BASH_REMATCH[4]} == "$ours" ]] || continue
    how_of[${BASH_REMATCH[1]}]=${BASH_REMATCH[3]} needed_by[${BASH_REMATCH[1]}]=${BASH_REMATCH[6]}
    ids_of[${BASH_REMATCH[1]}]="${BASH_REMATCH[2]} ${BASH_REMATCH[5]}"
  done < <(rows_of_ours)
}

# Prints the time for a note: now, but never before that of an earlier one. Clocks are set back, and the last counts.
time_of_note() {
  local form='[0-9]{4}(-[0-9]{2}){2}T[0-9:]{8}Z'
  { noted loaded.tsv | cut -f 5 | grep -axE "$form" || true; date -u +%FT%TZ; } | sort | tail -n 1
}

# record REF CONFIG HOW MANIFEST EXTENSIONS
record() {
  note loaded.tsv "$1" "$2" "$3" "$(store)" "$(time_of_note)" "$4" "$5" "$root" "$(bundle_digest "$root")"
  how_of[$1]=$3 ids_of[$1]="$2 $4" needed_by[$1]=$5
}

# let_go REF: this bundle has the image no longer. Another one that has it too takes over what we noted of it.
let_go() {
  local how=${how_of[$1]}
  if [[ $how != before && ${others_of[$1]:-} =~ $LOADED ]]; then
    note loaded.tsv "$1" "${BASH_REMATCH[2]}" "$how" "${BASH_REMATCH[4]}" "$(time_of_note)" \
      "${BASH_REMATCH[5]}" "${BASH_REMATCH[6]}" "${BASH_REMATCH[7]}" "${BASH_REMATCH[8]}"
  fi
  record "$1" "${ids_of[$1]% *}" removed "${ids_of[$1]#* }" "${needed_by[$1]}"
}

# --- receipts -----------------------------------------------------------------------------------------------

# Where receipts and catalogs for others go: beside the bundle, or with the user where the bundle cannot be written.
# Nothing in it is believed later. A link that came with the bundle could lead anywhere.
find_state() {
  state=$root/state
  if [[ -L $state || (-e $state && ! -w $state) || (! -e $state && ! -w $root) ]]; then
    state=$(notes_folder)/$(cksum <<<"$root" | tr ' ' -)
  fi
  [[ $dry_run == yes ]] || mkdir -p -- "$state" || 
    fail "$MISSING" "$state cannot be written." 'Run this script as a user who may write there, or make room.'
}

# For the security officer: what was verified and loaded, when, by which key. 1 if it cannot be written.
write_receipt() {
  local stamp file row comma='' host sums
  stamp=$(date -u +%Y%m%dT%H%M%SZ) host=$(uname -n) sums=$(bundle_digest "$root")
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
  } | put "$file.json" || return 1
  {
    printf 'Receipt of %s\n\n' "$(date -u +%FT%TZ)"
    printf 'Bundle     SHA256SUMS has %s, made %s\n' "$sums" "$(field created)"
    printf 'Verified   %d files; verdict %s; key %s\n' "${#digest_of[@]}" "$seal" "$key_id"
    printf 'Host       %s, %s %s\n\n' "$host" "$engine_kind" "$engine_version"
    for row in "${results[@]}"; do printf '%-8s %s  %s\n' "${row##*$'\t'}" "${row%%$'\t'*}" "$(cut -f 2 <<<"$row")"; done
  } | put "$file.txt" || return 1
  say "receipt: $file.txt"
}
