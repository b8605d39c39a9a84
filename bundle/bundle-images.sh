# Moves the images of a bundle: into the engine, on to a private registry, out again; sourced by package-setup.sh.
#
# In: the folder `root`, its folder `images` and table of images as they were verified, and the options `engine_name`,
# `quiet` and `dry_run`. Out: `load`, `push` and `uninstall` move images and note each (bundle-notes.sh); `push` also
# writes the catalogs that name them in the private registry, into the folder `state`.
# shellcheck shell=bash
# shellcheck disable=SC2154  # package-setup.sh and what it sources set the options, the table and the notes

engine='' engine_kind='' engine_version='' engine_platform='' extra_name=''
results=()  # REF CONFIG RESULT of each image, for the receipt

# --- the engine ---------------------------------------------------------------------------------------------

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

# Takes away an image that has lost its last name.
drop_nameless() {
  local names
  names=$("$engine" image inspect --format '{{len .RepoTags}}' "$1" 2>/dev/null </dev/null) || return 0
  [[ $names != 0 ]] || "$engine" rmi "$1" >/dev/null 2>&1 </dev/null || true
}

# --- into the engine ----------------------------------------------------------------------------------------

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
      "See what it has: $(again status)"
  done
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
    *'no space left'*) printf 'the disk of the engine is full. See: %s' "$(again preflight)" ;;
    *'ermission denied'*) printf 'permission denied. Run this script with sudo, or as a user of the group docker' ;;
    *'did not match'*) printf 'it found another content than it should. Copy the bundle again' ;;
    *) printf '%s' "$(tail -n 1 <<<"$1")" ;;
  esac
}

