SLOT=0
S=${WORKDIR}

acct-group_pkg_preinst() {
	getent group "${PN}" >/dev/null || groupadd --system --gid "${ACCT_GROUP_ID}" "${PN}" || die
}

EXPORT_FUNCTIONS pkg_preinst
