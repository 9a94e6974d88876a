# Leads Nix programs to this user's own store, with the programs of its profiles. Safe to read twice: nothing is added
# that is there already.

tenon_add_folder() {
	case ":${PATH}:" in
		*":$1:"*) ;;
		*) PATH="$1:${PATH}" ;;
	esac
}

tenon_add_data() {
	XDG_DATA_DIRS="${XDG_DATA_DIRS:-/usr/local/share:/usr/share}"
	case ":${XDG_DATA_DIRS}:" in
		*":$1:"*) ;;
		*) XDG_DATA_DIRS="${XDG_DATA_DIRS}:$1" ;;
	esac
}

set -a
# It is made by setup.
# shellcheck disable=SC1091
. "${HOME}/.tenon/environment"
set +a
tenon_add_folder "${HOME}/.local/bin"
for tenon_profile in "${NIX_STATE_DIR}/profiles/default" "${HOME}/.nix-profile"; do
	tenon_add_folder "${tenon_profile}/bin"
	tenon_add_data "${tenon_profile}/share"
done
export PATH XDG_DATA_DIRS
unset -f tenon_add_folder tenon_add_data
unset tenon_profile
