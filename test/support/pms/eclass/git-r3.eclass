git-r3_src_unpack() {
	git clone --quiet --depth 1 "${EGIT_REPO_URI}" "${S}" || die
}

EXPORT_FUNCTIONS src_unpack
