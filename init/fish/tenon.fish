# The programs of the profiles. Safe to read twice: nothing is added that is there already.

set -q XDG_DATA_DIRS; or set -gx XDG_DATA_DIRS /usr/local/share:/usr/share
for tenon_profile in /nix/var/nix/profiles/default $HOME/.nix-profile
    contains -- $tenon_profile/bin $PATH; or set -gx PATH $tenon_profile/bin $PATH
    contains -- $tenon_profile/share (string split : -- $XDG_DATA_DIRS)
    or set -gx XDG_DATA_DIRS $XDG_DATA_DIRS:$tenon_profile/share
end
set -e tenon_profile
