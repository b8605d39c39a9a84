# Verifies an unpacked bundle, keeps the notes of the user, reads catalogs and writes those for a private registry;
# sourced by package-setup.sh.
#
# In: the folder `root` and the options `key`, `require_signature`, `allow_unchecked`, `allow_downgrade`, `dry_run`
# and `remove_extra`. Out: `verify` prints what is wrong and the verdict, and ends the script with 4 if the bundle is
# refused. The rules and verdicts are those of `catalog bundle verify`; nothing is believed, and hardly anything
# parsed, before the signature was checked.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # package-setup.sh sets the options, and reads what is found

readonly MOST_SHOWN=100
readonly HEX='[0-9a-f]{64}'
is_hashing_blobs=yes  # no: it is enough that they are there
seal='' worst='' problems=0 unread=0 key_id=unsigned  # what the verification found
declare -A digest_of type_of                 # the signed list, and what lies in the folder

# refuse VERDICT WHAT: nothing more can be said.
refuse() {
  printf '%s: %s\n' "$1" "$2"
  end_refused "$1"
}

# Prints what to do about a refusal, as `catalog bundle verify` does.
way_on() {
  case $1 in
    unchecked) printf 'Give the public key with --key, or go without with --allow-unchecked.\n' ;;
    wrong-key) printf 'Ask those who made the bundle for their public key.\n' ;;
    unsigned-refused) printf 'Ask for a signed one.\n' ;;
    rolled-back) printf 'If you want the older one, say so with --allow-downgrade.\n' ;;
    unlisted) printf 'Delete what is not listed with: %s\n' "$(again verify --remove-extra)" ;;
    *) printf 'Copy it again from where it was made.\n' ;;
  esac
}

end_refused() {
  printf 'Refused. %s\nverdict: %s\n' "$(way_on "$1")" "$1"
  exit "$REFUSED"
}

# problem VERDICT PATH WHAT: one of possibly many; the gravest is the verdict. A file's name may hold line breaks
# and commands to the terminal, and must not speak for this script.
problem() {
  problems=$((problems + 1))
  if ((problems <= MOST_SHOWN)); then printf '%s: %s: %s\n' "$1" "${2//[![:print:]]/?}" "$3"; fi
  case $1:$worst in
    bad-form:* | changed:missing | changed:unlisted | missing:unlisted | *:) worst=$1 ;;
  esac
}

# A bundle that lost its lists must not pass for a plain build, which never has images.
has_bundle() {
  local name
  for name in bundle.json SHA256SUMS SHA256SUMS.sig garden/{default,v2,v3}/docker-images; do
    if [[ -e $root/$name || -L $root/$name ]]; then return 0; fi
  done
  return 1
}

# Ends the script when a signature is wanted of a folder that is no bundle.
refuse_plain() {
  [[ -z $key && $require_signature == no ]] ||
    refuse unsigned-refused 'this folder is no bundle, so nobody signed it, and a signature is required'
}

# head_file NAME LIMIT: 0 if it is there and a regular file of at most LIMIT bytes, 1 if it is not there.
head_file() {
  [[ ! -L $root/$1 ]] || refuse changed "$1 is a link"
  [[ -e $root/$1 ]] || return 1
  [[ -f $root/$1 ]] || refuse changed "$1 is no regular file"
  [[ -r $root/$1 ]] || fail "$MISSING" "$root/$1 cannot be read." 'Run this script as a user who may read it.'
  (($(stat -c %s -- "$root/$1") <= $2)) || refuse bad-form "$1 has more than $2 bytes"
}

# A field of bundle.json, which writes each on a line of its own.
field() { sed -n "s/^  \"$1\": \"\\{0,1\\}\\([^\",]*\\)\"\\{0,1\\},\$/\\1/p" -- "$root/bundle.json"; }

said_signer() { sed -n "s/^    \"key\": \"\\(sha256:[0-9a-f]\\{64\\}\\)\"\$/\\1/p" -- "$root/bundle.json"; }