# find_there REF CONFIG MANIFEST EXTENSIONS: notes an image that was there before us. Another run may have brought it
# since we read the notes, for it notes each before it loads it.
find_there() {
  [[ ${how_of[$1]:-removed} == removed ]] || return 0
  read_loaded
  [[ ${how_of[$1]:-removed} != removed ]] || record "$1" "$2" before "$3" "$4"
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
      if [[ $dry_run == no ]]; then find_there "$ref" "$config" "$manifest" "$names"; fi
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
  if ((there == $(wc -l <<<"$rows"))); then say "nothing to load: $(quantity "$there" image) there already" && return; fi
  if [[ $dry_run == yes ]]; then return; fi
  write_receipt || warn "there is no receipt of this, because $state cannot be written (full disk?)"
  say "$(quantity "$loaded" image) loaded, $there there already, ${#failed[@]} failed"
  if ((${#failed[@]})); then
    fail "$FAILED" "these images were not loaded: ${failed[*]}" \
      'Put right what is said above, then run the same command again.'
  fi
}

# --- on to a private registry -------------------------------------------------------------------------------

# The name of an image in the private registry, as relocate/ has it.
relocated_name() {
  local host=${2%%/*}
  host=${host/\[/ipv6-} host=${host/\]/} host=${host//::/-0-}
  printf '%s/%s/%s\n' "$1" "${host//:/__}" "${2#*/}"
}

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
  say "$(quantity "$pushed" image) pushed to $registry"
  say "Catalogs that name these images: $state/relocated"
  say "Point Kamiwaza at them: $(again --relocated env)"
}

# --- catalogs that name the images there --------------------------------------------------------------------

declare -gA lacking  # the images that are not known to be in the registry, as relocate/ names them

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

# The digest of a folder's files, names and links.
tree_digest() {
  (
    cd -- "$1" || exit
    find . -printf '%y %P\0' | sort -z
    find . -type f -print0 | sort -z | xargs -0 openssl dgst -sha256 -r
  ) | openssl dgst -sha256 -r | cut -d ' ' -f 1
}

# A small registry folder of its own, whose catalogs name the images in the private registry.
write_relocated() {
  local draft
  find_lacking "$1"
  rm -rf -- "$state"/relocated.??????  # what an interrupted push left
  draft=$(mktemp -d -- "$state/relocated.XXXXXX") && fill_relocated "$1" "$draft" || {
    rm -rf -- "$draft"
    fail "$MISSING" "the catalogs for $1 cannot be written to $state (full disk?)." \
      'The images are pushed. Make room, then run the same command again.'
  }
  note relocated.tsv "$(tree_digest "$draft")"
  rm -rf -- "$state/relocated"
  mv -T -- "$draft" "$state/relocated"
}

# fill_relocated REGISTRY FOLDER: 1 if not everything could be written.
fill_relocated() {
  local path target
  chmod 0755 -- "$2"
  for path in "${!digest_of[@]}"; do
    case $path in
      relocate/*.in) target=${path#relocate/} target=$2/${target%.in} ;;
      garden/*/app-garden-images/* | garden/*/images/*) target=$2/$path ;;
      *) continue ;;
    esac
    [[ $path != */docker-images/* ]] || continue
    mkdir -p -- "${target%/*}" || return 1
    if [[ $path == relocate/* ]]; then relocate_one "$path" "$target" "$1"; else cp -- "$root/$path" "$target"; fi ||
      return 1
  done
}

# Ends the script unless these are catalogs that this user's push wrote, as it wrote them.
require_relocated() {
  [[ -d $1 ]] || fail "$MISSING" "$1 is not there." "Write it with: $(again push REGISTRY)"
  if [[ ! -L $1 ]] && grep -qxF -- "$(tree_digest "$1")" < <(noted relocated.tsv); then return; fi
  fail "$REFUSED" "$1 is not as you wrote it here: it came with the bundle, was changed, or is another user's." \
    "Write it again with: $(again push REGISTRY)"
}

# --- out of the engine --------------------------------------------------------------------------------------

# Prints the references of the bundle's images, be it damaged or not.
listed_images() {
  local file
  for file in "$root"/garden/*/docker-images/images.tsv; do [[ ! -f $file ]] || cut -f 2 -- "$file"; done
}

# require_known NAME...: each is an extension or image that was loaded from here, or that the bundle has; that is only
# searched for the name, so that a damaged bundle can be taken away.
require_known() {
  local name known
  known=$(
    rows_of_ours | cut -f 1,7 | tr , '\t' | tr '\t' '\n'
    listed_images
    [[ ! -f $root/bundle.json ]] || sed -n 's/^      "name": "\(.*\)",$/\1/p' -- "$root/bundle.json"
  )
  for name in "$@"; do
    grep -qxF -- "$name" <<<"$known" || fail "$USAGE_ERROR" "there is no extension or image '$name' from here." \
      "See what there is: $(again status)"
  done
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

# take_back REF HOW: the name goes, or goes back to the image that had it, if that is still there.
take_back() {
  local id
  if [[ $2 == new || -z $(image_id "$2") ]]; then
    "$engine" rmi "$1" >/dev/null 2>&1 </dev/null
  else
    id=$(image_id "$1")
    "$engine" tag "$2" "$1" >/dev/null 2>&1 </dev/null && drop_nameless "$id"
  fi
}

# judge REF NAME...: sets `reason` why this image stays, and `fate`: goes; kept; passed, if it stays and is ours no
# longer; none, if it is gone already or not meant.
judge() {
  local ref=$1 name how=${how_of[$1]} id
  shift
  fate=none reason=''
  [[ $how != removed ]] || return 0
  if ! is_named "$ref" "$@"; then
    for name in "$@"; do
      [[ ,${needed_by[$ref]}, != *",$name,"* ]] || fate=kept reason="other extensions need it: ${needed_by[$ref]}"
    done
    return 0
  fi
  id=$(image_id "$ref")
  [[ -n $id ]] || return 0
  if [[ $how == before ]]; then
    fate=passed reason='it was there before'
  elif [[ ${ids_of[$ref]} != *"$id"* ]]; then
    fate=kept reason='another image has this name now'
  elif [[ ${others_of[$ref]:-} =~ $LOADED && "${BASH_REMATCH[2]} ${BASH_REMATCH[5]}" == *"$id"* ]]; then
    fate=passed reason="the bundle in ${BASH_REMATCH[7]} has it too"
  else
    fate=goes
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

# Only what was loaded into this engine by this bundle, or by another one in this folder, and was not there before;
# an image that a container uses stays.
uninstall() {
  local ref fate reason in_use=() removed=0
  require_known "$@"
  if [[ -n $(rows_of_ours) ]]; then
    require_engine
    read_loaded
    read_others
  elif [[ -n $(listed_images) ]]; then
    say "$(notes_folder)/loaded.tsv names no image that was loaded from here." \
      'Did another user load them? Then run this as that user.'
  fi
  while IFS= read -r ref; do
    if [[ -z $ref ]]; then continue; fi
    judge "$ref" "$@"
    [[ -z $reason ]] || say "kept $ref: $reason"
    case $fate in
      passed) [[ $dry_run == yes ]] || let_go "$ref" ;;
      goes) if remove_image "$ref" "${how_of[$ref]}"; then removed=$((removed + 1)); else in_use+=("$ref"); fi ;;
    esac
  done < <(printf '%s\n' ${how_of[@]+"${!how_of[@]}"} | sort)
  if (($# == 0)); then remove_settings; fi
  if [[ $dry_run == yes ]]; then return; fi
  say "$(quantity "$removed" image) removed"
  ((${#in_use[@]} == 0)) || fail "$FAILED" "still in use, and kept: ${in_use[*]}" \
    'Stop the containers that use them, then run the same command again.'
}
