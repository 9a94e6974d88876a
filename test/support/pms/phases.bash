# shellcheck shell=bash
# What an ebuild sees while one of its phases runs, and which function a phase is.

# open_work WORK [EBUILD]: the variables of an ebuild, which WORK remembers.
open_work() {
	local work=$1
	if [[ $# -gt 1 ]]; then
		mkdir -p "${work}" && cp "$2" "${work}/" && realpath "$2" >"${work}/origin" && echo "${USE:-}" >"${work}/USE"
	fi
	local origin category
	origin=$(<"${work}/origin") || die
	category=${origin%/*/*}
	work=$(realpath "${work}")
	WORK=${work} WORKDIR=${work}/work T=${work}/temp D=${work}/image ED=${work}/image HOME=${work}/temp
	open_ebuild "${work}/${origin##*/}" "${category##*/}"
	# The flags of the build count, unless others are asked for.
	USE=${USE-$(<"${work}/USE")}
	PACKAGE=${origin%/*} FILESDIR=${PACKAGE}/files
	S=${S:-${WORKDIR}/${P}}
	export WORKDIR T D ED HOME S
}

# open_ebuild FILE CATEGORY: names and versions, and then all that the ebuild itself sets.
open_ebuild() {
	CATEGORY=$2 PF=${1##*/}
	PF=${PF%.ebuild} PR=r0
	P=${PF%-r+([0-9])}
	[[ ${P} == "${PF}" ]] || PR=${PF##*-}
	PN=${P%-*} PV=${P##*-} PVR=${PV}
	[[ ${PR} == r0 ]] || PVR=${PV}-${PR}
	export CATEGORY PF PR P PN PV PVR
	IUSE='' RESTRICT='' SRC_URI='' A='' S='' EXPORTED=()
	# shellcheck source=/dev/null
	source "$1" || die "${1} cannot be read"
	A=${SRC_URI##*/}
	resolve_restrict
}

# RESTRICT="!test? ( test )" and the like, by the flags that are set.
resolve_restrict() {
	local -a words
	read -ra words <<<"${RESTRICT}"
	local -a result=()
	local index=0
	while (( index < ${#words[@]} )); do
		if [[ ${words[index]} == *'?' ]]; then
			local flag=${words[index]%'?'}
			index=$(( index + 2 ))
			while [[ ${words[index]} != ')' ]]; do
				use "${flag}" && result+=( "${words[index]}" )
				index=$(( index + 1 ))
			done
		else
			result+=( "${words[index]}" )
		fi
		index=$(( index + 1 ))
	done
	RESTRICT=${result[*]}
}

inherit() {
	local name
	for name; do
		# shellcheck source=/dev/null
		source "${PMS}/eclass/${name}.eclass" || die "no eclass ${name}"
	done
}

# Phases that an eclass defines: EXPORT_FUNCTIONS phase...
EXPORT_FUNCTIONS() {
	local file=${BASH_SOURCE[1]##*/} phase
	for phase; do
		eval "${phase}() { ${file%.eclass}_${phase}; }"
	done
}

# run_phases NAME...: each in a process of its own, as its function, else as the default one.
run_phases() {
	local phase
	for phase; do
		(
			export EBUILD_PHASE=${phase#*_} EBUILD_PHASE_FUNC=${phase}
			[[ ${phase} != src_@(prepare|configure|compile|test|install) ]] || cd "${S}" || die
			if declare -F "${phase}" >/dev/null; then
				"${phase}"
			elif declare -F "default_${phase}" >/dev/null; then
				"default_${phase}"
			fi
		) || exit
	done
}

default() {
	"default_${EBUILD_PHASE_FUNC}"
}

default_src_unpack() {
	local file
	for file in ${A}; do
		tar -xf "${DISTDIR}/${file}" || die
	done
}

default_src_install() {
	einstalldocs
}

default_src_prepare() {
	:
}

# What the Manifest says of the files that are fetched.
check_distfiles() {
	local file
	for file in ${A}; do
		[[ -f ${DISTDIR}/${file} ]] || { run_phases pkg_nofetch; die "${file} has to be fetched"; }
		local line
		line=$(grep "^DIST ${file} " "${PACKAGE}/Manifest") || die "${file} is not in the Manifest"
		local -a words
		read -ra words <<<"${line}"
		[[ $(stat -c %s "${DISTDIR}/${file}") == "${words[2]}" ]] || die "${file}: wrong size"
		[[ ${words[3]} == BLAKE2B && $(b2sum <"${DISTDIR}/${file}") == "${words[4]}  -" ]] || die "${file}: wrong BLAKE2B"
		[[ ${words[5]} == SHA512 && $(sha512sum <"${DISTDIR}/${file}") == "${words[6]}  -" ]] || die "${file}: wrong SHA512"
	done
}
