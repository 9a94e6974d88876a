tc-export() {
	local name
	for name; do
		case ${name} in
			CC) export CC=${CC:-gcc} ;;
			CXX) export CXX=${CXX:-g++} ;;
			*) die "tc-export: what is ${name}" ;;
		esac
	done
}
