# shellcheck shell=bash
# Keeps files of foreign stores out of ebuilds. "tenon env hook install" has /etc/portage/bashrc source this file, with
# the mode (clean, warn, die) and further store directories as arguments. It looks at values, so it needs no list of
# names; it acts only before a package is built, starts no program, and leaves nothing behind in the saved environment.
# Every name of its own starts with tn_ or __tenon_, because a caller may export any other one.

__tenon_hook() {
	local tn_mode=$1
	shift
	local -a tn_stores=( /nix/store /gnu/store "$@" )
	local -a tn_profiles=(
		/nix/var/nix/profiles /var/guix/profiles /run/current-system /run/booted-system
	)
	local -a tn_links=(
		/.nix-profile /.guix-profile /.guix-home /.config/guix/current /.local/state/nix/profile
	)
	local -a tn_environ=() tn_names=() tn_values=()
	local tn_entry
	[[ -r /proc/self/environ ]] || return 0
	mapfile -d '' -t tn_environ 2>/dev/null </proc/self/environ
	__tenon_is_suspect "${tn_environ[*]}" || return 0

	# What the caller handed over, less what ENV_UNSET has taken away since.
	for tn_entry in "${tn_environ[@]}"; do
		__tenon_is_suspect "${tn_entry}" || continue
		if __tenon_may_judge "${tn_entry%%=*}" && __tenon_is_foreign "${tn_entry#*=}"; then
			tn_names+=( "${tn_entry%%=*}" )
			tn_values+=( "${tn_entry#*=}" )
		fi
	done
	(( ${#tn_names[@]} > 0 )) || return 0

	if [[ ${tn_mode} == clean ]]; then
		local tn_index
		for tn_index in "${!tn_names[@]}"; do
			__tenon_clean "${tn_names[tn_index]}" "${tn_values[tn_index]}"
		done
	fi
	__tenon_report
	[[ ${tn_mode} == die ]] && declare -F die >/dev/null &&
		die "tenon: variables lead to files of a foreign store: ${tn_names[*]}"
	return 0
}

# Quick and rough: a clean environment costs one look at all of it, and most entries of another one a look each.
__tenon_is_suspect() {
	local tn_hint
	for tn_hint in "${tn_stores[@]}" "${tn_profiles[@]}" "${tn_links[@]}"; do
		[[ $1 == *"${tn_hint}"* ]] && return 0
	done
	return 1
}

# Portage's own variables carry paths of the user's choice, and the shell's say where somebody was.
__tenon_may_judge() {
	case $1 in
		PORTAGE_* | EBUILD* | SANDBOX_* | _ | PWD | OLDPWD) return 1 ;;
	esac
	[[ $1 =~ ^BASH_FUNC_[A-Za-z_][A-Za-z0-9_]*%%$ ]] && return 0
	[[ $1 =~ ^[A-Za-z_][A-Za-z0-9_]*$ && -v $1 && ${!1@a} != *r* ]]
}

# A path may follow a separator, or a flag such as -I; it ends where a folder's name ends.
__tenon_is_foreign() {
	local tn_between=$' \t\n\r:;,=\'"`()|&<>{}' tn_place tn_pattern
	local tn_end="(/|[${tn_between}]|\$)"
	for tn_place in "${tn_stores[@]}" "${tn_profiles[@]}"; do
		[[ $1 == *"${tn_place}"* ]] || continue
		tn_pattern="(^|[${tn_between}])[^/${tn_between}]*/*${tn_place//./\\.}${tn_end}"
		[[ $1 =~ ${tn_pattern} ]] && return 0
	done
	for tn_place in "${tn_links[@]}"; do
		[[ $1 == *"${tn_place}"* ]] || continue
		tn_pattern="${tn_place//./\\.}s?${tn_end}"
		[[ $1 =~ ${tn_pattern} ]] && return 0
	done
	return 1
}

# Lists of folders lose their foreign elements; anything else means something else without one of its words.
__tenon_clean() {
	local tn_name=$1 tn_list=$2: tn_kept='' tn_element
	local -a tn_elements=() tn_rest=()
	if [[ ${tn_name} == BASH_FUNC_* ]]; then
		tn_name=${tn_name#BASH_FUNC_}
		unset -f "${tn_name%"%%"}"
		return 0
	fi
	if [[ ${tn_name} =~ (PATH|PATH_1_0|DIRS)$ || $2 =~ ^/[^:]*(:/[^:]*)+$ ]]; then
		local - IFS=:
		set -f
		# shellcheck disable=SC2206 # split at colons, with patterns off
		tn_elements=( ${tn_list} )
	fi
	for tn_element in "${tn_elements[@]}"; do
		__tenon_is_foreign "${tn_element}" || tn_rest+=( "${tn_element}" )
	done
	[[ ${tn_rest[*]} == *[!:]* ]] && tn_kept=${tn_rest[*]}
	[[ ${tn_kept} || ${tn_name} != PATH ]] ||
		tn_kept=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	if [[ ${tn_kept} ]]; then
		export "${tn_name}=${tn_kept}"
	else
		unset -v "${tn_name}"
	fi
}

__tenon_say() {
	local tn_line=${1//[[:cntrl:]]/?}
	if declare -F ewarn >/dev/null; then
		ewarn "${tn_line}"
	else
		printf ' * %s\n' "${tn_line}" >&2
	fi
}

# Whether somebody may want the variable, or ENV_UNSET comes too late for it: src/env/variables.ts says which.
__tenon_is_wanted() {
	case $1 in
		BASH_FUNC_* | LD_PRELOAD | PATH | ROOTPATH | HOME | SHELL | USER | LOGNAME | TERM | TMPDIR | TMP | TEMP) ;;
		PWD | OLDPWD | EDITOR | PAGER | LESSOPEN | LADSPA_PATH) ;;
		PKG_CONFIG | PKG_CONFIG_PATH | PKG_CONFIG_LIBDIR | PKG_CONFIG_SYSROOT_DIR) ;;
		CC | CXX | CPP | AR | LD | NM | AS | RANLIB | STRIP | OBJCOPY | CFLAGS | CXXFLAGS | CPPFLAGS | LDFLAGS) ;;
		RUSTFLAGS | GOFLAGS | RUSTUP_HOME | CARGO_HOME | RUST_SRC_PATH | RUBYOPT | NODE_OPTIONS | JAVA_HOME) ;;
		CLASSPATH | SSL_CERT_FILE | SSL_CERT_DIR | CURL_CA_BUNDLE | GIT_SSL_CAINFO | REQUESTS_CA_BUNDLE) ;;
		NODE_EXTRA_CA_CERTS | TZDIR | TERMINFO | TERMINFO_DIRS | MANPATH | INFOPATH | SGML_CATALOG_FILES) ;;
		XML_CATALOG_FILES | XKB_CONFIG_ROOT | NIX_REMOTE | NIX_STATE_DIR | NIX_CONF_DIR | NIX_STORE_DIR) ;;
		NIX_USER_PROFILE_DIR) ;;
		*) return 1 ;;
	esac
}

