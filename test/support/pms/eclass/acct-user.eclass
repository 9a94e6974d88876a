SLOT=0
S=${WORKDIR}

acct-user_add_deps() {
	local group
	for group in "${ACCT_USER_GROUPS[@]}"; do
		RDEPEND+=" acct-group/${group}"
	done
}

acct-user_pkg_preinst() {
	local groups=${ACCT_USER_GROUPS[*]}
	getent passwd "${PN}" >/dev/null ||
		useradd --system --uid "${ACCT_USER_ID}" --gid "${ACCT_USER_GROUPS[0]}" --no-create-home \
			--home-dir /dev/null --shell /sbin/nologin "${PN}" || die
	usermod --groups "${groups// /,}" --expiredate '' "${PN}" || die
}

# An account is never removed: files may belong to it.
acct-user_pkg_postrm() {
	[[ -n ${REPLACED_BY_VERSION} ]] || usermod --lock --expiredate 1 "${PN}" || die
}

EXPORT_FUNCTIONS pkg_preinst pkg_postrm
