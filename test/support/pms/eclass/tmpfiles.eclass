dotmpfiles() {
	local INSDEST=/usr/lib/tmpfiles.d
	doins "$@"
}

# In another root nothing happens until it boots. Without systemd's program: lines of type d, as in this repository.
tmpfiles_process() {
	[[ -z ${ROOT} ]] || return 0
	if type -P systemd-tmpfiles >/dev/null; then
		systemd-tmpfiles --create "$@" || die
		return
	fi
	local file kind path mode user group
	for file; do
		while read -r kind path mode user group _; do
			[[ ${kind} == d ]] || continue
			local is_new=true
			[[ ! -d ${path} ]] || is_new=false
			mkdir -p "${path}" || die
			${is_new} || [[ ${user} == :* ]] || chown "${user}" "${path}" || die
			${is_new} || [[ ${group} == :* ]] || chgrp "${group}" "${path}" || die
			${is_new} || [[ ${mode} == :* ]] || chmod "${mode}" "${path}" || die
			! ${is_new} || { chown "${user#:}:${group#:}" "${path}" && chmod "${mode#:}" "${path}"; } || die
		done <"/usr/lib/tmpfiles.d/${file}"
	done
}
