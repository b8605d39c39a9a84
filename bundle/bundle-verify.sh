# Verifies an unpacked bundle; sourced by package-setup.sh.
#
# In: the folder `root` and the options `key`, `require_signature`, `allow_unchecked`, `allow_downgrade`, `dry_run`
# and `remove_extra`; of functions only those that speak (`say`, `warn`, `fail`, `again`) and `notes_folder`, where the
# mark against older bundles lies. Out: `verify` prints what is wrong and the verdict, and ends the script with 4 if
# the bundle is refused; `digest_of`, `images`, `seal` and `key_id` are what it found. The rules and verdicts are those
# of `catalog bundle verify`; nothing is believed, and hardly anything parsed, before the signature was checked.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # package-setup.sh sets the options, and reads what is found

readonly MOST_SHOWN=100
readonly HEX='[0-9a-f]{64}'
is_hashing_blobs=yes  # no: it is enough that they are there
seal='' worst='' problems=0 unread=0 key_id=unsigned  # what the verification found
images=''                                              # the folder docker-images
declare -A digest_of type_of                           # the signed list, and what lies in the folder

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

# Each is in a package of its own, and a small system may lack it; without it, nothing here could be believed.
require_programs() {
  local program absent=()
  for program in openssl grep sed find xargs; do command -v "$program" >/dev/null || absent+=("$program"); done
  ((${#absent[@]} == 0)) || fail "$MISSING" "not installed, and needed to check the bundle: ${absent[*]}" \
    "Install it from your distribution's media (find and xargs are in findutils)."
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
  # OpenSSL 3 reads other forms, too, which the verification before the transport refuses.
  grep -qa -e '-----BEGIN PUBLIC KEY-----' -- "$key" &&
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

# Everything in the folder, by path: f file, d folder, l link, and so on. Links are not followed.
read_tree() {
  local entry
  while IFS= read -r -d '' entry; do type_of[${entry#*$'\t'}]=${entry%%$'\t'*}; done < <(
    cd -- "$root" &&
      find . -mindepth 1 \( -path ./state -o -path "./$ENV_NAME" \) -prune -o -printf '%y\t%P\0'
  )
}

# Prints paths in the order of their bytes, each with a NUL behind it.
in_order() { printf '%s\0' "$@" | sort -z; }

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
  while IFS= read -r -d '' path; do
    check_presence "$path" || continue
    if [[ $is_hashing_blobs == no && $path == garden/*/docker-images/blobs/* ]]; then
      unread=$((unread + 1))
    else
      present+=("./$path")
    fi
  done < <(in_order "${!digest_of[@]}")
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
  while IFS= read -r -d '' path; do
    [[ -z ${digest_of[$path]:-} && $path != SHA256SUMS ]] || continue
    [[ $path != SHA256SUMS.sig || $seal == unsigned ]] || continue
    [[ ${type_of[$path]} != d || -z ${folders[$path]:-} ]] || continue
    if [[ $remove_extra == yes && $worst == @(|unlisted) ]] && remove "$path"; then continue; fi
    problem unlisted "$path" 'SHA256SUMS does not name it'
  done < <(in_order "${!type_of[@]}")
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
  if [[ -z $images ]]; then
    ! grep -qx '    "images": [1-9][0-9]*,' -- "$root/bundle.json" ||
      problem bad-form SHA256SUMS 'it lists no images, and bundle.json does'
    return 0
  fi
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

# What status and preflight read, without hashing everything: they load nothing, and whoever loads verifies.
describe() {
  local allow_downgrade=yes listed
  require_programs
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

# Ends the script when the bundle is refused; prints the verdict otherwise.
verify() {
  require_programs
  check_signature
  check_sums
  check_manifest
  read_tree
  check_digests
  check_images
  check_unlisted
  if ((problems > MOST_SHOWN)); then printf '... and %d more\n' $((problems - MOST_SHOWN)); fi
  [[ -z $worst ]] || end_refused "$worst"
  if [[ $seal == unsigned ]]; then warn 'the bundle is not signed: nobody vouches for it'; fi
  if [[ $seal == unchecked ]]; then warn 'the signature was not checked: no key was given'; fi
  say "$((${#digest_of[@]} - unread)) files are as they were packed on $(field created)."
  ((unread == 0)) || say "$unread blobs of images are there, and were not read: verify and load do that."
  printf 'verdict: %s\n' "$seal"
}
