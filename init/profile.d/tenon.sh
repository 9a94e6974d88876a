# The programs of the profiles, for login shells. Safe to read twice: nothing is added that is there already.

tenon_add_profile() {
	case ":${PATH}:" in
		*":$1/bin:"*) ;;
		*) PATH="$1/bin:${PATH}" ;;
	esac
	XDG_DATA_DIRS="${XDG_DATA_DIRS:-/usr/local/share:/usr/share}"
	case ":${XDG_DATA_DIRS}:" in
		*":$1/share:"*) ;;
		*) XDG_DATA_DIRS="${XDG_DATA_DIRS}:$1/share" ;;
	esac
}

tenon_add_profile /nix/var/nix/profiles/default
[ -z "${HOME:-}" ] || tenon_add_profile "${HOME}/.nix-profile"
export PATH XDG_DATA_DIRS
unset -f tenon_add_profile