check_key() {
  local der
  [[ -f $key && -r $key ]] || fail "$MISSING" "the key $key cannot be read." 'Name the public key: --key FILE'
  [[ $(readlink -f -- "$key") != "$root"/* ]] || fail "$USAGE_ERROR" "the key $key came with the bundle, so it proves nothing." \
    'Get it by another way from those who made the bundle, and keep it elsewhere.'
  openssl pkey -pubin -in "$key" -noout -text 2>/dev/null | grep -q -e prime256v1 -e P-256 ||
    fail "$USAGE_ERROR" "$key is no public ECDSA P-256 key in PEM." \
      "Ask those who made the bundle for theirs, and give it with --key$key_place."
  der=$(openssl pkey -pubin -in "$key" -outform DER | openssl dgst -sha256 -r)
  key_id=sha256:${der%% *}
}

check_signature() {
  local signer
  if ! head_file SHA256SUMS.sig 256; then
    if [[ -n $key || $require_signature == yes ]]; then
      refuse unsigned-refused 'the bundle is not signed, and a signature is required'
    fi
    seal=unsigned
  elif [[ -z $key ]]; then
    [[ $allow_unchecked == yes ]] || refuse unchecked \
      "the bundle is signed, and no key was given to check that with: --key FILE (or --allow-unchecked)$key_place"
    seal=unchecked
  else
    check_key
    seal=valid
  fi
  head_file bundle.json 16777216 || refuse missing 'bundle.json is not in the bundle'
  head_file SHA256SUMS 67108864 || refuse missing 'SHA256SUMS is not in the bundle'
  [[ $seal == valid ]] || return 0
  openssl dgst -sha256 -verify "$key" -signature "$root/SHA256SUMS.sig" "$root/SHA256SUMS" >/dev/null 2>&1 &&
    return
  signer=$(said_signer)
  if [[ -n $signer && $signer != "$key_id" ]]; then
    refuse wrong-key "the bundle says that $signer signed it, and the key is $key_id"
  fi
  refuse bad-signature 'the signature does not fit'
}

check_sums() {
  local sums=$root/SHA256SUMS bad='SHA256SUMS is not in the form of a bundle' line listed
  [[ -z $(tail -c 1 -- "$sums") ]] || refuse bad-form "$bad: it is cut off"
  ! grep -qavE "^$HEX  [A-Za-z0-9._@+/-]+\$" -- "$sums" || refuse bad-form "$bad"
  ! grep -qaE '(  |/)\.{0,2}(/|$)' -- "$sums" || refuse bad-form "$bad: a path leads out"
  (($(wc -L <"$sums") <= 66 + 1024)) || refuse bad-form "$bad: a path is too long"
  sed 's/^.\{66\}//' -- "$sums" | sort -cu 2>/dev/null || refuse bad-form "$bad: it is not sorted"
  while read -r line; do digest_of[${line:66}]=${line:0:64}; done <"$sums"
  [[ -z ${digest_of[SHA256SUMS]:-}${digest_of[SHA256SUMS.sig]:-} ]] || refuse bad-form "$bad: it lists itself"
  [[ -n ${digest_of[bundle.json]:-} ]] || refuse bad-form "$bad: it does not list bundle.json"
  listed=$(openssl dgst -sha256 -r "$root/bundle.json")
  [[ ${listed%% *} == "${digest_of[bundle.json]}" ]] || refuse changed 'bundle.json is not what SHA256SUMS says'
}

check_manifest() {
  local signer created sequence bad='bundle.json is not that of a bundle of format 1'
  signer=$(said_signer) created=$(field created) sequence=$(field sequence)
  [[ $(field format) == 1 && $(field product) == kamiwaza-extension-registry ]] || refuse bad-form "$bad"
  [[ $created =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$ && $sequence =~ ^[0-9]{1,15}$ ]] || refuse bad-form "$bad"
  [[ -z $signer || $seal != unsigned ]] || refuse missing 'the bundle was signed, and SHA256SUMS.sig is gone'
  [[ -n $signer || $seal == unsigned ]] || refuse bad-form 'there is a signature of a bundle that was not signed'
  if [[ $seal == valid && $signer != "$key_id" ]]; then
    refuse bad-form 'bundle.json names another signer than the one who signed'
  fi
  key_id=${signer:-unsigned}
  check_age "$created" "$sequence"
}

sequences_file() { printf '%s/sequences.tsv\n' "$(notes_folder)"; }

# An older bundle of the same key is refused; each key has its own line, so that no other can move it.
check_age() {
  local file seen_key seen created
  file=$(sequences_file)
  [[ $allow_downgrade == no && -r $file ]] || return 0
  while IFS=$'\t' read -r seen_key seen created; do
    [[ $seen_key == "$key_id" && $seen =~ ^[0-9]{1,15}$ ]] || continue
    if ((10#$seen > 10#$2)); then
      refuse rolled-back "the bundle is of $1, and this machine has seen a newer one, of $created"
    fi
  done <"$file"
}

# The mark only rises, and only a signature that was checked moves that of a key.
remember_age() {
  local file line seen
  [[ $seal != unchecked ]] || return 0
  file=$(sequences_file)
  seen=$(sed -n "s/^$key_id"$'\t''\([0-9]\{1,15\}\)\t.*/\1/p' "$file" 2>/dev/null | sort -n | tail -n 1) || seen=''
  ((10#$(field sequence) > 10#${seen:-0})) || return 0
  line=$(printf '%s\t%s\t%s' "$key_id" "$(field sequence)" "$(field created)")
  if ! { mkdir -p -- "${file%/*}" && touch -- "$file"; } 2>/dev/null; then
    warn "cannot write $file, so an older bundle will not be noticed here"
    return
  fi
  { grep -v "^$key_id"$'\t' -- "$file" || true; printf '%s\n' "$line"; } >"$file.$$" && mv -f -- "$file.$$" "$file"
}

# Everything in the folder, by path: f file, d folder, l link, and so on. Links are not followed.
read_tree() {
  local entry
  while IFS= read -r -d '' entry; do type_of[${entry#*$'\t'}]=${entry%%$'\t'*}; done < <(
    cd -- "$root" &&
      find . -mindepth 1 \( -path ./state -o -path "./$ENV_NAME" \) -prune -o -printf '%y\t%P\0'
  )
}

# check_presence PATH: 0 if it is a regular file that can be hashed.
check_presence() {
  local parent=$1
  case ${type_of[$1]:-} in
    f) return 0 ;;
    '')
      while [[ $parent == */* ]]; do
        parent=${parent%/*}
        if [[ ${type_of[$parent]:-} == l ]]; then
          problem changed "$1" "$parent is a link"
          return 1
        fi
      done
      problem missing "$1" 'it is not in the bundle'
      ;;
    *) problem changed "$1" 'a link or something else stands in its place' ;;
  esac
  return 1
}

check_digests() {
  local path line hashed
  local -a present=()
  for path in "${!digest_of[@]}"; do
    check_presence "$path" || continue
    if [[ $is_hashing_blobs == no && $path == garden/*/docker-images/blobs/* ]]; then
      unread=$((unread + 1))
    else
      present+=("./$path")
    fi
  done
  hashed=$(
    cd -- "$root" && printf '%s\0' "${present[@]}" | xargs -0 openssl dgst -sha256 -r
  ) || fail "$MISSING" 'some files cannot be read.' 'Run this script as a user who may read them.'
  while read -r line; do
    path=${line#* \*./}
    [[ ${line%% *} == "${digest_of[$path]}" ]] && continue
    problem changed "$path" 'it is not what SHA256SUMS says'
    type_of[$path]=changed
  done <<<"$hashed"
}

check_unlisted() {
  local path parent
  local -A folders=()
  for path in "${!digest_of[@]}"; do
    parent=$path
    while [[ $parent == */* ]]; do
      parent=${parent%/*}
      [[ -z ${folders[$parent]:-} ]] || break
      folders[$parent]=1
    done
  done
  for path in "${!type_of[@]}"; do
    [[ -z ${digest_of[$path]:-} && $path != SHA256SUMS ]] || continue
    [[ $path != SHA256SUMS.sig || $seal == unsigned ]] || continue
    [[ ${type_of[$path]} != d || -z ${folders[$path]:-} ]] || continue
    if [[ $remove_extra == yes ]] && remove "$path"; then continue; fi
    problem unlisted "$path" 'SHA256SUMS does not name it'
  done
}

# remove PATH: 0 if it is gone.
remove() {
  if [[ $dry_run == yes ]]; then
    printf 'would remove %s\n' "${1//[![:print:]]/?}"
    return 1
  fi
  rm -rf -- "${root:?}/$1" && say "removed ${1//[![:print:]]/?}"
}

# --- images: the table, and whether each folder says the same as it -----------------------------------------

# Sets `images` to the folder of images, empty when the bundle has none.
find_images() {
  local path
  images=''
  for path in "${!digest_of[@]}"; do
    if [[ $path == garden/*/docker-images/images.tsv ]]; then images=${path%/*}; fi
  done
}

readonly ROW="^[0-9]{1,7}	\[?[a-z0-9A-Z][]a-z0-9.:_/A-Z-]*:[a-z0-9_A-Z][a-z0-9._A-Z-]*	sha256:$HEX	sha256:$HEX	[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?	[0-9]{1,15}	[0-9]{1,15}	[a-z0-9.,_-]*	[^	 ]+\$"

is_whole() { [[ ${type_of[$1]:-} == f ]]; }

check_images() {
  local n ref config manifest number=0 path is_all_known=yes
  local -A used=()
  find_images
  [[ -n $images ]] || return 0
  is_whole "$images/images.tsv" || return 0
  if grep -qavE "$ROW" -- "$root/$images/images.tsv"; then
    problem bad-form "$images/images.tsv" 'it is not a table of images'
    return
  fi
  while IFS=$'\t' read -r n ref config manifest _; do
    [[ $n == "$number" ]] || problem bad-form "$images/images.tsv" "image $ref has the wrong number"
    number=$((number + 1))
    check_image "$n" "$ref" "${config#sha256:}" "${manifest#sha256:}"
  done <"$root/$images/images.tsv"
  for path in "${!digest_of[@]}"; do
    [[ $path == "$images"/blobs/* ]] || continue
    [[ ${path##*/} == "${digest_of[$path]}" ]] || problem bad-form "$path" 'its name is not its digest'
    [[ $is_all_known == no || -n ${used[${path##*/}]:-} ]] || problem bad-form "$path" 'no image needs it'
  done
}

# check_image N REF CONFIG MANIFEST: the folder must hold what the packer writes for this image; adds to `used`.
# Where a file of it is damaged, which is said already, nobody can know which blobs are needed.
check_image() {
  local folder=$images/images/$1 name blob layers=''
  for name in oci-layout index.json manifest.json members; do
    [[ -n ${digest_of[$folder/$name]:-} ]] || problem bad-form "$folder/$name" "the image $2 has none"
    is_whole "$folder/$name" || { is_all_known=no && return; }
  done
  check_members "$@"
  for blob in "$3" "$4"; do
    [[ -n ${digest_of[$images/blobs/sha256/$blob]:-} ]] ||
      problem bad-form "$images/blobs/sha256/$blob" "the image $2 needs it, and it is not in the bundle"
  done
  check_documents "$@"
}

# Adds to the `layers` of check_image what the list of members names after the documents, the config and the manifest.
check_members() {
  local name blob line=0
  while read -r name; do
    line=$((line + 1))
    case $line in
      1) [[ $name == "images/$1/oci-layout" ]] && continue ;;
      2) [[ $name == "images/$1/index.json" ]] && continue ;;
      3) [[ $name == "images/$1/manifest.json" ]] && continue ;;
      4) [[ $name == "blobs/sha256/$3" ]] && used[$3]=1 && continue ;;
      5) [[ $name == "blobs/sha256/$4" ]] && used[$4]=1 && continue ;;
      *)
        blob=${name#blobs/sha256/}
        if [[ $name =~ ^blobs/sha256/$HEX$ && -n ${digest_of[$images/$name]:-} ]]; then
          used[$blob]=1 layers+=" $name"
          continue
        fi
        ;;
    esac
    problem bad-form "$folder/members" "line $line does not belong to the image $2"
  done <"$root/$folder/members"
}

