# shellcheck shell=bash
# The commands that ebuilds have, PMS chapter 12. What fails, dies.

die() {
	echo "die: ${*:-(no message)} [${FUNCNAME[1]} of ${PF:-pms}]" >&2
	exit 1
}

einfo() { echo " * $*"; }
elog() { echo " * $*"; }
ewarn() { echo " * WARNING: $*" >&2; }
eerror() { echo " * ERROR: $*" >&2; }

has() {
	local wanted=$1 word
	shift
	for word; do
		[[ ${word} != "${wanted}" ]] || return 0
	done
	return 1
}

use() {
	[[ $1 != !* ]] || { ! use "${1#!}"; return; }
	local flag
	for flag in ${IUSE}; do
		[[ ${flag#[+-]} != "$1" ]] || { has "$1" ${USE:-}; return; }
	done
	die "USE flag $1 is not in IUSE"
}

usex() {
	if use "$1"; then echo "${2-yes}${4-}"; else echo "${3-no}${5-}"; fi
}

get_libdir() { echo lib64; }

# Where the next helpers put things.
insinto() { INSDEST=$1; }

place_file() {
	command install -D -m "$1" "$2" "$3" || die
}

doins() {
	local source mode=file
	[[ $1 != -r ]] || { mode=tree; shift; }
	for source; do
		[[ -e ${source} || -L ${source} ]] || die "doins: ${source} does not exist"
		if [[ -d ${source} && ! -L ${source} ]]; then
			[[ ${mode} == tree ]] || die "doins: ${source} is a directory"
			mkdir -p "${ED}${INSDEST}" && cp -dR --no-preserve=all "${source}" "${ED}${INSDEST}/" || die
			chmod -R u=rwX,go=rX "${ED}${INSDEST}/${source##*/}" || die
			# Only directories keep their x: doins gives 0644, whatever the source had.
			find "${ED}${INSDEST}/${source##*/}" -type f -exec chmod 0644 {} + || die
		else
			place_file 0644 "${source}" "${ED}${INSDEST}/${source##*/}"
		fi
	done
}

# place_new MODE FOLDER SOURCE NAME: SOURCE may be -, for what comes in.
place_new() {
	local source=$3
	if [[ ${source} == - ]]; then
		source=${T}/stdin
		cat >"${source}" || die
	fi
	[[ -f ${source} ]] || die "${source} does not exist"
	place_file "$1" "${source}" "${ED}$2/$4"
}

newins() { place_new 0644 "${INSDEST}" "$1" "$2"; }
newconfd() { place_new 0644 /etc/conf.d "$1" "$2"; }
newenvd() { place_new 0644 /etc/env.d "$1" "$2"; }
doenvd() { place_new 0644 /etc/env.d "$1" "${1##*/}"; }

# Portage refuses a script that bash cannot parse.
newinitd() {
	bash -n "$1" || die "newinitd: $1"
	place_new 0755 /etc/init.d "$1" "$2"
}

dosym() {
	local target=$1 link=$2
	if [[ $1 == -r ]]; then
		link=$3
		target=$(realpath --no-symlinks --canonicalize-missing --relative-to="${3%/*}" "$2") || die
	fi
	mkdir -p "${ED}${link%/*}" && ln -snf "${target}" "${ED}${link}" || die
}

dodir() { command install -d "${@/#/${ED}}" || die; }

keepdir() {
	dodir "$@"
	local folder
	for folder; do
		: >"${ED}${folder}/.keep_${CATEGORY}_${PN}-${SLOT%%/*}" || die
	done
}

fperms() {
	local mode=$1
	shift
	chmod "${mode}" "${@/#/${ED}}" || die
}

fowners() {
	local owner=$1
	shift
	chown "${owner}" "${@/#/${ED}}" || die
}

einstalldocs() {
	local INSDEST=/usr/share/doc/${PF}
	[[ -z ${DOCS[*]:-} ]] || doins "${DOCS[@]}"
}