# Uses tn_names, tn_values and tn_mode of __tenon_hook.
__tenon_report() {
	local tn_index tn_name tn_unset='' REPLY
	local -i tn_shown=5
	case ${tn_mode} in
		clean) __tenon_say "tenon: variables lead to files of a foreign store; cleaned for ${PF:-this package}:" ;;
		*) __tenon_say "tenon: variables lead to files of a foreign store, and reach ${PF:-this package}:" ;;
	esac
	for tn_index in "${!tn_names[@]}"; do
		tn_name=${tn_names[tn_index]}
		__tenon_is_wanted "${tn_name}" || tn_unset+=" ${tn_name}"
		(( tn_index < tn_shown )) || continue
		__tenon_find_culprit "${tn_name}=${tn_values[tn_index]}"
		__tenon_say "  ${tn_name}=${tn_values[tn_index]:0:120}"
		[[ -z ${REPLY} ]] || __tenon_say "    from ${REPLY}"
	done
	(( ${#tn_names[@]} <= tn_shown )) || __tenon_say "  and: ${tn_names[*]:tn_shown}"
	if [[ -n ${tn_unset} ]]; then
		__tenon_say "To keep them from every package, add this line to /etc/portage/make.conf:"
		__tenon_say "  ENV_UNSET=\"\${ENV_UNSET}${tn_unset}\""
	fi
	__tenon_say "To start emerge without them: tenon env exec --clean -- emerge ..."
}

# The oldest process that was started with the entry $1, or who started that one. Says it in REPLY.
__tenon_find_culprit() {
	local tn_pid=$$ tn_oldest='' tn_key tn_value tn_has_it
	local -i tn_steps=0
	local -a tn_environ=()
	REPLY=
	while (( tn_pid > 0 && tn_steps++ < 64 )) && [[ -r /proc/${tn_pid}/environ ]]; do
		tn_environ=()
		mapfile -d '' -t tn_environ 2>/dev/null <"/proc/${tn_pid}/environ"
		tn_has_it=
		for tn_value in "${tn_environ[@]}"; do
			[[ ${tn_value} == "$1" ]] && tn_has_it=1 && break
		done
		[[ ${tn_has_it} ]] || break
		tn_oldest=${tn_pid}
		tn_pid=0
		while read -r tn_key tn_value; do
			[[ ${tn_key} == PPid: ]] && tn_pid=${tn_value} && break
		done 2>/dev/null <"/proc/${tn_oldest}/status"
	done
	[[ ${tn_oldest} ]] || return 0
	if __tenon_program "${tn_oldest}" && __tenon_is_foreign "${REPLY}"; then
		REPLY="${REPLY##*/} (pid ${tn_oldest}, ${REPLY})"
	elif __tenon_program "${tn_pid}"; then
		REPLY="${REPLY##*/} (pid ${tn_pid}), or what it reads when it starts"
	else
		REPLY="a process older than pid ${tn_oldest}"
	fi
}

# The first file that is mapped into a process is its program.
__tenon_program() {
	REPLY=
	[[ -r /proc/$1/maps ]] && read -r _ _ _ _ _ REPLY 2>/dev/null <"/proc/$1/maps"
	[[ ${REPLY} == /* ]]
}

if [[ ${EBUILD_PHASE} == pretend || ${EBUILD_PHASE} == setup ]]; then
	__tenon_hook "${@:-clean}"
fi
unset -f __tenon_hook __tenon_is_suspect __tenon_may_judge __tenon_is_foreign __tenon_clean __tenon_say \
	__tenon_is_wanted __tenon_report __tenon_find_culprit __tenon_program
