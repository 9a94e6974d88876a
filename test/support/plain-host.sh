# Makes a copied host one on which nothing of the kind was ever installed and nobody becomes root, the same wherever it
# was copied from. To be read by sh.

rm -rf /etc/nix /etc/tenon /etc/zsh /etc/fish /var/lib/tenon /var/log/tenon /usr/local/lib/tenon /usr/local/bin/tenon
rm -f /usr/bin/sudo /usr/bin/doas /usr/bin/run0
rm -f /var/log/tenon-daemon.log /usr/bin/nix-daemon /usr/sbin/nix-daemon /usr/local/bin/nix-daemon /etc/os-release
mkdir -p /etc/fish/conf.d /etc/profile.d
for file in passwd group shadow gshadow subuid subgid; do
  [ ! -e "/etc/$file" ] || sed -i '/^nixbld/d' "/etc/$file"
done
cat >/etc/os-release <<'END'
ID=debian
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
END

# An overlay does not tell a file that was opened for writing from one that was changed, unless it has it already.
touch -c /etc /etc/group* /etc/gshadow* /etc/passwd* /etc/shadow* /etc/subgid* /etc/subuid* /etc/.pwd.lock \
  /usr /usr/local /usr/local/* /var /var/lib /var/log
