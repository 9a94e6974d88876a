# shellcheck shell=bash
# From the image into ROOT and out of it again, with a CONTENTS as in /var/db/pkg.

# shellcheck disable=SC2120
merge() {
	open_work "$1"
	local -a others=( "${ROOT}/var/db/pkg/${CATEGORY}/${PN}"-[0-9]* )
	local db=${ROOT}/var/db/pkg/${CATEGORY}/${PF} replaced=
	[[ ${#others[@]} == 0 ]] || replaced=${others[0]##*/"${PN}"-}
	export REPLACING_VERSIONS=${replaced}
	run_phases pkg_preinst
	local new=${db%/*}/-MERGING-${PF}
	mkdir -p "${new}" || die
	cp "${WORK}/${PF}.ebuild" "${new}/" && echo "${USE}" >"${new}/USE" || die
	merge_image "${others[0]:-}" >"${new}/CONTENTS"
	[[ -z ${replaced} ]] || (remove_version "${others[0]}" "${PVR}" "${new}/CONTENTS") || exit
	mv "${new}" "${db}" || die
	run_phases pkg_postinst
}

unmerge() {
	[[ -d ${ROOT}/var/db/pkg/$1 ]] || die "$1 is not installed"
	remove_version "${ROOT}/var/db/pkg/$1" '' /dev/null
}

# merge_image OLD: prints the CONTENTS. OLD is what the version before left in the database, if any. Directories that
# are there keep owner and mode.
merge_image() {
	local kind path sum
	local -A sums=()
	cd "${D}" || die
	while read -r sum path; do
		sums[${path#./}]=${sum}
	done < <(find . -type f -exec md5sum {} +)
	: >"${T}/plain"
	while read -r kind path; do
		case ${kind} in
			d) echo "dir /${path}" ;;
			l) echo "sym /${path} -> $(readlink "${path}")" ;;
			f) echo "obj /${path} ${sums[${path}]}" ;;
		esac
		if [[ ${kind} == d ]]; then
			[[ -d ${ROOT}/${path} ]] || command install -d -m "$(stat -c %a "${path}")" "${ROOT}/${path}" || die
		elif [[ ${kind} == f ]] && must_protect "$1" "${path}" "${sums[${path}]}"; then
			cp -p "${path}" "$(protected_name "${ROOT}/${path}")" || die
		else
			echo "./${path}" >>"${T}/plain"
		fi
	done < <(find . -mindepth 1 -printf '%y %P\n' | sort -k2)
	# No directories: tar would take the rights of others from those that are there, while it works in them.
	tar -cf - --no-recursion --verbatim-files-from --files-from "${T}/plain" |
		tar -xpf - -C "${ROOT:-/}" --keep-directory-symlink --same-owner || die
}

md5_of() {
	local sum
	sum=$(md5sum <"$1") && echo "${sum%% *}"
}

is_protected() {
	local folder
	for folder in ${CONFIG_PROTECT_MASK}; do
		[[ /$1 != "${folder}"/* ]] || return 1
	done
	for folder in ${CONFIG_PROTECT}; do
		[[ /$1 != "${folder}"/* ]] || return 0
	done
	return 1
}

# must_protect OLD PATH SUM: whether what is there is neither the same nor what OLD left.
must_protect() {
	[[ -e ${ROOT}/$2 ]] && is_protected "$2" || return 1
	local now
	now=$(md5_of "${ROOT}/$2")
	[[ ${now} != "$3" ]] || return 1
	[[ -z $1 ]] || ! grep -qxF "obj /$2 ${now}" "$1/CONTENTS"
}

protected_name() {
	local number=0 name
	while name=${1%/*}/._cfg$(printf %04d "${number}")_${1##*/}; [[ -e ${name} ]]; do
		number=$(( number + 1 ))
	done
	echo "${name}"
}

# remove_version DATABASE-ENTRY REPLACED_BY NEW-CONTENTS: with the phases as they were when it was installed.
remove_version() {
	local db=$1 category=${1%/*}
	T=$(mktemp -d) && export T
	open_ebuild "${db}/${db##*/}.ebuild" "${category##*/}"
	USE=$(<"${db}/USE")
	export REPLACED_BY_VERSION=$2
	run_phases pkg_prerm
	remove_contents "${db}/CONTENTS" "$3"
	run_phases pkg_postrm
	rm -r "${db}" "${T}"
	rmdir --ignore-fail-on-non-empty "${category}"
}

# remove_contents OLD NEW: what OLD lists and NEW does not, but for directories in use and configuration that was edited.
remove_contents() {
	local kind path rest
	local -A stays=()
	local -a files=() folders=()
	while read -r kind path rest; do
		stays[${path}]=yes
	done <"$2"
	while read -r kind path rest; do
		[[ -z ${stays[${path}]:-} ]] || continue
		if [[ ${kind} == dir ]]; then
			folders=( "${ROOT}${path}" "${folders[@]}" )
		elif [[ ${kind} == sym ]] || ! was_edited "${path}" "${rest}"; then
			files+=( "${ROOT}${path}" )
		fi
	done <"$1"
	[[ ${#files[@]} == 0 ]] || rm -f "${files[@]}"
	[[ ${#folders[@]} == 0 ]] || rmdir --ignore-fail-on-non-empty "${folders[@]}" 2>/dev/null
}

was_edited() {
	is_protected "${1#/}" && [[ -e ${ROOT}$1 && $(md5_of "${ROOT}$1") != "$2" ]]
}
