# The configuration of the kernel in KERNEL_DIR, else of the running one; without either there is one warning.

check_extra_config() {
	local config=${KERNEL_DIR:-/usr/src/linux}/.config read=cat option name text
	[[ -r ${config} ]] || { config=/proc/config.gz read=zcat; }
	[[ -r ${config} ]] || { ewarn "Unable to find kernel sources"; return 0; }
	text=$("${read}" "${config}")
	for option in ${CONFIG_CHECK}; do
		name=${option#\~}
		! grep -qx "CONFIG_${name}=[ym]" <<<"${text}" || continue
		[[ ${option} == \~* ]] || die "CONFIG_${name} is not set"
		local warning=WARNING_${name}
		ewarn "${!warning:-CONFIG_${name} is not set}"
	done
}