# What the engine reads first must speak of this image alone, and of no layer but those of check_image.
check_documents() {
  local name text
  [[ $(<"$root/$folder/oci-layout") == '{"imageLayoutVersion":"1.0.0"}' ]] ||
    problem bad-form "$folder/oci-layout" 'it is not that of an image'
  text=$(<"$root/$folder/manifest.json")
  [[ $text == '[{"Config":"blobs/sha256/'"$3"'","RepoTags":["'"$2"'"],"Layers":['*']}]' &&
    ${text#*'"Layers":['} =~ ^(\"blobs/sha256/$HEX\",?)*\]\}\]$ ]] ||
    problem bad-form "$folder/manifest.json" "it does not fit the image $2"
  while read -r name; do
    [[ " $layers " == *" $name "* ]] ||
      problem bad-form "$folder/manifest.json" "it names $name, which is no member"
  done < <(grep -oE "blobs/sha256/$HEX" <<<"${text#*Layers}" || true)
  text=$(<"$root/$folder/index.json")
  [[ $text == '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{'*"\"sha256:$4\""* &&
    $text == *'"io.containerd.image.name":"'"$2"'","org.opencontainers.image.ref.name":"'"$2"'"'* &&
    $(grep -o sha256: <<<"$text" | wc -l) == 1 ]] || problem bad-form "$folder/index.json" "it does not fit the image $2"
}

# Prints the rows of the images of these extensions or references (all without names), the largest first.
select_images() {
  local row name names
  local -A wanted=() known=()
  for name in "$@"; do wanted[$name]=1; done
  while IFS= read -r row; do
    names=$(cut -f 2,8,9 <<<"$row" | tr ',\t' '  ')
    for name in $names; do known[$name]=1; done
    for name in $names; do
      if (($# == 0)) || [[ -n ${wanted[$name]:-} ]]; then
        printf '%s\n' "$row"
        break
      fi
    done
  done < <(sort -t $'\t' -k 6,6nr -- "$root/$images/images.tsv")
  for name in "$@"; do
    [[ -n ${known[$name]:-} ]] || grep -qxF "      \"name\": \"$name\"," -- "$root/bundle.json" || fail "$USAGE_ERROR" "the bundle has no extension or image '$name'." \
      'See what it has: bash package-setup.sh status'
  done
}

# What status and preflight read, without hashing everything: they load nothing, and whoever loads verifies.
describe() {
  local allow_downgrade=yes listed
  head_file bundle.json 16777216 || refuse missing 'bundle.json is not in the bundle'
  head_file SHA256SUMS 67108864 || refuse missing 'SHA256SUMS is not in the bundle'
  if head_file SHA256SUMS.sig 256; then seal=unchecked; else seal=unsigned; fi
  check_sums
  check_manifest
  find_images
  [[ -n $images ]] || return 0
  head_file "$images/images.tsv" 67108864 || refuse missing "$images/images.tsv is not in the bundle"
  listed=$(openssl dgst -sha256 -r "$root/$images/images.tsv")
  [[ ${listed%% *} == "${digest_of[$images/images.tsv]}" ]] || refuse changed "$images/images.tsv is not what SHA256SUMS says"
  ! grep -qavE "$ROW" -- "$root/$images/images.tsv" || refuse bad-form "$images/images.tsv is not a table of images"
}

# Prints words as a shell takes them back; an IPv6 address in brackets can be read better as it is.
in_words() {
  local word words='' plain='^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._:/@+-]+)$'
  for word in "$@"; do
    if [[ $word =~ $plain ]]; then words+=" $word"; else words+=" $(printf '%q' "$word")"; fi
  done
  printf '%s\n' "${words# }"
}

# Prints a command line of this script for the same bundle and with the same key.
again() {
  local -a more=()
  [[ $root == "$here" ]] || more+=(--root "$root")
  [[ -z $key ]] || more+=(--key "$key")
  [[ $allow_unchecked == no ]] || more+=(--allow-unchecked)
  printf 'bash package-setup.sh %s\n' "$(in_words "$@" ${more[@]+"${more[@]}"})"
}

# Ends the script when the bundle is refused; prints the verdict otherwise.
verify() {
  check_signature
  check_sums
  check_manifest
  read_tree
  check_digests
  check_unlisted
  check_images
  if ((problems > MOST_SHOWN)); then printf '... and %d more\n' $((problems - MOST_SHOWN)); fi
  [[ -z $worst ]] || end_refused "$worst"
  if [[ $seal == unsigned ]]; then warn 'the bundle is not signed: nobody vouches for it'; fi
  if [[ $seal == unchecked ]]; then warn 'the signature was not checked: no key was given'; fi
  say "$((${#digest_of[@]} - unread)) files are as they were packed on $(field created)."
  ((unread == 0)) || say "$unread blobs of images are there, and were not read: verify and load do that."
  printf 'verdict: %s\n' "$seal"
}

# --- notes ------------------------------------------------------------------------------------------------
#
# What later runs believe lies with the user. Beside the bundle, where no list covers it, whoever carried the bundle
# here could have put anything (docs/adr/0023).

notes_folder() { printf '%s/kamiwaza-registry\n' "${XDG_STATE_HOME:-${HOME:-/root}/.local/state}"; }

# note FILE FIELD...: adds a line to this user's notes.
note() {
  local folder file=$1 IFS=$'\t'
  shift
  folder=$(notes_folder)
  { mkdir -p -- "$folder" && printf '%s\n' "$*" >>"$folder/$file"; } 2>/dev/null ||
    fail "$MISSING" "$folder/$file cannot be written, and later runs need what it says." \
      'Name a folder that you may write: export XDG_STATE_HOME=DIR'
}

# noted FILE: prints the notes of this user; under sudo those of the caller too, who may have begun without it.
noted() {
  local home=/nowhere
  if [[ $EUID == 0 && ${SUDO_USER:-} =~ ^[A-Za-z0-9_][A-Za-z0-9._@-]*$ ]]; then eval "home=~$SUDO_USER"; fi
  cat -- "$home/.local/state/kamiwaza-registry/$1" "$(notes_folder)/$1" 2>/dev/null || true
}

# The note loaded.tsv: REF CONFIG HOW STORE TIME MANIFEST EXTENSIONS FOLDER BUNDLE, where HOW is what had the name
# before us: `new` (nothing), `before` (this very image) or the ID of another one; or `removed`. The last line of a
# name counts. BUNDLE is the digest of its list, so that a bundle that was moved is known again.
declare -A how_of ids_of needed_by
readonly LOADED="^(\[?[a-z0-9A-Z][^	]*)	(sha256:$HEX)	(new|before|removed|sha256:$HEX)	([a-z0-9-]+)	[^	]*	(sha256:$HEX)	([^	]*)	[^	]*	[^	]*\$"

bundle_digest() {
  local sums=none
  if [[ -f $root/SHA256SUMS ]]; then sums=$(openssl dgst -sha256 -r "$root/SHA256SUMS"); fi
  printf 'sha256:%s\n' "${sums%% *}"
}

# The rows of what this bundle brought, or another one in this folder.
rows_of_ours() {
  noted loaded.tsv | sort -s -t $'\t' -k 5,5 |
    grep -aF -e $'\t'"$root"$'\t' -e $'\t'"$(bundle_digest)" || true
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

# record REF CONFIG HOW MANIFEST EXTENSIONS
record() {
  note loaded.tsv "$1" "$2" "$3" "$(store)" "$(date -u +%FT%TZ)" "$4" "$5" "$root" "$(bundle_digest)"
  how_of[$1]=$3 ids_of[$1]="$2 $4" needed_by[$1]=$5
}

# require_known NAME...: each is an extension or image that was loaded from here, or that the bundle has; that is only
# searched for the name, so that a damaged bundle can be taken away.
require_known() {
  local name file known
  known=$(
    rows_of_ours | cut -f 1,7 | tr , '\t' | tr '\t' '\n'
    for file in "$root"/garden/*/docker-images/images.tsv; do [[ ! -f $file ]] || cut -f 2 -- "$file"; done
    [[ ! -f $root/bundle.json ]] || sed -n 's/^      "name": "\(.*\)",$/\1/p' -- "$root/bundle.json"
  )
  for name in "$@"; do
    grep -qxF -- "$name" <<<"$known" || fail "$USAGE_ERROR" "there is no extension or image '$name' from here." \
      'See what there is: bash package-setup.sh status'
  done
}

# The digest of a folder's files, names and links.
tree_digest() {
  (
    cd -- "$1" || exit
    find . -printf '%y %P\0' | sort -z
    find . -type f -print0 | sort -z | xargs -0 openssl dgst -sha256 -r
  ) | openssl dgst -sha256 -r | cut -d ' ' -f 1
}

# --- what the registry holds ------------------------------------------------------------------------------

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

# --- catalogs for a private registry ----------------------------------------------------------------------

# The name of an image in the private registry, as relocate/ has it.
relocated_name() {
  local host=${2%%/*}
  host=${host/\[/ipv6-} host=${host/\]/} host=${host//::/-0-}
  printf '%s/%s/%s\n' "$1" "${host//:/__}" "${2#*/}"
}

declare -A lacking  # the images that are not known to be in the registry, as relocate/ names them

# Sets `lacking`, prints the extensions that need one of these images. What a push brought, now or earlier, is noted.
find_lacking() {
  local address ref manifest names left_out=''
  local -A is_there=()
  while IFS=$'\t' read -r address ref manifest; do
    if [[ $address == "$1" ]]; then is_there["$ref $manifest"]=1; fi
  done < <(noted pushed.tsv)
  lacking=()
  while IFS=$'\t' read -r _ ref _ manifest _ _ _ names _; do
    [[ -z ${is_there["$ref $manifest"]:-} ]] || continue
    lacking[$(relocated_name @REGISTRY@ "$ref")]=1
    left_out+=$names,
  done <"$root/$images/images.tsv"
  [[ -z $left_out ]] || say "not in these catalogs, for their images were not pushed to $1:" \
    "$(tr , '\n' <<<"$left_out" | grep . | sort -u | tr '\n' ' ')"
}

# relocate_one PATH TARGET REGISTRY. The address was checked to hold no character that sed or JSON would take for
# something else.
relocate_one() {
  if ((${#lacking[@]})); then without_lacking "$root/$1"; else cat -- "$root/$1"; fi | sed "s#@REGISTRY@#$3#g" >"$2"
}

# Prints a catalog, an array of entries, without the entries that name an image in `lacking`.
without_lacking() {
  local token entry='' depth=0 comma='' string='"([^"\\]|\\.)*"'
  printf '['
  while IFS= read -r token; do
    case $token in
      '{' | '[') depth=$((depth + 1)) ;;
      '}' | ']') depth=$((depth - 1)) ;;
    esac
    # These belong to the array itself: its brackets, and the commas between its entries.
    if [[ $depth == 0 || $depth$token == @('1['|1,) ]]; then continue; fi
    entry+=$token
    if ((depth > 1)); then continue; fi
    if lacks_none "$entry"; then
      printf '%s\n  %s' "$comma" "$entry"
      comma=,
    fi
    entry=''
  done < <(grep -aoE "$string|[][{},]|[^][{},\"[:space:]]+" -- "$1")
  printf '\n]\n'
}

lacks_none() {
  local rest=$1 name='@REGISTRY@/[A-Za-z0-9._/:-]+'
  while [[ $rest =~ $name ]]; do
    [[ -z ${lacking[${BASH_REMATCH[0]}]:-} ]] || return 1
    rest=${rest#*"${BASH_REMATCH[0]}"}
  done
}

# A small registry folder of its own, whose catalogs name the images in the private registry.
write_relocated() {
  local path target draft
  draft=$(mktemp -d -- "$state/relocated.XXXXXX") || fail "$MISSING" "$state cannot be written."
  chmod 0755 -- "$draft"
  find_lacking "$1"
  for path in "${!digest_of[@]}"; do
    case $path in
      relocate/*.in) target=${path#relocate/} target=$draft/${target%.in} ;;
      garden/*/app-garden-images/* | garden/*/images/*) target=$draft/$path ;;
      *) continue ;;
    esac
    [[ $path != */docker-images/* ]] || continue
    mkdir -p -- "${target%/*}"
    if [[ $path == relocate/* ]]; then relocate_one "$path" "$target" "$1"; else cp -- "$root/$path" "$target"; fi
  done
  note relocated.tsv "$(tree_digest "$draft")"
  rm -rf -- "$state/relocated"
  mv -T -- "$draft" "$state/relocated"
}

# Ends the script unless these are catalogs that this user's push wrote, as it wrote them.
require_relocated() {
  [[ -d $1 ]] || fail "$MISSING" "$1 is not there." 'Write it with: bash package-setup.sh push REGISTRY'
  if [[ ! -L $1 ]] && grep -qxF -- "$(tree_digest "$1")" < <(noted relocated.tsv); then return; fi
  fail "$REFUSED" "$1 is not as you wrote it here: it came with the bundle, was changed, or is another user's." \
    'Write it again with: bash package-setup.sh push REGISTRY'
}
