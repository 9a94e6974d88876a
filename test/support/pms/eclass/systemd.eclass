systemd_dounit() {
	local INSDEST=/usr/lib/systemd/system
	doins "$@"
}
